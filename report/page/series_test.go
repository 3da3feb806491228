package page

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze/result"
)

// unpacked reads a column as the page's script does: NaN for none.
func unpacked(t interface{ Fatal(...any) }, c column) (out []float64) {
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var packed []any
	if err := json.Unmarshal(text, &packed); err != nil {
		t.Fatal(err)
	}
	number := func(v any) float64 {
		if f, ok := v.(float64); ok {
			return f
		}
		return math.NaN()
	}
	for _, v := range packed {
		if pair, ok := v.([]any); ok {
			out = append(out, slices.Repeat([]float64{number(pair[1])}, int(number(pair[0])))...)
			continue
		}
		out = append(out, number(v))
	}
	return out
}

// A column has every second in its place, whatever seconds are missing, in three digits.
func TestColumnsHoldEverySecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var points []result.Point
		want := map[int]float64{}
		for second := 0; len(points) < 40 && second < 60; second += rapid.IntRange(1, 3).Draw(t, "step") {
			v := rapid.SampledFrom([]float64{0, 1, 1, 1, 0.01234, 12.345, 987654.3, math.NaN(), math.Inf(1)}).Draw(t, "value")
			points, want[second] = append(points, result.Point{T: float64(second + 1), Mean: v}), v
		}
		points = append(points, points[len(points)-1]) // one that is there twice
		got := unpacked(t, columnOf(points, func(p *result.Point) float64 { return p.Mean }))
		if len(got) != int(points[len(points)-1].T) {
			t.Fatalf("%d seconds of %v", len(got), points[len(points)-1].T)
		}
		for i, v := range got {
			w, ok := want[i]
			if !ok || math.IsInf(w, 0) {
				w = math.NaN()
			}
			if math.IsNaN(w) != math.IsNaN(v) || math.Abs(v-w) > 0.005*math.Abs(w) {
				t.Fatalf("second %d is %v, want %v", i, v, w)
			}
		}
	})
}

// Hours of the same are a few bytes.
func TestColumnsOfASteadyDayAreShort(t *testing.T) {
	points := make([]result.Point, 86400)
	for i := range points {
		points[i] = result.Point{T: float64(i + 1), Due: 1000}
	}
	text, err := json.Marshal(columnOf(points, func(p *result.Point) float64 { return float64(p.Due) }))
	if err != nil || string(text) != "[[86400,1000]]" {
		t.Errorf("%s, %v", text, err)
	}
}

// Legs come in the order of the scenario's targets, whatever turns the rounds took, and a
// leg of which most seconds are missing does not come at all.
func TestSeriesKeepTheOrderOfTargets(t *testing.T) {
	leg := func(target string, round int, ends ...float64) result.Leg {
		l := result.Leg{Target: target, Round: round}
		for _, end := range ends {
			l.Series = append(l.Series, result.Point{T: end, Done: 10})
		}
		return l
	}
	a := &result.Analysis{Run: result.RunInfo{Targets: []string{"single", "cluster"}}, Legs: []result.Leg{
		leg("cluster", 1, 1, 2), leg("single", 1, 1, 2), leg("single", 2, 1, 1.2), leg("cluster", 2, 1), leg("single", 3, 2e6), leg("cluster", 3),
	}}
	s := seriesOf([]*result.Analysis{a, a})
	if !slices.Equal(s.Targets, []string{"single", "cluster"}) || !slices.Equal(s.Rounds, []int{1, 2}) || !s.Overlaid || len(s.Legs) != 8 {
		t.Fatalf("targets %v, rounds %v, %d legs", s.Targets, s.Rounds, len(s.Legs))
	}
	for i, l := range s.Legs {
		if l.Target != i/4 {
			t.Errorf("leg %d is of target %d", i, l.Target)
		}
		if l.Round == 2 && l.Seconds != 1 {
			t.Errorf("leg %d of round 2 has %d whole seconds", i, l.Seconds)
		}
	}
}

// What charts show besides the times: codes by their number, most often seen or not, and the
// failures of each request of a pass. One code alone, and what nowhere happened, is no chart.
func TestChartsOfCodesAndOfRequests(t *testing.T) {
	a := &result.Analysis{Run: result.RunInfo{Targets: []string{"a"}, Requests: []string{"GET /", "POST /"}}, Legs: []result.Leg{{
		Target: "a", Statuses: []result.Status{{Code: 502, Answers: 9}, {Code: 200, Answers: 3}},
		Series: []result.Point{
			{T: 1, Statuses: []uint64{2, 3}, Requests: []result.RequestPoint{{}, {Failed: 2}}},
			{T: 2, Statuses: []uint64{7, 0}, Requests: []result.RequestPoint{{}, {Failed: 7}}},
		},
	}}}
	shown := func() map[string][]string {
		titles := map[string][]string{}
		for _, k := range seriesOf([]*result.Analysis{a}).Kinds {
			for _, l := range k.Lines {
				titles[k.Title] = append(titles[k.Title], l.Title)
			}
		}
		return titles
	}
	got := shown()
	if codes, failed := got["answers per second by status code"], got["failures per second of each request"]; !slices.Equal(codes, []string{"200", "502"}) || !slices.Equal(failed, []string{"POST /"}) || len(got) != 2 {
		t.Errorf("%q", got)
	}
	if columns := seriesOf([]*result.Analysis{a}).Legs[0].Columns; !slices.Equal(unpacked(t, columns["status 502"]), []float64{2, 7}) || !slices.Equal(unpacked(t, columns["request 1 failed"]), []float64{2, 7}) {
		t.Errorf("502: %v, failed: %v", columns["status 502"], columns["request 1 failed"])
	}
	a.Legs[0].Statuses = a.Legs[0].Statuses[:1]
	if got := shown(); len(got) != 1 {
		t.Errorf("of one code: %q", got)
	}
}

// The scripts are read by people too.
func TestScriptsAreShort(t *testing.T) {
	script, err := chartScript()
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(script+tablesScript, "\n"); n > 600 {
		t.Errorf("%d lines", n)
	}
}
