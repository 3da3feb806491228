package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

func nearestRank(x []float64, q float64) float64 {
	s := slices.Sorted(slices.Values(x))
	return s[max(1, int(math.Ceil(q*float64(len(s)))))-1]
}

func TestWilsonVectors(t *testing.T) {
	for _, row := range loadVectors(t).Wilson {
		iv := Wilson(row[0], row[1], 0.95)
		near(t, fmt.Sprintf("%v of %v, lower", row[0], row[1]), iv.Lo, row[2], 5e-8)
		near(t, fmt.Sprintf("%v of %v, upper", row[0], row[1]), iv.Hi, row[3], 5e-8)
	}
}

func TestWilsonProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 1_000_000).Draw(t, "n")
		k := rapid.IntRange(0, n).Draw(t, "k")
		iv := Wilson(float64(k), float64(n), 0.95)
		if !(0 <= iv.Lo && iv.Lo <= iv.Value && iv.Value <= iv.Hi && iv.Hi <= 1) {
			t.Fatalf("%d of %d: %+v", k, n, iv)
		}
		mirror := Wilson(float64(n-k), float64(n), 0.95)
		if math.Abs(mirror.Lo-(1-iv.Hi)) > 1e-12 {
			t.Fatalf("%+v and its mirror %+v", iv, mirror)
		}
		if tenfold := Wilson(float64(10*k), float64(10*n), 0.95); tenfold.Hi-tenfold.Lo >= iv.Hi-iv.Lo {
			t.Fatalf("ten times the sample is no narrower: %+v after %+v", tenfold, iv)
		}
	})
	if iv := Wilson(0, 0, 0.95); !math.IsNaN(iv.Value) || iv.Lo != 0 || iv.Hi != 1 {
		t.Errorf("nothing of nothing: %+v", iv)
	}
	for n := 1.; n <= 2000; n++ {
		if none, all := Wilson(0, n, 0.95), Wilson(n, n, 0.95); none.Lo != 0 || all.Hi != 1 {
			t.Fatalf("none of %v: %+v; all: %+v", n, none, all)
		}
	}
	for i, iv := range WilsonShares([]float64{0.5, 0.3, 0.2}, 300, 0.95) {
		if each := Wilson([]float64{150, 90, 60}[i], 300, 1-0.05/3); math.Abs(iv.Lo-each.Lo) > 1e-12 || math.Abs(iv.Hi-each.Hi) > 1e-12 {
			t.Errorf("one of three shares: %+v, by itself %+v", iv, each)
		}
	}
}

func TestWilsonSharesCoverTogether(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	truth := []float64{0.5, 0.3, 0.2}
	const trials, n = 2000, 300
	hits := 0
	for range trials {
		var counts [3]float64
		for range n {
			switch u := rng.Float64(); {
			case u < 0.5:
				counts[0]++
			case u < 0.8:
				counts[1]++
			default:
				counts[2]++
			}
		}
		all := true
		for i, iv := range WilsonShares([]float64{counts[0] / n, counts[1] / n, counts[2] / n}, n, 0.95) {
			all = all && iv.Lo <= truth[i] && truth[i] <= iv.Hi
		}
		if all {
			hits++
		}
	}
	if share := float64(hits) / trials; share < 0.94 || share > 0.98 {
		t.Errorf("all three shares enclosed in %v of the trials", share)
	}
}

func TestNewcombeVectors(t *testing.T) {
	rows := loadVectors(t).Newcombe
	if len(rows) < 8 {
		t.Fatalf("only %d vectors", len(rows))
	}
	for _, r := range rows {
		d := Difference(Wilson(r[0], r[1], 0.95), Wilson(r[2], r[3], 0.95))
		near(t, fmt.Sprintf("%v, lower", r[:4]), d.Lo, r[4], 5.1e-5)
		near(t, fmt.Sprintf("%v, upper", r[:4]), d.Hi, r[5], 5.1e-5)
	}
}

func TestRatioProperties(t *testing.T) {
	positive := rapid.Custom(func(t *rapid.T) Interval {
		v := rapid.Float64Range(1e-3, 1e6).Draw(t, "value")
		return Interval{
			Value: v,
			Lo:    v * rapid.Float64Range(0.001, 1).Draw(t, "down"),
			Hi:    v * rapid.Float64Range(1, 10).Draw(t, "up"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := positive.Draw(t, "a"), positive.Draw(t, "b")
		r, inverse := Ratio(a, b), Ratio(b, a)
		if !(r.Lo <= r.Value*(1+1e-12) && r.Value <= r.Hi*(1+1e-12)) {
			t.Fatalf("%+v", r)
		}
		if r.Lo < a.Lo/b.Hi*(1-1e-9) || r.Hi > a.Hi/b.Lo*(1+1e-9) {
			t.Fatalf("%+v is wider than the corners of %+v and %+v", r, a, b)
		}
		if math.Abs(r.Lo*inverse.Hi-1) > 1e-6 && r.Lo > 0 {
			t.Fatalf("%+v upside down is %+v", r, inverse)
		}
		k := rapid.Float64Range(0.01, 100).Draw(t, "scale")
		scaled := Ratio(Interval{a.Value * k, a.Lo * k, a.Hi * k}, Interval{b.Value * k, b.Lo * k, b.Hi * k})
		if math.Abs(scaled.Hi-r.Hi) > 1e-6*r.Hi {
			t.Fatalf("the unit changed the ratio: %+v, %+v", r, scaled)
		}
	})
	open := Ratio(Interval{2, math.Inf(-1), 4}, Interval{1, 0.5, math.Inf(1)})
	if open.Value != 2 || open.Lo != 0 || math.IsInf(open.Hi, 1) {
		t.Errorf("open below: %+v", open)
	}
	if r := Ratio(Interval{0, 0, 1}, Interval{1, 1, 1}); !math.IsNaN(r.Value) {
		t.Errorf("a ratio of nothing: %+v", r)
	}
	if r := Ratio(Interval{1, 1, 1}, Interval{0, 0, 1}); !math.IsNaN(r.Value) {
		t.Errorf("a ratio to nothing: %+v", r)
	}
}

func TestMeanOver(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	const trials, n = 2000, 25
	sample := func(mean float64) Mean {
		var sum, squares float64
		for range n {
			x := mean * (1 + 0.3*rng.NormFloat64())
			sum, squares = sum+x, squares+x*x
		}
		m := sum / n
		return Mean{m, math.Sqrt((squares/n - m*m) / (n - 1)), n - 1}
	}
	hits := 0
	for range trials {
		if r := sample(30).Over(sample(10), 0.95); r.Lo <= 3 && 3 <= r.Hi {
			hits++
		}
	}
	if share := float64(hits) / trials; share < 0.935 || share > 0.97 {
		t.Errorf("the ratio of two means was enclosed in %v of the trials", share)
	}
	exact := Mean{4, 0, math.Inf(1)}.Over(Mean{2, 0, math.Inf(1)}, 0.95)
	if exact != (Interval{2, 2, 2}) {
		t.Errorf("exact means: %+v", exact)
	}
	if r := (Mean{4, math.NaN(), 0}).Over(Mean{2, 1, 9}, 0.95); r.Lo != 0 || !math.IsInf(r.Hi, 1) || r.Value != 2 {
		t.Errorf("an unknown error: %+v", r)
	}
	if r := (Mean{0, 1, 9}).Over(Mean{2, 1, 9}, 0.95); !math.IsNaN(r.Value) {
		t.Errorf("a ratio of nothing: %+v", r)
	}
	if r := (Mean{2, 1, 9}).Over(Mean{0, 1, 9}, 0.95); !math.IsNaN(r.Value) {
		t.Errorf("a ratio to nothing: %+v", r)
	}
	// Equal errors do not cancel out.
	if r := (Mean{4, 1, 9}).Over(Mean{4, 1, 9}, 0.95); !(r.Lo < 0.8 && r.Hi > 1.25) {
		t.Errorf("two uncertain means: %+v", r)
	}
	if r := (Mean{4, 1, 9}).Minus(Mean{4, 1, 9}, 0.95); !(r.Lo < -1.5 && r.Hi > 1.5) {
		t.Errorf("two uncertain means: %+v", r)
	}
	for _, m := range []Mean{{3, 1, 0}, {3, math.NaN(), 5}} {
		if iv := m.Interval(0.95); iv != (Interval{3, math.Inf(-1), math.Inf(1)}) {
			t.Errorf("%+v: %+v", m, iv)
		}
		for _, r := range []Interval{m.Over(Mean{1, 1, 9}, 0.95), (Mean{3, 1, 9}).Over(Mean{1, m.SE, m.DF}, 0.95)} {
			if r != (Interval{3, 0, math.Inf(1)}) {
				t.Errorf("%+v in a ratio: %+v", m, r)
			}
		}
	}
	iv := Mean{10, 1, math.Inf(1)}.Interval(0.95)
	near(t, "normal interval", iv.Hi, 11.959964, 1e-6)
	near(t, "t, 3 degrees of freedom", T(0.95, 3), 3.182446, 1e-6)
}

func TestChiSquareVectors(t *testing.T) {
	for _, v := range loadVectors(t).ChiSquare {
		x2, df, p := ChiSquare(v.X, v.W)
		near(t, fmt.Sprintf("%v statistic", v.X), x2, v.Stat, 1e-8)
		near(t, fmt.Sprintf("%v p", v.X), p, v.P, 1e-8)
		if df != v.DF {
			t.Errorf("%v: df %d, want %d", v.X, df, v.DF)
		}
	}
}

func TestChiSquareProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Float64Range(0, 1e6), 0, 20).Draw(t, "counts")
		x2, df, p := ChiSquare(x, nil)
		if !(x2 >= 0 && p >= 0 && p <= 1) || df != max(0, len(x)-1) {
			t.Fatalf("x2 %v, df %d, p %v", x2, df, p)
		}
		m := rapid.Float64Range(1, 100).Draw(t, "factor")
		var more []float64
		for _, v := range x {
			more = append(more, m*v)
		}
		if scaled, _, _ := ChiSquare(more, nil); math.Abs(scaled-m*x2) > 1e-6*(1+m*x2) {
			t.Fatalf("%v times the counts: %v, want %v", m, scaled, m*x2)
		}
		slices.Reverse(x)
		if turned, _, _ := ChiSquare(x, nil); math.Abs(turned-x2) > 1e-9*(1+x2) {
			t.Fatalf("order matters: %v, %v", x2, turned)
		}
	})
}

// chiSquarePower is the chance that a chi-square test of df ≥ 1 at level alpha on n
// units sees an effect of Cohen's size w, w² = Σ (q−p)²/p.
func chiSquarePower(w, n float64, df int, alpha float64) float64 {
	critical := distuv.ChiSquared{K: float64(df)}.Quantile(1 - alpha)
	return noncentralSurvival(critical, df, n*w*w)
}

func TestPowerVectors(t *testing.T) {
	v := loadVectors(t)
	for _, p := range v.Power {
		near(t, fmt.Sprintf("%+v", p), chiSquarePower(p.W, p.N, p.DF, p.Alpha), p.Power, 1e-6)
	}
	for _, row := range v.Noncentrality {
		df := int(row[0])
		d := DetectableDeviation(df+1, 1, 0.8, 0.05)
		near(t, fmt.Sprintf("noncentrality at df %d", df), d*d/float64(df), row[1], 6e-4)
	}
	for _, row := range v.Detectable {
		near(t, fmt.Sprintf("%v classes, %v units", row[0], row[2]),
			DetectableDeviation(int(row[0]), row[2], 0.8, 0.05), row[1], 5e-4)
	}
	if got := chiSquarePower(0, 100, 3, 0.05); math.Abs(got-0.05) > 1e-9 {
		t.Errorf("power without an effect is the level: got %v", got)
	}
	if got := chiSquarePower(1, 1e5, 3, 0.05); math.Abs(got-1) > 1e-9 {
		t.Errorf("power against the obvious: got %v", got)
	}
}

func TestPowerGrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.Float64Range(0.01, 1).Draw(t, "w")
		n := rapid.Float64Range(1, 5000).Draw(t, "n")
		df := rapid.IntRange(1, 30).Draw(t, "df")
		less, more := chiSquarePower(w, n, df, 0.05), chiSquarePower(w, 1.5*n, df, 0.05)
		if !(less >= 0.05-1e-9 && more >= less-1e-9 && more <= 1) {
			t.Fatalf("power %v at n, %v at 1.5 n", less, more)
		}
	})
}

func TestEvennessVectors(t *testing.T) {
	v := loadVectors(t)
	for _, c := range v.Jain {
		near(t, fmt.Sprintf("Jain %v", c.X), Jain(c.X), c.J, 1e-9)
	}
}

// countOrNone draws what hosts can have: nothing, or enough that its square is a
// number too.
func countOrNone() *rapid.Generator[float64] {
	return rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(1e-3, 1e6))
}

func TestEvennessProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(countOrNone(), 1, 50).Draw(t, "x")
		n := float64(len(x))
		j := Jain(x)
		if !(j >= 1/n-1e-9 && j <= 1+1e-9) {
			t.Fatalf("Jain %v", j)
		}
		for i := range x {
			x[i] *= 3
		}
		if math.Abs(Jain(x)-j) > 1e-9 {
			t.Fatalf("the unit matters: %v, then %v", j, Jain(x))
		}
	})
	if Jain(nil) != 1 || Jain([]float64{0, 0}) != 1 {
		t.Error("nothing must be shared evenly")
	}
}

func TestMisuse(t *testing.T) {
	for name, call := range map[string]func(){
		"quantile 95":     func() { QuantileRanks(10, 95, 0.95) },
		"confidence 1":    func() { Wilson(1, 2, 1) },
		"negative sample": func() { QuantileRanks(-1, 0.5, 0.95) },
		"negative lag":    func() { AutoCorrelation([]float64{1, 2}, -1) },
		"window of one":   func() { ChangePoints([]float64{1, 2}, ChangeOptions{Window: 1}) },
		"negative level":  func() { ChangePoints([]float64{1, 2}, ChangeOptions{MinLevel: -1}) },
		"p above 1":       func() { ChangePoints([]float64{1, 2}, ChangeOptions{MaxP: 2}) },
		"weights":         func() { ChiSquare([]float64{1, 2}, []float64{1}) },
		"one class":       func() { DetectableDeviation(1, 10, 0.8, 0.05) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			call()
		})
	}
}

// Willink's interval by hand: G(t) = ((1 + 6a(t − a))^⅓ − 1)/2a with a = skew/6, here 0.1.
func TestSkewedInterval(t *testing.T) {
	m := Mean{Value: 10, SE: 2, DF: math.Inf(1)}
	iv := m.SkewedInterval(0.6, 0.95)
	near(t, "below", iv.Lo, 10-2*(math.Cbrt(1+0.6*(Z(0.95)-0.1))-1)/0.2, 1e-12)
	near(t, "above", iv.Hi, 10+2*(1-math.Cbrt(1+0.6*(-Z(0.95)-0.1)))/0.2, 1e-12)
	back := m.SkewedInterval(-0.6, 0.95)
	near(t, "the other way round", back.Hi-10, 10-iv.Lo, 1e-12)
	if plain := m.SkewedInterval(1e-9, 0.95); math.Abs(plain.Hi-m.Interval(0.95).Hi) > 1e-6 {
		t.Errorf("hardly skewed: %+v", plain)
	}
	// The mean of thirty values with a long tail: of plain intervals the upper ends are too low.
	rng := rand.New(rand.NewPCG(9, 9))
	const trials, k = 4000, 30
	var plain, bent float64
	for range trials {
		x := make([]float64, k)
		for i := range x {
			x[i] = math.Exp(rng.NormFloat64())
		}
		c := ofLevels(x)
		own, truth := MeanOf(x), math.Exp(0.5)
		if own.Interval(0.9).Hi < truth {
			plain += 1. / trials
		}
		if own.SkewedInterval(c.Skew(), 0.9).Hi < truth {
			bent += 1. / trials
		}
	}
	t.Logf("upper ends too low: %.3f, bent %.3f", plain, bent)
	if bent > 0.11 || bent > plain-0.03 {
		t.Errorf("upper ends too low: %.3f, bent %.3f", plain, bent)
	}
}

func TestSkewByHand(t *testing.T) {
	c := ofLevels(append(make([]float64, 19), 1))
	// One of twenty: skewness √20 · 18/(√19 · …) by its definition, over √20.
	var cubes, squares float64
	for _, v := range append(slices.Repeat([]float64{-0.05}, 19), 0.95) {
		cubes, squares = cubes+v*v*v, squares+v*v
	}
	want := 20 / (19. * 18) * cubes / math.Pow(squares/19, 1.5) / math.Sqrt(20)
	near(t, "one of twenty", c.Skew(), want, 1e-12)
	if s := ofLevels(append(make([]float64, 18), 1)).Skew(); s != 0 {
		t.Errorf("nineteen stretches: %v", s)
	}
	if s := ofLevels(make([]float64, 60)).Skew(); s != 0 {
		t.Errorf("nothing varies: %v", s)
	}
}
