package report

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/report/reporttest"
	"github.com/stress-tool/stress/runlog"
)

func render(t testing.TB, f Format[*result.Analysis], a *result.Analysis, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := f(&b, a, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTextFitsItsWidth(t *testing.T) {
	for name, a := range everyRun(t) {
		for _, width := range []int{80, 100} {
			for _, full := range []bool{false, true} {
				for _, l := range strings.Split(render(t, runText, a, Options{Width: width, Full: full}), "\n") {
					if twwidth.Width(l) > width {
						t.Errorf("%s at %d: %q is %d wide", name, width, l, twwidth.Width(l))
					}
				}
			}
		}
	}
}

// The end of a run fits a terminal of 25 lines and 80 columns, three lines of which the command
// line takes, whatever is to be said. The verdict, the answer and what to do are in it.
func TestEndingFits(t *testing.T) {
	runs := everyRun(t)
	runs["much to say"] = reporttest.TaintedRun(strings.Repeat("words without end ", 200))
	for name, a := range runs {
		for _, width := range []int{80, 100} {
			out := render(t, runText, a, Options{Width: width})
			if lines := strings.Count(out, "\n"); lines > endingLines {
				t.Errorf("%s: %d lines:\n%s", name, lines, out)
			}
			for l := range strings.Lines(out) {
				if l := strings.TrimSuffix(l, "\n"); twwidth.Width(l) > width {
					t.Errorf("%s at %d: %q is %d wide", name, width, l, twwidth.Width(l))
				}
			}
		}
		out := render(t, runText, a, Options{Width: 80})
		if c := a.Comparison; c != nil && a.Answer != nil && !strings.Contains(out, a.Answer.Words) {
			t.Errorf("%s: no answer:\n%s", name, out)
		}
		if a.Remedy != "" && !strings.Contains(out, "What to do: ") {
			t.Errorf("%s: no next step:\n%s", name, out)
		}
	}
}

func TestVerdictComesFirst(t *testing.T) {
	for name, a := range everyRun(t) {
		if out := render(t, runText, a, Options{}); !strings.HasPrefix(out, string(a.Verdict)) {
			t.Errorf("%s begins with %q", name, out[:20])
		}
	}
}

// Colour adds to the text and says nothing that the text does not.
func TestColourOnlyAdds(t *testing.T) {
	for name, a := range everyRun(t) {
		bare := render(t, runText, a, Options{})
		if strings.Contains(bare, "\x1b") {
			t.Errorf("%s: an escape sequence without colour", name)
		}
		coloured := render(t, runText, a, Options{Color: true})
		if !strings.Contains(coloured, "\x1b[1;3") {
			t.Errorf("%s: no colour", name)
		}
		if got := withoutColour(coloured); got != bare {
			t.Errorf("%s: colour changed the text:\n%s", name, got)
		}
	}
}

func withoutColour(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = plain.Line(lines[i])
	}
	return strings.Join(lines, "\n")
}

func TestWhatWasNotMeasuredIsNotNought(t *testing.T) {
	out := render(t, runText, reporttest.Runs()["empty"], Options{Full: true})
	for _, row := range []string{"median", "p95", "p99", "max", "load lasted", "last answer after it", "error rate", "requests ended per second"} {
		line := ""
		for _, l := range strings.Split(out, "\n") {
			if strings.HasPrefix(l, "  "+row) {
				line = l
				break
			}
		}
		if !strings.HasSuffix(line, words.NoData) {
			t.Errorf("%s: %q", row, line)
		}
	}
	out = render(t, runText, reporttest.Runs()["partial"], Options{Full: true})
	if !strings.Contains(out, "not known") || !strings.Contains(out, "partial") {
		t.Errorf("a partial run must say so:\n%s", out)
	}
}

func TestFullShowsMore(t *testing.T) {
	short, full := render(t, runText, reporttest.Runs()["requests"], Options{}), render(t, runText, reporttest.Runs()["requests"], Options{Full: true})
	if strings.Contains(short, "POST /login") || !strings.Contains(full, "POST /login") {
		t.Error("requests of a pass belong to the full report only")
	}
	if ten := render(t, runText, reporttest.Runs()["ten"], Options{}); !strings.Contains(ten, "… and 6 more: --report all") {
		t.Errorf("the end of a run must count what it leaves out:\n%s", ten)
	}
}

func TestEventsOfTheRunAreShown(t *testing.T) {
	a := reporttest.Runs()["closed"]
	a.Run.Events = []runlog.Event{{At: 12, Kind: "note", Text: "a pause"}}
	if got := render(t, runText, a, Options{Full: true}); !strings.Contains(got, ": note: a pause\n") {
		t.Errorf("the event is not in the report:\n%s", got)
	}
}

func TestALoadOfItsOwnIsNamed(t *testing.T) {
	a := reporttest.Runs()["closed"]
	a.Legs[1].Load = &runlog.Load{Words: "7 clients for 1m0s"}
	if got := render(t, runText, a, Options{Full: true}); strings.Count(got, "load of ") != 1 || !strings.Contains(got, "7 clients for 1m0s") {
		t.Errorf("the load of the second leg is not in the report:\n%s", got)
	}
}

func TestWrap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := plain.Line(rapid.String().Draw(t, "s"))
		width := rapid.IntRange(2, 40).Draw(t, "width")
		lines := wrap(s, width)
		for _, l := range lines {
			if twwidth.Width(l) > width && utf8.RuneCountInString(l) > 1 {
				t.Fatalf("%q is wider than %d", l, width)
			}
		}
		bare := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if got := bare(strings.Join(lines, "")); got != bare(s) {
			t.Fatalf("%q became %q", s, got)
		}
	})
}

// A failure is told with its request whatever the names are: one that also stands in the
// reason is named all the same.
func TestFailuresNameTheirRequests(t *testing.T) {
	a := reporttest.Closed()
	a.Legs[0].Failures = []runlog.Failure{{Request: "a", Class: runlog.Unexpected, Reason: "a body without it", Count: 1}}
	if out := render(t, runText, a, Options{Full: true}); !strings.Contains(out, "a: a body without it") {
		t.Error(out)
	}
}

// The sentence of a comparison stands once in a report, above its table: first stand its figures.
func TestComparisonIsSaidOnce(t *testing.T) {
	a := reporttest.Closed()
	a.Answer = &result.Answer{Verdict: result.Better, Words: "cluster better than single"}
	a.Comparison.Words, a.Comparison.Ratios = "the cluster is better", "2.8 times the requests per second"
	out := render(t, runText, a, Options{Full: true})
	answer, _, _ := strings.Cut(out, "Comparison: ")
	if strings.Count(out, a.Comparison.Words) != 1 || !strings.Contains(answer, "cluster better than single. 2.8 times") {
		t.Error(out)
	}
}
