package report

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/report/reporttest"
	"github.com/stress-tool/stress/runlog"
)

func TestBenchmarksAreWhole(t *testing.T) {
	for name, a := range everyRun(t) {
		want := 0
		for _, part := range a.Parts() {
			for i := range part.Legs {
				if l := &part.Legs[i]; l.Complete && l.Stopped == "" && part.Measured(l).N > 0 {
					want++
				}
			}
		}
		t.Run(name, func(t *testing.T) { wholeBenchmarks(t, render(t, runBenchfmt, a, Options{}), want) })
	}
}

// A percentile that the sample cannot bound, and a leg that did not end, would be
// taken for what they are not; an invalid run must not be compared with a valid one.
func TestBenchmarksLeaveOutWhatIsNone(t *testing.T) {
	a := reporttest.Closed()
	l := &a.Legs[1]
	for _, key := range []string{"p99", "p999"} {
		e := l.Service.Intervals[key]
		e.Hi = result.Bound(math.Inf(1))
		l.Service.Intervals[key] = e
	}
	a.Legs[0].Stopped = "interrupted"
	out := render(t, runBenchfmt, a, Options{})
	results := strings.Count(out, "\nBenchmark")
	if results != 1 || strings.Contains(out, " p99-sec\t") || !strings.Contains(out, " p95-sec\t") || !strings.Contains(out, "# single, round 1: left out") {
		t.Errorf("%s", out)
	}
	a.Verdict = result.Invalid
	if out := render(t, runBenchfmt, a, Options{}); !strings.Contains(out, "\nverdict: INVALID") {
		t.Errorf("%s", out)
	}
}

// benchstat holds the columns of `-col /target` against the first one that it meets: with
// the candidate's leg first, as the lot may have it, a slowdown came out as a gain.
func TestBenchmarksBeginWithTheBaseline(t *testing.T) {
	a := reporttest.Rounds()
	for _, turns := range []runlog.Compare{{Baseline: "single", Candidate: "cluster"}, {Baseline: "cluster", Candidate: "single"}} {
		a.Run.Turns = &turns
		var targets []string
		for line := range strings.Lines(render(t, runBenchfmt, a, Options{})) {
			if _, rest, ok := strings.Cut(line, "/target="); ok {
				targets = append(targets, rest[:strings.LastIndex(rest[:strings.Index(rest, "\t")], "-")])
			}
		}
		if got := slices.Compact(targets); !slices.Equal(got, []string{turns.Baseline, turns.Candidate}) {
			t.Errorf("held against %s: the targets come as %q", turns.Baseline, got)
		}
	}
}

// A target's name may look like anything: it must stay one part of a benchmark's.
func TestBenchName(t *testing.T) {
	for in, want := range map[string]string{
		"web-2": "web-2", "one against three": "one_against_three", "a/b": "a_b", " ": "unnamed", "": "unnamed", "\x1b[31mred": "red", "a\u00a0b": "a_b",
	} {
		if got := benchName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
