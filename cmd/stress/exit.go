package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/history"
	"github.com/stress-tool/stress/observe/ledger"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/untrusted"
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
var verdictCodes = map[result.Verdict]int{
	result.Pass: exitPass, result.Fail: exitFail, result.Inconclusive: exitInconclusive, result.Invalid: exitInvalid,
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

// onceBegun is the error of a run that had begun: whatever is wrong, it is not the command line.
func onceBegun(err error) error {
	if err == nil {
		return nil
	}
	return &coded{exitCould, err}
}

// exitCode is the code of an error, wherever it arose. What a target or a database does not
// answer is never the user's to mend in the scenario, though the cause may be a file that
// is not there: a socket.
func exitCode(err error) int {
	var (
		c      *coded
		target *run.UnreachableError
		db     *ledger.Error
	)
	switch {
	case err == nil:
		return exitPass
	case errors.As(err, &c):
		return c.code
	case errors.As(err, &db) && db.Kind == ledger.BadConfig:
		return exitUsage
	case errors.As(err, &target):
		return exitCould
	case badInput(err):
		return exitUsage
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitCould
}

// badInput reports that an error is about what the user named or wrote.
func badInput(err error) bool {
	var (
		faults     scenarios.Faults
		unreadable *scenarios.UnreadableError
		target     *run.UnknownTargetError
		refused    *history.RefusedError
		broken     *history.BrokenError
		schema     *untrusted.SchemaError
	)
	for _, known := range []error{
		run.ErrNone, runlog.ErrNoRun, runlog.ErrExists, result.ErrNoSummary, history.ErrNone, history.ErrMany, history.ErrKept,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return errors.As(err, &faults) || errors.As(err, &unreadable) || errors.As(err, &target) ||
		errors.As(err, &refused) || errors.As(err, &broken) || errors.As(err, &schema)
}
