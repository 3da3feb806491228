// Package run is one run from scenario to verdicts, and the only place that wires
// the rooms together: it measures, stores, then reads back what was stored and
// judges that.
package run

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// UnreachableError says that a run could not begin, or not go on, because
// something it needs did not answer. No load was sent to what did not answer.
type UnreachableError struct {
	What string
	Err  error
	// Silent says that a target, which may be loaded, did not answer.
	Silent bool
}

func (e *UnreachableError) Error() string { return fmt.Sprintf("%s: %v", e.What, e.Err) }
func (e *UnreachableError) Unwrap() error { return e.Err }

// Read analyses a run directory and writes nothing.
func Read(ctx context.Context, dir string) (*result.Analysis, error) {
	rl, err := runlog.Open(dir)
	if err != nil {
		return nil, err
	}
	return analyze.Analyze(ctx, rl)
}

// UnknownTargetError names a target that the scenario does not have.
type UnknownTargetError struct {
	Name  string
	Known []string
}

func (e *UnknownTargetError) Error() string {
	return fmt.Sprintf("no target %q in the scenario: it has %s", e.Name, strings.Join(e.Known, ", "))
}

func choose(all []scenarios.Target, names []string) ([]scenarios.Target, error) {
	if len(names) == 0 {
		return all, nil
	}
	known := make([]string, len(all))
	for i, t := range all {
		known[i] = t.Name
	}
	var chosen []scenarios.Target
	for _, n := range names {
		i := slices.Index(known, n)
		if i < 0 {
			return nil, &UnknownTargetError{Name: n, Known: known}
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}
