package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestHolmByHand(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct{ p, want []float64 }{
		{nil, nil},
		{[]float64{0.04}, []float64{0.04}},
		{[]float64{0.01, 0.02, 0.03, 0.04, 0.05}, []float64{0.05, 0.08, 0.09, 0.09, 0.09}}, // as R's p.adjust
		{[]float64{0.9, 0.01, 0.6}, []float64{1, 0.03, 1}},
		{[]float64{nan, 0.03, nan, 0.02}, []float64{nan, 0.04, nan, 0.04}},
		{[]float64{nan}, []float64{nan}},
	} {
		got := Holm(c.p)
		for i := range c.want {
			if math.IsNaN(c.want[i]) != math.IsNaN(got[i]) {
				t.Errorf("%v: %v, want %v", c.p, got, c.want)
			} else if !math.IsNaN(got[i]) {
				near(t, "adjusted", got[i], c.want[i], 1e-12)
			}
		}
	}
}

func TestHolmProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 20).Draw(t, "p")
		before := slices.Clone(p)
		adjusted := Holm(p)
		if !slices.Equal(p, before) {
			t.Fatal("the argument changed")
		}
		for i := range p {
			if adjusted[i] < p[i] || adjusted[i] > 1 || adjusted[i] > p[i]*float64(len(p)) {
				t.Fatalf("%v became %v of %d", p[i], adjusted[i], len(p))
			}
			for j := range p {
				if p[i] < p[j] && adjusted[i] > adjusted[j] {
					t.Fatalf("%v became %v, and %v became %v", p[i], adjusted[i], p[j], adjusted[j])
				}
			}
		}
		smallest := slices.Min(p)
		if slices.Min(adjusted) != min(1, smallest*float64(len(p))) {
			t.Fatalf("the smallest of %v became %v", p, slices.Min(adjusted))
		}
		slices.Reverse(p)
		turned := Holm(p)
		slices.Reverse(turned)
		if !slices.Equal(turned, adjusted) {
			t.Fatalf("order matters: %v, then %v", adjusted, turned)
		}
		if more := Holm(append(slices.Clone(p), math.NaN())); !slices.Equal(more[:len(p)], Holm(p)) {
			t.Fatal("a test that was not made counts")
		}
	})
}

// Five tests of true hypotheses: any at all is rejected in one family of twenty.
func TestHolmKeepsTheFamily(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	const families = 20000
	alarms := 0
	for range families {
		p := make([]float64, 5)
		for i := range p {
			p[i] = rng.Float64()
		}
		if slices.Min(Holm(p)) <= 0.05 {
			alarms++
		}
	}
	near(t, "families with a false alarm", float64(alarms)/families, 1-math.Pow(0.99, 5), 0.005)
}
