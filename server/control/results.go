package control

import (
	"context"
	"path/filepath"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/server/store"
)

// Analysis is what a run that was measured came to, with its seconds. While a run goes on it is without
// them: reading those takes a processor, which would be missing where the load is made.
func (c *Control) Analysis(ctx context.Context, r store.Run) (*result.Analysis, error) {
	waiting, err := c.Store.Waiting(ctx)
	if err != nil {
		return nil, err
	}
	if len(waiting) > 0 {
		return c.Summary(r)
	}
	return run.Stored(ctx, c.Store.Dir(r))
}

// Summary is what a run that was measured came to, without its seconds.
func (c *Control) Summary(r store.Run) (*result.Analysis, error) {
	return run.Stored(context.Background(), filepath.Join(c.Store.Dir(r), result.SummaryFile))
}
