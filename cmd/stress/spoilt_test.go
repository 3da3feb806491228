package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/stress-tool/stress/analyze"
)

// A busy neighbour makes the generator late, and the program then rightly says INVALID.
// A test that asks for something else takes that for an answer, if nothing but the
// neighbour is the reason.

// neighbours are the reasons that a busy machine gives.
var neighbours = regexp.MustCompile(`left .* late or more|in the generator's own queue|a hypervisor gave|the generator used|were due went out|of what was due in them unsent`)

var reported = regexp.MustCompile(`(?m)^INVALID, report: (.*)report\.html$`)

// spoilt reports that a run is INVALID for what a busy machine does, and for nothing
// else.
func (r result) spoilt() bool {
	if r.code != exitInvalid {
		return false
	}
	summary := []byte(r.stdout)
	if m := reported.FindStringSubmatch(r.stderr); m != nil {
		if b, err := os.ReadFile(filepath.Join(m[1], "summary.json")); err == nil {
			summary = b
		}
	}
	return spoilt(summary)
}

func spoilt(summary []byte) bool {
	var a analyze.Analysis
	if json.Unmarshal(summary, &a) != nil || a.Verdict != analyze.Invalid {
		return false
	}
	found := false
	for _, l := range a.Legs {
		for _, why := range l.Generator.Why {
			found = true
			if !neighbours.MatchString(why) {
				return false
			}
		}
	}
	return found
}

// measure is the script command `measure program argument…`: exec for a run that may be
// spoilt.
func measure(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: measure program argument...")
	}
	err := ts.Exec(args[0], args[1:]...)
	if err == nil {
		return
	}
	if m := reported.FindStringSubmatch(ts.ReadFile("stderr")); m != nil && spoilt([]byte(ts.ReadFile(m[1]+"summary.json"))) {
		ts.Logf("the machine is busy elsewhere, and the run INVALID for that alone")
		return
	}
	ts.Fatalf("%v", err)
}
