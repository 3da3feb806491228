package report

import (
	"bytes"
	"fmt"
	"image/png"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot"
	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/runlog"
)

// past is a history of runs whose p95 was around these levels.
func past(rounds int, label func(i int) string, levels ...float64) []analyze.Entry {
	rng := rand.New(rand.NewPCG(3, 4))
	var out []analyze.Entry
	for i, level := range levels {
		level *= 1 + 0.012*rng.NormFloat64()
		a := &analyze.Analysis{Schema: 1, Name: "cluster sustained", Label: label(i), Verdict: analyze.Pass, Findings: because(analyze.Pass, analyze.CodeNoThreshold, "it came to its end"),
			Run: analyze.RunInfo{Started: time.Date(2026, 3, 1+i, 4, 5, 6, 0, time.UTC), Measure: "response time",
				Load: runlog.Load{Open: true, Words: "200 requests per second for 1m0s"}}}
		for r := range rounds {
			v := level * (1 + 0.02*rng.NormFloat64())
			n := uint64(4000 + rng.IntN(100))
			a.Legs = append(a.Legs, analyze.Leg{Target: "cluster", Round: r + 1, Complete: true, Sent: n, Outcomes: runlog.Outcomes{Success: n},
				Response: analyze.Latency{N: n, Quantiles: map[string]float64{"p95": v}, Intervals: map[string]analyze.Estimate{
					"p95": {Value: v, Lo: analyze.Bound(v * 0.96), Hi: analyze.Bound(v * 1.05), Confidence: 0.95, N: n}}}})
		}
		name := a.Run.Started.Format("2006-01-02T15-04-05Z") + "-1a2b3c4d"
		out = append(out, analyze.Entry{Name: name, Path: "baselines/cluster-sustained/" + name + ".json",
			Machine: "amd-epyc-7763-64-core-processor-4-cpus-linux-amd64", Run: a})
	}
	return out
}

func steady(n int, v float64) []float64 { return slices.Repeat([]float64{v}, n) }

// trends are what every form must show well.
func trends(t *testing.T) map[string]*analyze.Trend {
	t.Helper()
	twice := slices.Concat(steady(9, 45), steady(8, 52), steady(7, 38))
	all := map[string]*analyze.Trend{}
	for name, entries := range map[string][]analyze.Entry{
		"trend-twice":  past(8, func(i int) string { return fmt.Sprintf("v1.%d", i) }, twice...),
		"trend-steady": past(1, func(int) string { return "" }, steady(12, 310)...),
		"trend-few":    past(3, func(int) string { return "main" }, 45, 47, 44),
		"trend-long": past(2, func(i int) string { return fmt.Sprintf("release/2026.%02d.0-rc1+build.77%d", i, i) },
			slices.Concat(steady(20, 45), steady(20, 52), steady(6, 80), steady(20, 51), steady(24, 20))...),
		"trend-tainted": past(1, func(int) string { return hostile }, slices.Concat(steady(6, 45), steady(6, 90))...),
	} {
		trend, err := analyze.TrendOf(entries, "", "p95")
		if err != nil {
			t.Fatal(err)
		}
		all[name] = trend
	}
	return all
}

func TestTrendGolden(t *testing.T) {
	for name, trend := range trends(t) {
		for suffix, format := range map[string]string{".txt": "text", ".md": "md"} {
			if name == "trend-long" && format == "md" {
				continue
			}
			t.Run(name+suffix, func(t *testing.T) {
				var b bytes.Buffer
				if err := TrendFormats[format](&b, trend, Options{}); err != nil {
					t.Fatal(err)
				}
				golden(t, name+suffix, b.Bytes())
			})
		}
	}
}

func TestBaselinesGolden(t *testing.T) {
	entries := slices.Concat(
		past(8, func(i int) string { return fmt.Sprintf("v1.%d", i) }, 45, 46),
		past(1, func(int) string { return "" }, 50))
	entries[2].Machine = "laptop"
	entries[2].Run.Verdict = analyze.Fail
	var b bytes.Buffer
	if err := Baselines(&b, "baselines", entries, Options{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "baselines.txt", b.Bytes())
}

func TestTrendPlot(t *testing.T) {
	for name, want := range map[string][]string{
		"trend-twice":   {"cluster sustained: p95 of cluster", "24 runs", "p95 of the response time (ms)", "(worse) with v1.9", "(better) with v1.17", "v1.23", "level", "95 % interval"},
		"trend-steady":  {"2026-03-01 04:05", "12 runs"},
		"trend-few":     {"main of 2026-03-01", "3 runs"},
		"trend-long":    {"…00.0-rc1+build.770", "−61 % (better) with …66.0-rc1+build.7766"},
		"trend-tainted": {"(worse) with"},
	} {
		p := TrendPlot(trends(t)[name])
		texts := svgText(t, p)
		for _, w := range want {
			if !strings.Contains(texts, w) {
				t.Errorf("%s lacks %q; it says:\n%s", name, w, texts)
			}
		}
		if p.Caption == "" {
			t.Error("no caption")
		}
		var b bytes.Buffer
		if err := p.Draw(&b, "png"); err != nil {
			t.Fatal(err)
		}
		if im, err := png.Decode(&b); err != nil || im.Bounds().Dx() != 1000 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Words over neighbouring changes never stand on each other.
func TestHeadsOfChangesStayApart(t *testing.T) {
	trend := trends(t)["trend-long"]
	trend.Changes = nil
	for _, run := range []int{3, 4, 5, 9, 40, 85, 87, 89} {
		trend.Changes = append(trend.Changes, analyze.Change{Run: run, Called: trend.Runs[run].Called, Size: "+12 %", Verdict: "worse"})
	}
	heads := changeHeads(trend, float64(len(trend.Runs)))
	type span struct{ from, to float64 }
	rows := map[int][]span{}
	for i, h := range heads {
		takes := float64(textStyle(9.5, ink).Width(h.words)/trendWidth) * float64(len(trend.Runs))
		s := span{float64(trend.Changes[i].Run), float64(trend.Changes[i].Run) + takes}
		if h.right {
			s = span{s.from - takes, s.from}
		}
		if s.from < -0.6 || s.to > float64(len(trend.Runs)) {
			t.Errorf("%q leaves the figure: %v", h.words, s)
		}
		for _, o := range rows[h.row] {
			if s.from < o.to && o.from < s.to {
				t.Errorf("%v and %v on row %d", s, o, h.row)
			}
		}
		rows[h.row] = append(rows[h.row], s)
	}
}

// Where every figure is 0 there is an axis all the same, and the words are of rows.
func TestTrendOfNothingLost(t *testing.T) {
	entries := past(2, func(int) string { return "" }, steady(7, 45)...)
	for _, e := range entries {
		for i := range e.Run.Legs {
			e.Run.Legs[i].Reconcile = &analyze.Reconcile{Successes: 4000, Rows: 4000, Verdict: "reconciled"}
		}
	}
	trend, err := analyze.TrendOf(entries, "cluster", "lost")
	if err != nil {
		t.Fatal(err)
	}
	texts := svgText(t, TrendPlot(trend))
	var b bytes.Buffer
	if err := trendText(&b, trend, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, w := range []string{"cluster sustained: lost rows of cluster", "rows lost", "a run"} {
		if !strings.Contains(texts, w) {
			t.Errorf("the figure lacks %q:\n%s", w, texts)
		}
	}
	if !strings.Contains(b.String(), "shows no lasting change in 7 runs: 0 rows on average, from 0 rows to 0 rows.") {
		t.Error(b.String())
	}
}

// Whatever there is to show, the axis holds it between a few finite marks, and begins
// at 0 where that is near.
func TestRangedHoldsTheData(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Float64Range(0, 1e6).Draw(t, "low")
		high := low + rapid.SampledFrom([]float64{0, 1e-3, 1, 1e5}).Draw(t, "range")
		var axis plot.Axis
		ranged(&axis, low, high, 6)
		marks := axis.Tick.Marker.Ticks(axis.Min, axis.Max)
		if !(axis.Min <= low && high <= axis.Max*(1+1e-8)) || !finite(axis.Min) || !finite(axis.Max) || len(marks) < 2 || len(marks) > 12 {
			t.Fatalf("%g to %g: %g to %g with %d marks", low, high, axis.Min, axis.Max, len(marks))
		}
		if high > 2*low && axis.Min != 0 && low < high/3 {
			t.Fatalf("%g to %g begins at %g", low, high, axis.Min)
		}
	})
}
