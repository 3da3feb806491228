package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/store"
)

// keepRuns brings runs into a store: one that was made elsewhere, or those whose directories are there.
func keepRuns(c *cli.Context, w environment, s *store.Store) error {
	all := control.Control{Store: s, Guard: func() *ownership.Guard { return newGuard(c, w) }}
	if dir := c.String("import"); dir != "" {
		r, err := all.Import(c.Context, dir)
		switch {
		case errors.Is(err, runlog.ErrNoRun), errors.Is(err, store.ErrKept):
			return usage("serve: --import: %w", err)
		case err != nil:
			return &exitError{exitUnable, fmt.Errorf("serve: --import: %w", err)}
		}
		fmt.Fprintf(w.stdout, "kept as /tests/%s/results/%s\n", r.Test, r.ID)
	}
	if !c.Bool("reindex") {
		return nil
	}
	read, unread, err := all.Reindex(c.Context)
	fmt.Fprintf(w.stdout, "%d runs read\n", read)
	for _, dir := range unread {
		fmt.Fprintf(w.stderr, "cannot be read: %s\n", dir)
	}
	if err != nil || len(unread) > 0 {
		return &exitError{exitUnable, errors.Join(fmt.Errorf("serve: --reindex: %d runs could not be read", len(unread)), err)}
	}
	return nil
}
