package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/history"
	"github.com/stress-tool/stress/observe/ledger"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// Every exit code of the program. Scripts rely on them.
const (
	exitPass         = 0   // what was asked holds
	exitFail         = 1   // a threshold failed
	exitUsage        = 2   // the command line or the scenario is wrong; nothing was done
	exitInconclusive = 3   // the measurement cannot tell
	exitInvalid      = 4   // the generator was the limit: the figures say nothing about the target
	exitCould        = 5   // could not run: target or database unreachable, not allowed, disk
	exitInterrupted  = 130 // interrupted; results so far are kept and sealed as partial
)

// verdictCodes are the exit codes of verdicts.
var verdictCodes = map[analyze.Verdict]int{
	analyze.Pass: exitPass, analyze.Fail: exitFail, analyze.Inconclusive: exitInconclusive, analyze.Invalid: exitInvalid,
}

// coded is an error that knows its exit code. A nil err prints nothing.
type coded struct {
	code int
	err  error
}

func (c *coded) Error() string {
	if c.err == nil {
		return fmt.Sprintf("exit %d", c.code)
	}
	return c.err.Error()
}

func (c *coded) Unwrap() error { return c.err }

// usage marks an error as the user's to mend before anything is done.
func usage(format string, args ...any) error {
	return &coded{exitUsage, fmt.Errorf(format, args...)}
}

// exitCode is the code of an error, wherever it arose.
func exitCode(err error) int {
	var (
		c       *coded
		faults  scenarios.Faults
		target  *run.UnknownTargetError
		refusal *route.RefusedError
		db      *ledger.Error
		refused *history.RefusedError
		broken  *history.BrokenError
		away    *run.UnreachableError
	)
	switch {
	case err == nil:
		return exitPass
	case errors.As(err, &c):
		return c.code
	case errors.As(err, &faults), errors.As(err, &target), errors.Is(err, runlog.ErrNoRun), errors.Is(err, runlog.ErrExists):
		return exitUsage
	case errors.Is(err, history.ErrNone), errors.Is(err, history.ErrMany), errors.Is(err, history.ErrKept),
		errors.As(err, &refused), errors.As(err, &broken), errors.Is(err, analyze.ErrNoSummary):
		return exitUsage
	case errors.As(err, &db) && db.Kind == ledger.BadConfig:
		return exitUsage
	case errors.As(err, &refusal), errors.As(err, &away): // a socket that is not there too
		return exitCould
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, fs.ErrNotExist):
		return exitUsage
	}
	return exitCould
}
