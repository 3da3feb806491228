package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/stress-tool/stress/analyze/compare"
	judging "github.com/stress-tool/stress/analyze/gate"
	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/observe/ledger"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/run/gate"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// An error keeps its code however often it is wrapped on its way up.
func TestExitCode(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, exitPass},
		{usage("no such thing"), exitUsage},
		{scenarios.Faults{{Message: "must be at least 1"}}, exitUsage},
		{&run.UnknownTargetError{Name: "x"}, exitUsage},
		{runlog.ErrNoRun, exitUsage},
		{runlog.ErrExists, exitUsage},
		{&run.UnreachableError{What: "ledger", Err: &ledger.Error{Kind: ledger.BadConfig}}, exitUsage},
		{&run.UnreachableError{What: "ledger", Err: &ledger.Error{Kind: ledger.Denied}}, exitUnable},
		{&run.UnreachableError{What: "target", Err: errors.New("refused")}, exitUnable},
		{&run.UnreachableError{What: "target", Err: &fs.PathError{Op: "dial", Path: "/none.sock", Err: fs.ErrNotExist}}, exitUnable},
		{&fs.PathError{Op: "open", Path: "run.json", Err: fs.ErrNotExist}, exitUnable},
		{onceBegun(runlog.ErrNoRun), exitUnable},
		{gateAdvice(&gate.UnjudgedError{Measuring: errors.New("no space left on device"), Judging: judging.ErrNoLimits}), exitUnable},
		{gateAdvice(judging.ErrNoLimits), exitUsage},
		{gateAdvice(&compare.RefusedError{Reasons: []string{"the load differs"}}), exitUsage},
		{gateAdvice(fmt.Errorf("noise.json: %w", gate.ErrNoNoise)), exitUsage},
		{gateAdvice(gate.ErrBothTargets), exitUsage},
		{run.ErrNone, exitUsage},
		{&ownership.UnverifiedError{Host: "example.org"}, exitUnable},
		{context.Canceled, exitInterrupted},
		{&exitError{exitInvalid, nil}, exitInvalid},
		{errors.New("no space left on device"), exitUnable},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%v: exit code %d, want %d", c.err, got, c.want)
		}
		if c.err == nil {
			continue
		}
		if got := exitCode(fmt.Errorf("run: %w", c.err)); got != c.want {
			t.Errorf("%v, wrapped: exit code %d, want %d", c.err, got, c.want)
		}
	}
}
