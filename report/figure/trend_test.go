package figure

import (
	"bytes"
	"image/png"
	"regexp"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/report/reporttest"
)

func TestTrend(t *testing.T) {
	for name, want := range map[string][]string{
		"trend-twice":   {"cluster sustained: p95 of cluster", "24 runs", "p95 of the response time (ms)", "(worse) with v1.9", "(better) with v1.17", "v1.23", "level", "95 % interval"},
		"trend-steady":  {"2026-03-01 04:05", "12 runs"},
		"trend-few":     {"main of 2026-03-01", "3 runs"},
		"trend-long":    {"…00.0-rc1+build.770", "−61 % (better) with …66.0-rc1+build.7766"},
		"trend-tainted": {"(worse) with"},
	} {
		p := OfTrend(reporttest.Trends(t)[name])
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
	trend := reporttest.Trends(t)["trend-long"]
	trend.Changes = nil
	for _, run := range []int{3, 4, 5, 9, 40, 85, 87, 89} {
		trend.Changes = append(trend.Changes, result.Change{Run: run, Called: trend.Runs[run].Called, Size: "+12 %", Verdict: "worse"})
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

// Whatever there is to show, the axis holds it between a few finite marks, and begins
// at 0 where that is near.
func TestRangedHoldsTheData(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Float64Range(0, 1e6).Draw(t, "low")
		high := low + rapid.SampledFrom([]float64{0, 1e-3, 1, 1e5}).Draw(t, "range")
		var axis plot.Axis
		ranged(&axis, low, high, 6)
		marks := axis.Tick.Marker.Ticks(axis.Min, axis.Max)
		if !(axis.Min <= low && high <= axis.Max*(1+1e-8)) || !words.Finite(axis.Min) || !words.Finite(axis.Max) || len(marks) < 2 || len(marks) > 12 {
			t.Fatalf("%g to %g: %g to %g with %d marks", low, high, axis.Min, axis.Max, len(marks))
		}
		if high > 2*low && axis.Min != 0 && low < high/3 {
			t.Fatalf("%g to %g begins at %g", low, high, axis.Min)
		}
	})
}

// Where every figure is 0 there is an axis all the same.
func TestTrendOfNothingLost(t *testing.T) {
	texts := svgText(t, OfTrend(reporttest.NothingLost(t)))
	for _, w := range []string{"cluster sustained: lost rows of cluster", "rows lost", "a run"} {
		if !strings.Contains(texts, w) {
			t.Errorf("the figure lacks %q:\n%s", w, texts)
		}
	}
}

// An interval that goes on beyond the axis ends in an arrow there. It once ended in a cap, as
// if that were its end.
func TestCutIntervalsEndInArrows(t *testing.T) {
	arrow := regexp.MustCompile(`<path d="M[^A-KM-Z]*L[^A-KM-Z]*L[^A-KM-Z]*Z"[^>]*fill="#0055C4"`)
	trend := reporttest.Trends(t)["trend-steady"]
	if n := len(arrow.FindAllString(svgOf(t, OfTrend(trend)), -1)); n != 0 {
		t.Fatalf("%d arrows where no interval is cut", n)
	}
	trend.Runs[3].Figure.Hi *= 100
	trend.Runs[5].Figure.Lo = -1e9
	if n := len(arrow.FindAllString(svgOf(t, OfTrend(trend)), -1)); n != 2 {
		t.Errorf("%d arrows for 2 cut ends", n)
	}
}
