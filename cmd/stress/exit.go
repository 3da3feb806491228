package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/attack/feed"
	"github.com/stress-tool/stress/history"
	"github.com/stress-tool/stress/observe/ledger"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/run/capacity"
	"github.com/stress-tool/stress/run/fault"
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
	exitUnable       = 5   // could not run: target or database unreachable, not allowed, disk
	exitInterrupted  = 130 // interrupted; results so far are kept and sealed as partial
)

// verdictCodes are the exit codes of verdicts.
var verdictCodes = map[result.Verdict]int{
	result.Pass: exitPass, result.Fail: exitFail, result.Inconclusive: exitInconclusive, result.Invalid: exitInvalid,
}

// exitError is an error that knows its exit code. A nil err prints nothing.
type exitError struct {
	code int
	err  error
}

func (c *exitError) Error() string {
	if c.err == nil {
		return fmt.Sprintf("exit %d", c.code)
	}
	return c.err.Error()
}

func (c *exitError) Unwrap() error { return c.err }

// usage is the error of a wrong command line or scenario. Nothing was done.
func usage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// onceBegun is the error of a run that had begun: whatever is wrong, it is not the command line.
func onceBegun(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{exitUnable, err}
}

// exitCode is the exit code of an error. A target or a database that does not answer is no
// fault of the scenario, even where the cause is a missing file: that file may be a socket.
func exitCode(err error) int {
	var (
		c      *exitError
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
		return exitUnable
	case badInput(err):
		return exitUsage
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitUnable
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
		notAllowed *run.FaultsRefusedError
		plan       *fault.PlanError
		data       *feed.Fault
		fewRows    *run.TooFewRowsError
	)
	for _, known := range []error{
		run.ErrNone, run.ErrStudy, run.ErrNoAgents, runlog.ErrNoRun, runlog.ErrExists, result.ErrNoSummary, result.ErrNoStudy, capacity.ErrOther, history.ErrNone, history.ErrMany, history.ErrKept,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return errors.As(err, &faults) || errors.As(err, &unreadable) || errors.As(err, &target) ||
		errors.As(err, &refused) || errors.As(err, &broken) || errors.As(err, &schema) ||
		errors.As(err, &notAllowed) || errors.As(err, &plan) || errors.As(err, &data) || errors.As(err, &fewRows)
}
