package capacity

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/usl"
)

func measured(n, x, ms []float64) (points []Measured) {
	for i := range n {
		p := Measured{N: n[i], Throughput: x[i]}
		if ms != nil {
			p.MeanMS = ms[i]
		}
		points = append(points, p)
	}
	return points
}

func grown(t *testing.T, points []Measured, ask Question) *result.Growth {
	t.Helper()
	g, err := Growth("p.csv", points, ask)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var (
	processors = []float64{1, 2, 4, 8, 16, 32, 36}
	raytracer  = measured([]float64{1, 4, 8, 12, 16, 20, 24, 28, 32, 48, 64}, []float64{20, 78, 130, 170, 190, 200, 210, 230, 260, 280, 310}, nil)
)

func TestHeadlines(t *testing.T) {
	for _, c := range []struct {
		points []Measured
		need   float64
		want   string
	}{
		{measured(processors, []float64{34344, 54368, 123164, 194967, 255032, 261033, 257277}, nil), 0, "the throughput peaks at n = 23.5 with 270 300/s, and falls beyond"},
		{measured(processors, []float64{33125, 62554, 88691, 91640, 91623, 91640, 91655}, nil), 0, "a hard ceiling at 91 050/s is reached at n = 2.88, and more than that adds nothing"},
		{raytracer, 0, "the throughput grows ever more slowly, towards 378.2/s, because 5.8 % of the work is done by one unit at a time"},
		{raytracer, 5000, "5 000/s are out of reach: by Amdahl's law no size does more than 378.2/s; the throughput grows"},
		{raytracer, 370, "370/s would need about 740, far beyond the largest size that was measured, 64: measure nearer to it; the throughput grows"},
		{raytracer[:6], 150, "150/s need n = 10; they are possible from 10 on, and nearly sure from 11 on; the throughput would peak at n = 24.5 with 203.5/s, which is beyond the largest size that was measured, 20"},
		{measured([]float64{1, 2, 3, 4, 5, 6}, []float64{10, 20, 30, 40, 50, 60}, nil), 0, "every unit adds 10/s, and no limit shows up to n = 6"},
	} {
		if g := grown(t, c.points, Question{Need: c.need}); !strings.HasPrefix(g.Headline, c.want) {
			t.Errorf("got  %s\nwant %s", g.Headline, c.want)
		}
	}
}

func TestFewPointsNameWhatToMeasure(t *testing.T) {
	_, err := Growth("p.csv", measured([]float64{2, 4, 8, 16}, []float64{178.83, 275.63, 353.28, 330.93}, nil), Question{})
	if few := (*usl.FewPointsError)(nil); !errors.As(err, &few) || !strings.HasPrefix(err.Error(), "p.csv: 4 points") {
		t.Error(err)
	}
}

func TestSuperlinearPointsAreSaid(t *testing.T) {
	g := grown(t, measured(processors, []float64{40207, 85139, 178395, 359576, 690329, 1207959, 1239624}, nil), Question{})
	if len(g.Warnings) != 1 || !strings.HasPrefix(g.Warnings[0], "superlinear: at n = 8 each unit does 12 % more than at n = 1;") {
		t.Error(g.Warnings)
	}
}

func TestLittlesLaw(t *testing.T) {
	for _, c := range []struct {
		name   string
		points []Measured
		want   []string // the beginnings of the warnings
	}{
		{"no times", measured([]float64{1, 2}, []float64{10, 20}, nil), nil},
		{"clients that do not pause", []Measured{{1, 20, 50}, {4, 78, 51.3}}, nil},
		// wrk2: 100 connections at 2 000.15/s and 6.46 ms have 12.9 in flight.
		{"clients that pause", []Measured{{1, 20, 50}, {100, 2000.15, 6.46}}, []string{
			"Little's law: at 1 of 2 points fewer requests are in flight than n, at n = 100 only 12.9; clients that pause for 43.5 ms between their requests would explain it"}},
		// Processors, not clients: 20 clients at every size.
		{"no clients", []Measured{{2, 178.83, 111.59}, {4, 275.63, 70.34}, {8, 353.28, 56.05}, {16, 330.93, 60.92}}, []string{
			"Little's law: at all points more requests are in flight than n, at n = 2 about 20: n counts no clients", "about 20 requests were in flight at every size"}},
	} {
		got := little(c.points)
		for i, w := range got {
			if i >= len(c.want) || !strings.HasPrefix(w, c.want[i]) {
				t.Errorf("%s: %q", c.name, w)
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %d warnings, want %d", c.name, len(got), len(c.want))
		}
	}
}

// The think time that is named makes Little's law hold.
func TestThinkTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Measured{rapid.Float64Range(1, 1e4).Draw(t, "n"), rapid.Float64Range(0.1, 1e6).Draw(t, "x"), rapid.Float64Range(0.01, 1e5).Draw(t, "ms")}
		if n := p.Throughput * (p.MeanMS + thinkTime(p)) / 1000; math.Abs(n-p.N) > 1e-6*p.N+1e-6*inFlight(p) {
			t.Fatalf("%+v: %v clients with a pause of %v ms", p, n, thinkTime(p))
		}
	})
}
