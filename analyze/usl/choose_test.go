package usl

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func chooseFrom(t *testing.T, points []Point) *Choice {
	t.Helper()
	c, err := Choose(points)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The served 100 KB files end at a full network, which is no contention; new connections are the
// textbook case; raytracer shows no peak.
func TestChoiceOfPublishedPoints(t *testing.T) {
	for id, want := range map[string]struct {
		model  Model
		rivals []Model
	}{
		"specsdm91": {USL, []Model{Ceiling}}, "raytracer, first six": {USL, nil}, "raytracer": {Amdahl, []Model{USL}}, "exact": {USL, nil},
		"http 0 KB": {Amdahl, []Model{USL, Ceiling}}, "http 10 KB": {USL, nil}, "http 100 KB": {Ceiling, nil}, "CPS": {USL, []Model{Ceiling}},
	} {
		c := chooseFrom(t, published(t, id))
		var rivals []Model
		for _, r := range c.Rivals {
			rivals = append(rivals, r.Model)
		}
		if c.Model != want.model || !slices.Equal(rivals, want.rivals) {
			t.Errorf("%s: %s with rivals %v, want %s with %v", id, c.Model, rivals, want.model, want.rivals)
		}
	}
	wall := chooseFrom(t, published(t, "http 100 KB"))
	if n, x := wall.Peak(); math.Abs(x-91640) > 1000 || math.Abs(n-2.9) > 0.1 {
		t.Errorf("the wall of 91 640/s is seen at %v/s, from %v processors on", x, n)
	}
}

// Points without a model: noise that no curve explains.
func TestNoModelFits(t *testing.T) {
	c, err := Choose(pointsOf([]float64{1, 2, 3, 4, 5, 6}, []float64{100, 20, 300, 10, 250, 60}))
	if !errors.Is(err, ErrNoModel) || c == nil {
		t.Errorf("%v with %v", err, c)
	}
}

func TestTooFewPoints(t *testing.T) {
	for _, c := range []struct {
		n    []float64
		want string
	}{
		// From these four another tool made a coefficient and a rating.
		{[]float64{2, 4, 8, 16}, "4 points at 4 sizes: a model needs 6 points at 4 sizes or more, measure also at n = 1 and 11"},
		{[]float64{1, 1, 1, 2, 2, 2}, "6 points at 2 sizes: a model needs 6 points at 4 sizes or more, measure also at n = 3 and 4"},
		{nil, "0 points at 0 sizes: a model needs 6 points at 4 sizes or more, measure also at n = 1, 2, 3, 4, 6 and 8"},
		{[]float64{1, 2, 3, 4, 8}, "5 points at 5 sizes: a model needs 6 points at 4 sizes or more, measure also at n = 6"},
	} {
		_, err := Choose(pointsOf(c.n, make([]float64, len(c.n))))
		if few := (*FewPointsError)(nil); !errors.As(err, &few) || err.Error() != c.want {
			t.Errorf("%v: %v, want %s", c.n, err, c.want)
		}
	}
}

func TestSuperlinear(t *testing.T) {
	above := Superlinear(published(t, "https 1 KB"))
	if len(above) != 4 || above[0].N != 2 || above[3].N != 16 {
		t.Errorf("https 1 KB is superlinear at %v", above)
	}
	if above := Superlinear(published(t, "CPS")); above != nil {
		t.Errorf("CPS is superlinear at %v", above)
	}
}

// The two largest sizes of every published series are predicted from the rest, or nothing is
// said of them.
func TestHeldBackPointsAreCoveredOrRefused(t *testing.T) {
	refused, covered := 0, 0
	for _, v := range vectors(t) {
		all := v.points()
		known, held := all[:len(all)-2], all[len(all)-2:]
		c, err := Choose(known)
		if few := (*FewPointsError)(nil); errors.As(err, &few) {
			refused++
			continue
		}
		for _, p := range held {
			switch got, err := c.Predict(p.N); {
			case err != nil:
				refused++
			case got.Lo > p.X || p.X > got.Hi || !got.Beyond:
				t.Errorf("%s at %v: %v is outside %+v", v.ID, p.N, p.X, got)
			default:
				covered++
			}
		}
	}
	if refused == 0 || covered == 0 {
		t.Errorf("%d refused, %d covered: the test says nothing", refused, covered)
	}
}

func TestPredictionRefusesFarSizes(t *testing.T) {
	c := chooseFrom(t, published(t, "raytracer, first six"))
	if _, err := c.Predict(41); err == nil || !strings.Contains(err.Error(), "measure nearer") {
		t.Errorf("41 of 20: %v", err)
	}
	if p, err := c.Predict(20); err != nil || p.Beyond {
		t.Errorf("20 of 20: %+v, %v", p, err)
	}
}

// For a straight line the interval is the textbook's: x̂ ± t·s·√(1 + n²/Σn²).
func TestPredictionOfALine(t *testing.T) {
	f := fit(Linear, pointsOf([]float64{1, 2, 3, 4, 5, 6}, []float64{10, 21, 29, 41, 50, 61}))
	reach := 2.570582 * f.Residual * math.Sqrt(1+64./91)
	lo, hi := f.predictionInterval(8)
	near(t, "lower end", lo, f.At(8)-reach, 1e-6)
	near(t, "upper end", hi, f.At(8)+reach, 1e-6)
}

// A measurement to come lies within its prediction interval in 95 of 100 cases, of every model
// and beyond the measured sizes too.
func TestPredictionCoverage(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, truth := range []Curve{
		{Model: Linear, Gamma: 100}, {Model: Amdahl, Gamma: 100, Alpha: 0.05}, {Model: USL, Gamma: 100, Alpha: 0.03, Beta: 0.003},
		{Model: Ceiling, Gamma: 100, Wall: 560},
	} {
		const cases = 200
		inside := 0
		for range cases {
			measure := func(n float64) float64 { return truth.At(n) + 10*random.NormFloat64() }
			var points []Point
			for _, n := range []float64{1, 2, 4, 6, 8, 10, 12, 16} {
				points = append(points, Point{n, measure(n)})
			}
			c := chooseFrom(t, points)
			p, err := c.Predict(20)
			if err != nil {
				t.Fatal(err)
			}
			if x := measure(20); p.Lo <= x && x <= p.Hi {
				inside++
			}
		}
		t.Logf("%s: %d of %d", truth.Model, inside, cases)
		if inside < cases*90/100 { // three standard errors below 95 %
			t.Errorf("%s: %d of %d predictions hold", truth.Model, inside, cases)
		}
	}
}

// How many units a throughput needs, and what no number of them reaches.
func TestNeeded(t *testing.T) {
	c := chooseFrom(t, published(t, "raytracer, first six"))
	s, ok := c.Needed(150)
	if want, _ := c.Inverse(150); !ok || s.N != want || !(s.Lo <= math.Ceil(want) && math.Floor(want) <= s.Hi) || math.IsInf(s.Hi, 1) {
		t.Errorf("150/s: %+v, %v", s, ok)
	}
	if s, ok := c.Needed(5000); ok {
		t.Errorf("5 000/s is beyond the peak of 203/s and needs %+v", s)
	}
	if s, ok := c.Needed(203); !ok || !math.IsInf(s.Hi, 1) {
		t.Errorf("203/s is surely reached by %+v (%v), where the peak is 203.5", s, ok)
	}
}
