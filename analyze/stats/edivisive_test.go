package stats

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

// pooled is the test of the published vectors: Student's with one variance for both
// sides, and that one too small, for each is divided by n where n−1 is right. A
// verdict of ours may not rest on it, so it lives here.
func pooled(a, b []float64) float64 {
	na, nb := float64(len(a)), float64(len(b))
	df := na + nb - 2
	if df == 0 {
		return 1
	}
	ma, va := stat.PopMeanVariance(a, nil)
	mb, vb := stat.PopMeanVariance(b, nil)
	if len(a) == 1 {
		va = 0
	}
	if len(b) == 1 {
		vb = 0
	}
	se := math.Sqrt(((na-1)*va + (nb-1)*vb) / df * (1/na + 1/nb))
	if ma == mb {
		return 1
	}
	return 2 * distuv.StudentsT{Sigma: 1, Nu: df}.Survival(math.Abs(ma-mb)/se)
}

func indexes(points []ChangePoint) []int {
	at := []int{}
	for _, p := range points {
		at = append(at, p.Index)
	}
	return at
}

// stale drops weak cuts as the program behind the vectors does: when one goes, it
// measures the point that follows anew, and the one after that, but never the one
// before, whose stretch has grown as well. That one is kept on a p it no longer has.
func stale(o ChangeOptions, x []float64, cuts []int) []int {
	measure := func(cuts []int, i int) ChangePoint {
		return o.measure(x, segments(cuts, len(x)), i)
	}
	var points []ChangePoint
	for i := range cuts {
		points = append(points, measure(cuts, i))
	}
	for i := o.weakest(points); i >= 0; i = o.weakest(points) {
		cuts, points = slices.Delete(cuts, i, i+1), slices.Delete(points, i, i+1)
		for k := i; k < min(i+2, len(cuts)); k++ {
			points[k] = measure(cuts, k)
		}
	}
	return indexes(points)
}

func TestChangePointVectors(t *testing.T) {
	v := loadProcess(t)
	same := 0
	for _, c := range v.EDivisive {
		x := v.Series[c.Series]
		o := ChangeOptions{Window: c.Window, MaxP: c.P, MinMagnitude: c.Magnitude, MinLevel: 1, test: pooled}.filled()
		if got := stale(o, x, o.weak(x)); !slices.Equal(got, c.At) {
			t.Errorf("%s, window %d, p %v, magnitude %v: got %v, want %v", c.Series, c.Window, c.P, c.Magnitude, got, c.At)
		}
		if slices.Equal(indexes(ChangePoints(x, o)), c.At) {
			same++
		}
	}
	if same != 13 {
		t.Errorf("with every neighbour measured anew %d of %d series end the same, it was 13", same, len(v.EDivisive))
	}
	near(t, "p of the same twice", pooled(v.Split["same"][0], v.Split["same"][1]), 1, 0.01)
	near(t, "p of lower values", pooled(v.Split["lower"][0], v.Split["lower"][1]), 0.0005, 0.0005)
}

func TestWelchVectors(t *testing.T) {
	v := loadProcess(t).Welch
	if len(v) < 5 {
		t.Fatalf("only %d vectors", len(v))
	}
	for _, w := range v {
		near(t, "Welch's p", welch(w.A, w.B)/w.P, 1, 1e-9)
		near(t, "Welch's p, sides swapped", welch(w.B, w.A)/w.P, 1, 1e-9)
	}
	for _, c := range []struct {
		a, b []float64
		p    float64
	}{
		{[]float64{1}, []float64{2, 3, 4}, 1},
		{[]float64{2, 3, 4}, []float64{1}, 1},
		{[]float64{2, 2}, []float64{2, 2, 2}, 1},
		{[]float64{2, 2}, []float64{3, 3, 3}, 0},
		{[]float64{3, 3, 3}, []float64{2, 2}, 0},
		{[]float64{1, 2, 3}, []float64{4, 5, 6}, 0.021311641128757},
	} {
		near(t, fmt.Sprintf("p of %v and %v", c.a, c.b), welch(c.a, c.b), c.p, 1e-12*c.p)
	}
}

// Two levels that noise cannot be mistaken for: found at the place, with the means,
// whatever the unit, the sign, the zero point and the direction of time.
func TestChangePointOfTwoLevels(t *testing.T) {
	// What little the noise does by itself is no change.
	o := ChangeOptions{MinMagnitude: 0.15}
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.IntRange(5, 20).Draw(t, "before")
		after := rapid.IntRange(5, 20).Draw(t, "after")
		x := make([]float64, before+after)
		for i := range x {
			x[i] = float64(100 + rapid.IntRange(-2, 2).Draw(t, "noise"))
			if i >= before {
				x[i] += 30
			}
		}
		found := ChangePoints(x, o)
		if len(found) != 1 || found[0].Index != before {
			t.Fatalf("%v: got %+v, want one at %d", x, found, before)
		}
		p := found[0]
		if p.Before != stat.Mean(x[:before], nil) || p.After != stat.Mean(x[before:], nil) || p.P != welch(x[:before], x[before:]) {
			t.Fatalf("%v: got %+v", x, p)
		}
		y := make([]float64, len(x))
		same := func(what string, at int, change func(v float64) float64) {
			for i, v := range x {
				y[i] = change(v)
			}
			if what == "reversed" {
				slices.Reverse(y)
			}
			if got := ChangePoints(y, o); len(got) != 1 || got[0].Index != at {
				t.Fatalf("%s, %v: got %+v, want one at %d", what, y, got, at)
			}
		}
		same("in another unit", before, func(v float64) float64 { return v * 1e-3 })
		same("negated", before, func(v float64) float64 { return -v })
		same("moved", before, func(v float64) float64 { return v + 20 })
		same("reversed", after, func(v float64) float64 { return v })
	})
}

// Any series: no panic, points in order and inside, each as promised.
func TestChangePointsKeepTheirPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.Float64(), rapid.Float64Range(0, 10), rapid.SampledFrom([]float64{0, 1, 5, math.NaN(), math.Inf(1), math.Inf(-1)}))
		x := rapid.SliceOfN(value, 0, 60).Draw(t, "series")
		o := ChangeOptions{
			Window:       rapid.IntRange(2, 70).Draw(t, "window"),
			MaxP:         rapid.SampledFrom([]float64{0.001, 0.05, 0.3, 0.7}).Draw(t, "p"),
			MinMagnitude: rapid.SampledFrom([]float64{0, 0.1, 1}).Draw(t, "magnitude"),
			MinLevel:     rapid.IntRange(1, 5).Draw(t, "level"),
		}
		last := 0
		for _, p := range ChangePoints(x, o) {
			if p.Index < last+o.MinLevel || p.Index >= len(x) || !(p.P >= 0 && p.P <= o.MaxP) || p.magnitude() < o.MinMagnitude || p.Before == p.After {
				t.Fatalf("%+v in %v by %+v", p, x, o)
			}
			last = p.Index
		}
	})
}

// Where the values go in and out, their holes count and do not change anything.
func TestChangePointsOverHoles(t *testing.T) {
	step := loadProcess(t).Series["step"]
	var x []float64
	for _, v := range step {
		x = append(x, v, math.NaN())
	}
	want, got := ChangePoints(step, ChangeOptions{}), ChangePoints(x, ChangeOptions{})
	if len(want) != 1 || len(got) != 1 || got[0].Index != 2*want[0].Index || got[0].P != want[0].P {
		t.Errorf("got %+v, without holes %+v", got, want)
	}
}

// Two values on another level are outliers; with a third they are a level.
func TestAFewLastValuesAreNoLevel(t *testing.T) {
	x := slices.Clone(loadProcess(t).Series["step"][:10])
	for _, want := range []int{0, 0, 1, 1} {
		x = append(x, 1.5+0.02*float64(len(x)%3))
		if got := ChangePoints(x, ChangeOptions{}); len(got) != want {
			t.Errorf("%v: got %+v, want %d", x, got, want)
		}
	}
	slices.Reverse(x)
	if got := ChangePoints(x[1:], ChangeOptions{MinLevel: 2}); len(got) != 1 || got[0].Index != 3 {
		t.Errorf("a level of two: got %+v", got)
	}
}

// The defaults are what their comments say.
func TestChangeDefaults(t *testing.T) {
	o := ChangeOptions{}.filled()
	if o.MaxP != 0.001 || o.Window != 50 || o.MinLevel != 3 || o.laxer() != 0.01 {
		t.Errorf("defaults %+v", o)
	}
	for p, want := range map[float64]float64{0.04: 0.4, 0.05: 0.1, 0.4: 0.8, 0.5: 0.5, 0.9: 0.9} {
		near(t, "laxer p", ChangeOptions{MaxP: p}.laxer(), want, 1e-12)
	}
}

// Which point goes first, and what just stays.
func TestWeakestChangePoint(t *testing.T) {
	o := ChangeOptions{MaxP: 0.1, MinMagnitude: 0.5}
	p := func(p float64) ChangePoint { return ChangePoint{Before: 100, After: 200, P: p} }
	by := func(after float64) ChangePoint { return ChangePoint{Before: 100, After: after} }
	for _, c := range []struct {
		points []ChangePoint
		want   int
	}{
		{nil, -1},
		{[]ChangePoint{p(0.1), by(150), by(50)}, -1},
		{[]ChangePoint{p(0.9), p(0.5), p(0.9)}, 0},
		{[]ChangePoint{p(0.5), p(0.9), p(0.7)}, 1},
		{[]ChangePoint{by(120), by(130), by(120)}, 0},
		{[]ChangePoint{by(130), by(-120), by(80), by(100 / 1.2)}, 3},
		{[]ChangePoint{by(101), p(0.11)}, 1},
		{[]ChangePoint{p(0), p(math.NaN())}, 1},
	} {
		if got := o.weakest(c.points); got != c.want {
			t.Errorf("%+v: got %d, want %d", c.points, got, c.want)
		}
	}
}

// Of places that diverge alike the first is taken, by hand: 2/3 · (3 − 1) at both.
// A cut at exactly the laxer p is kept.
func TestDivisionAtItsEdges(t *testing.T) {
	if at, q := divergence([]float64{0, 1, 2}, 1); at != 1 || math.Abs(q-4./3) > 1e-12 {
		t.Errorf("0 1 2: got %v at %d", q, at)
	}
	if at, q := divergence([]float64{3, 3, 3, 3}, 1); at != 0 || q != 0 {
		t.Errorf("nothing varies: got %v at %d", q, at)
	}
	o := ChangeOptions{MaxP: 0.1, Window: 2, MinLevel: 1, test: func(_, _ []float64) float64 { return 0.2 }}
	if got := o.weak([]float64{1, 2}); !slices.Equal(got, []int{1}) {
		t.Errorf("p at the bound of the first pass: got %v", got)
	}
	o = o.filled()
	if got := ChangePoints([]float64{1, 2}, o); len(got) != 0 {
		t.Errorf("p above the bound: got %+v", got)
	}
}

// Without a change the search shows one as rarely as [ChangeOptions] says, heavy
// tails included.
func TestChangePointFalseAlarms(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	draws := map[string]func() float64{
		"normal":    func() float64 { return 100 + 3*rng.NormFloat64() },
		"lognormal": func() float64 { return 100 * math.Exp(0.1*rng.NormFloat64()) },
		"student":   distuv.StudentsT{Mu: 100, Sigma: 3, Nu: 3, Src: rng}.Rand,
	}
	for _, name := range slices.Sorted(maps.Keys(draws)) {
		for _, c := range []struct {
			values int
			most   float64
		}{{10, 0.005}, {20, 0.03}, {50, 0.05}, {100, 0.07}} {
			trials := 1000
			if testing.Short() {
				trials = 100
			}
			alarms := 0
			for range trials {
				x := make([]float64, c.values)
				for i := range x {
					x[i] = draws[name]()
				}
				if len(ChangePoints(x, ChangeOptions{})) > 0 {
					alarms++
				}
			}
			share := float64(alarms) / float64(trials)
			t.Logf("%s, %d values: %.3f", name, c.values, share)
			if share > c.most+2*math.Sqrt(c.most/float64(trials)) {
				t.Errorf("%s, %d values: a change in %.3f of the series", name, c.values, share)
			}
		}
	}
}

// A change of five standard deviations is found once six values follow it, and
// where it is.
func TestChangePointPower(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, c := range []struct {
		after int
		least float64
	}{{4, 0.55}, {6, 0.9}, {10, 0.9}} {
		const trials = 300
		found := 0.
		for range trials {
			x := make([]float64, 20+c.after)
			for i := range x {
				x[i] = 100 + 3*rng.NormFloat64()
				if i >= 20 {
					x[i] += 15
				}
			}
			if slices.Equal(indexes(ChangePoints(x, ChangeOptions{})), []int{20}) {
				found += 1. / trials
			}
		}
		t.Logf("%d values after a change: found %.3f", c.after, found)
		if found < c.least {
			t.Errorf("%d values after a change: found %.3f of the time", c.after, found)
		}
	}
}
