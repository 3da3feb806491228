//go:build linux

package tool

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stress-tool/stress/bench/child"
)

// Run runs the tool under a load on a core, counted from 1, with its files in dir.
func (t Tool) Run(ctx context.Context, dir string, core int, l Load) (child.Usage, Result, error) {
	args, err := t.Command(dir, l)
	if err != nil {
		return child.Usage{}, Result{}, err
	}
	// Twice its time and a minute is for tools that count their results at the end.
	u, err := child.Run(ctx, child.Options{Core: core, Limit: 2*l.Duration + time.Minute}, append([]string{t.Program}, args...)...)
	var exit *child.ExitError
	if err != nil && !(errors.As(err, &exit) && slices.Contains(t.Exits, exit.Code)) {
		return u, Result{}, err
	}
	r, err := t.Read(dir, u.Stdout)
	if err != nil {
		return u, Result{}, fmt.Errorf("%s: %w", t.Name, err)
	}
	return u, r, nil
}
