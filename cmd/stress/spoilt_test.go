package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/stress-tool/stress/analyze/result"
)

// Other programs on the same machine can delay the generator. The program then says INVALID,
// as it must. A test that expects another answer accepts this one if it has no reason but
// these delays.

// busyReasons match the texts of reasons that a busy machine causes.
var busyReasons = regexp.MustCompile(`left .* late or more|in the generator's own queue|a hypervisor gave|the generator used|were due went out|the generator stood still|of what was due in them unsent|at an instant that is past`)

// tries is how often a test measures at most, because a busy machine can spoil a run.
const tries = 5

// undisturbed measures until a busy machine has not spoilt the run, each time into a new
// directory. If it is spoilt every time the test is skipped.
func undisturbed(t *testing.T, measure func() ran, dirs ...string) (r ran) {
	t.Helper()
	for range tries {
		for _, dir := range dirs {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}
		if r = measure(); r.spoilt() == nil && !r.unjudged() {
			return r
		}
		t.Log("the machine is too busy to measure: again")
	}
	t.Skipf("!!! LEFT OUT: this machine is too busy elsewhere for a measurement, %d times\n%s%s", tries, r.stdout, r.stderr)
	return r
}

// beganLate reports that the machine stood still when an agent was to begin.
func beganLate(r ran) bool {
	return strings.Contains(unfolded(r.stdout+r.stderr), "at an instant that is past")
}

// begun repeats a run of agents until the machine has not stood still when they were to begin.
func begun(run func() ran) (r ran) {
	for range tries {
		if r = run(); !beganLate(r) {
			break
		}
	}
	return r
}

// unjudged reports whether a gate did not judge a measurement because the machine was busy.
func (r ran) unjudged() bool {
	said := unfolded(r.stdout)
	return busyReasons.MatchString(said) &&
		(r.code == exitInvalid || strings.Contains(said, "not judged: the measurement is invalid"))
}

var reported = regexp.MustCompile(`(?m)^INVALID, report: (.*)report\.html$`)

// spoilt returns what a run found if it is INVALID only because the machine was busy, and nil for
// any other run.
func (r ran) spoilt() *result.Analysis {
	if r.code != exitInvalid {
		return nil
	}
	summary := []byte(r.stdout)
	if m := reported.FindStringSubmatch(r.stderr); m != nil {
		if b, err := os.ReadFile(filepath.Join(m[1], "summary.json")); err == nil {
			summary = b
		}
	}
	return spoilt(summary)
}

func spoilt(summary []byte) *result.Analysis {
	var a result.Analysis
	if json.Unmarshal(summary, &a) != nil || a.Verdict != result.Invalid {
		return nil
	}
	found := false
	for _, l := range a.Legs {
		for _, why := range l.Generator.Why {
			found = true
			if !busyReasons.MatchString(why.Text) {
				return nil
			}
		}
	}
	if !found {
		return nil
	}
	return &a
}

// measure is the script command `measure program argument…`: like exec, for a run that a busy
// machine can spoil.
func measure(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: measure program argument...")
	}
	err := ts.Exec(args[0], args[1:]...)
	if err == nil {
		return
	}
	if m := reported.FindStringSubmatch(ts.ReadFile("stderr")); m != nil && spoilt([]byte(ts.ReadFile(m[1]+"summary.json"))) != nil {
		ts.Logf("the machine is busy elsewhere, and the run INVALID for that alone")
		return
	}
	ts.Fatalf("%v", err)
}
