package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The table of Newcombe (1998), whose method 6 is Miettinen and Nurminen's.
func TestScoreDifferenceVectors(t *testing.T) {
	for _, v := range loadVectors(t).MiettinenNurminen {
		iv := ScoreDifference(Share{v[0], v[1]}, Share{v[2], v[3]}, 0.95)
		near(t, "lower end", iv.Lo, v[4], 5e-5)
		near(t, "upper end", iv.Hi, v[5], 5e-5)
	}
}

// farringtonManning is the likeliest share behind b in closed form, as in the appendix of
// Farrington and Manning (1990): a second way to what is found by halving.
func farringtonManning(x, y Share, delta float64) float64 {
	p, q, theta := x.K/x.N, y.K/y.N, y.N/x.N
	a := 1 + theta
	b := -(1 + theta + p + theta*q + delta*(theta+2))
	c := delta*delta + delta*(2*p+theta+1) + p + theta*q
	d := -p * delta * (1 + delta)
	v := math.Pow(b/(3*a), 3) - b*c/(6*a*a) + d/(2*a)
	u := math.Copysign(math.Sqrt(b*b/(9*a*a)-c/(3*a)), v)
	w := (math.Pi + math.Acos(max(-1, min(1, v/(u*u*u))))) / 3
	return 2*u*math.Cos(w) - b/(3*a) - delta
}

func TestLikeliestByTheClosedForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		share := func(name string) Share {
			n := rapid.IntRange(5, 5000).Draw(t, name+" of")
			return Share{float64(rapid.IntRange(1, n-1).Draw(t, name)), float64(n)}
		}
		a, b := share("a"), share("b")
		delta := rapid.Float64Range(-0.9, 0.9).Draw(t, "delta")
		if got, want := likeliest(a, b, delta), farringtonManning(a, b, delta); math.Abs(got-want) > 1e-6 {
			t.Errorf("%v and %v at %v: %v, closed form %v", a, b, delta, got, want)
		}
	})
}

// The interval holds what the test does not reject, lies the other way round with the
// sides exchanged, and is never narrower with more confidence.
func TestScoreProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		share := func(name string) Share {
			n := rapid.Float64Range(2, 1e6).Draw(t, name+" of")
			return Share{n * rapid.SampledFrom([]float64{0, 1e-4, 0.003, 0.2, 0.5, 0.99, 1}).Draw(t, name), n}
		}
		a, b := share("a"), share("b")
		iv, wide, back := ScoreDifference(a, b, 0.95), ScoreDifference(a, b, 0.99), ScoreDifference(b, a, 0.95)
		if !(iv.Lo <= iv.Value && iv.Value <= iv.Hi && wide.Lo <= iv.Lo && iv.Hi <= wide.Hi) {
			t.Errorf("%v and %v: %v, at 99 %% %v", a, b, iv, wide)
		}
		if math.Abs(iv.Lo+back.Hi) > 1e-9 || math.Abs(iv.Hi+back.Lo) > 1e-9 {
			t.Errorf("%v and %v: %v, exchanged %v", a, b, iv, back)
		}
		const step = 1e-6
		if p := ScoreTest(a, b, iv.Hi-step); iv.Hi-step > iv.Value && p < 0.05 {
			t.Errorf("%v and %v: p inside %v is %v", a, b, iv, p)
		}
		if p := ScoreTest(a, b, iv.Hi+step); iv.Hi+step < 1 && p > 0.05 {
			t.Errorf("%v and %v: p outside %v is %v", a, b, iv, p)
		}
	})
	if p := ScoreTest(Share{0, 0}, Share{1, 10}, 0.1); p != 1 {
		t.Errorf("nothing on a side: p = %v", p)
	}
	if iv := ScoreDifference(Share{}, Share{1, 10}, 0.95); iv.Lo != -1 || iv.Hi != 1 || !math.IsNaN(iv.Value) {
		t.Errorf("nothing on a side: %v", iv)
	}
	if p := ScoreTest(Share{0, 100}, Share{0, 100}, 0); p != 1 {
		t.Errorf("none on either side: p = %v", p)
	}
}
