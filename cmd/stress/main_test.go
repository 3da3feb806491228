package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/golden"
)

// TestMain makes the program available to scripts and to exec as `stress`: it is
// this test binary under another name. Built with -race it would sleep for a second at
// its end, and it is started thousands of times.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", noSleep)
	if signal.Ignored(syscall.SIGHUP) && filepath.Base(os.Args[0]) != "stress" {
		// Under nohup every program that is started would ignore it as well, and the tests
		// wait for what it ends.
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	testscript.Main(m, map[string]func(){"stress": main})
}

const noSleep = "atexit_sleep_ms=0"

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *golden.Update,
		Cmds:          map[string]func(*testscript.TestScript, bool, []string){"measure": measure},
		Setup: func(e *testscript.Env) error {
			sealed, err := filepath.Abs("../../runlog/testdata/v1/sealed")
			e.Setenv("SEALED", sealed) // a run, to be copied
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("NO_COLOR", "1")
			e.Setenv("GORACE", noSleep)
			return err
		},
	})
}

// ran is what a run of the program left behind.
type ran struct {
	stdout, stderr string
	code           int
}

// limit bounds every run of the program in a test.
const limit = 2 * time.Minute

// stress runs the program with env added to the environment.
func stress(t *testing.T, env []string, args ...string) ran {
	t.Helper()
	cmd, out := command(t, env, args...)
	return wait(t, cmd.Run(), out)
}

type streams struct{ stdout, stderr bytes.Buffer }

func command(t *testing.T, env []string, args ...string) (*exec.Cmd, *streams) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "stress", args...)
	cmd.Env = append(os.Environ(), env...)
	out := &streams{}
	cmd.Stdout, cmd.Stderr = &out.stdout, &out.stderr
	return cmd, out
}

func wait(t *testing.T, err error, out *streams) ran {
	t.Helper()
	r := ran{stdout: out.stdout.String(), stderr: out.stderr.String()}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		r.code = exit.ExitCode()
	case err != nil:
		t.Fatal(err)
	}
	return r
}

// summary decodes what --json printed.
func (r ran) summary(t *testing.T) *result.Analysis {
	t.Helper()
	var a result.Analysis
	if err := json.Unmarshal([]byte(r.stdout), &a); err != nil {
		t.Fatalf("summary: %v\nexit %d\nstdout: %s\nstderr: %s", err, r.code, r.stdout, r.stderr)
	}
	return &a
}

// wantCode requires an exit code. It accepts a run that a busy machine spoilt if the run
// nevertheless found what the code stands for.
func (r ran) wantCode(t *testing.T, code int) {
	t.Helper()
	if a := r.spoilt(); a != nil && has(a, code) {
		t.Logf("the machine is busy elsewhere, and the run INVALID for that alone\n%s", r.stderr)
		return
	}
	if r.code != code {
		t.Errorf("exit code %d, want %d\nstdout: %s\nstderr: %s", r.code, code, r.stdout, r.stderr)
	}
}

// has reports that a run may have ended with the exit code, had nothing spoilt it: it has found
// a reason for it, or has not judged a threshold.
func has(a *result.Analysis, code int) bool {
	return code == exitPass || slices.ContainsFunc(a.Findings, func(f result.Finding) bool {
		return code == exitFail && f.Verdict == result.Fail || code == exitInconclusive && f.Verdict == result.Inconclusive
	}) || slices.ContainsFunc(a.Thresholds, func(t result.Assessment) bool { return t.Code == result.CodeNotJudged })
}
