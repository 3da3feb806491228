package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The interval of the quantile of a stream, the way a leg uses it: values in
// seconds, the second's own level a share rho of the variance. Its coverage is
// held against the independent interval's on the same data.
func quantileCoverage(t *testing.T, ar, shared float64) (within, naive, widening float64) {
	t.Helper()
	const trials, seconds, perSecond, q = 400, 60, 40, 0.5
	const n = seconds * perSecond
	rng := rand.New(rand.NewPCG(3, 4))
	independent := QuantileRanks(n, q, 0.95)
	for range trials {
		level := rng.NormFloat64()
		x := make([][]float64, seconds)
		for s := range x {
			level = ar*level + math.Sqrt(1-ar*ar)*rng.NormFloat64()
			for range perSecond {
				x[s] = append(x[s], math.Sqrt(shared)*level+math.Sqrt(1-shared)*rng.NormFloat64())
			}
		}
		at := sampleQuantile(x, q)
		c := Clusters{Size: make([]float64, seconds), Sum: make([]float64, seconds)}
		below := 0 // values ≤ the true median, 0: the interval covers iff its rank lies inside
		for s := range x {
			for _, v := range x[s] {
				c.Size[s]++
				if v <= at {
					c.Sum[s]++
				}
				if v <= 0 {
					below++
				}
			}
		}
		effective, known := c.Effective(0.95)
		if !known {
			t.Fatal("60 seconds are enough to judge dependence")
		}
		r := QuantileRanksWithin(n, effective, q, 0.95)
		covers := func(r Ranks) float64 {
			if int64(below) >= r.Lo && int64(below) < r.Hi {
				return 1. / trials
			}
			return 0
		}
		within += covers(r)
		naive += covers(independent)
		widening += float64(r.Hi-r.Lo) / float64(independent.Hi-independent.Lo) / trials
	}
	return within, naive, widening
}

func sampleQuantile(x [][]float64, q float64) float64 {
	var all []float64
	for _, s := range x {
		all = append(all, s...)
	}
	return nearestRank(all, q)
}

func TestQuantileCoverageOfStream(t *testing.T) {
	within, naive, widening := quantileCoverage(t, 0, 0)
	t.Logf("independent: %.3f within, %.3f naive, %.2f times as wide", within, naive, widening)
	if within < 0.93 || within > 0.98 || naive < 0.93 || naive > 0.98 {
		t.Errorf("independent values: coverage %.3f, naive %.3f", within, naive)
	}
	within, naive, widening = quantileCoverage(t, 0, 0.2)
	t.Logf("levels by the second: %.3f within, %.3f naive, %.2f times as wide", within, naive, widening)
	if within < 0.92 || naive > 0.65 || widening < 2 {
		t.Errorf("seconds with their own level: coverage %.3f, naive %.3f, %.2f times as wide", within, naive, widening)
	}
	within, naive, widening = quantileCoverage(t, 0.6, 0.2)
	t.Logf("levels that linger: %.3f within, %.3f naive, %.2f times as wide", within, naive, widening)
	if within < 0.87 || naive > 0.45 {
		t.Errorf("levels that linger: coverage %.3f, naive %.3f, %.2f times as wide", within, naive, widening)
	}
}

func TestClustersProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(0, 200).Draw(t, "stretches")
		c := Clusters{}
		for range k {
			size := rapid.IntRange(0, 50).Draw(t, "size")
			c.Size = append(c.Size, float64(size))
			c.Sum = append(c.Sum, float64(rapid.IntRange(0, size).Draw(t, "with")))
		}
		size, sum := c.Total()
		limit := rapid.IntRange(1, 40).Draw(t, "limit")
		b := c.Batch(limit)
		bSize, bSum := b.Total()
		if bSize != size || bSum != sum || len(b.Size) > limit || len(b.Size) != len(b.Sum) {
			t.Fatalf("batching %+v gave %+v", c, b)
		}
		if slices.Contains(b.Size, 0) {
			t.Fatalf("an empty stretch takes part: %+v", b)
		}
		value, se, df := c.Ratio()
		if size > 0 && math.Abs(value-sum/size) > 1e-12 {
			t.Fatalf("ratio %v of %v and %v", value, sum, size)
		}
		if (df == 0) != math.IsNaN(se) || df >= MaxBatches {
			t.Fatalf("standard error %v on %v degrees of freedom", se, df)
		}
		n, known := c.Effective(0.95)
		if !(n >= 0 && n <= size) || known != (df > 0) {
			t.Fatalf("%v are worth %v, %v", size, n, known)
		}
	})
}

// A change for all of one half of the run must cost almost all of the sample: two
// levels are two observations.
func TestDriftCosts(t *testing.T) {
	c := Clusters{}
	for s := range 600 {
		share := 0.1
		if s >= 300 {
			share = 0.9
		}
		c.Size, c.Sum = append(c.Size, 100), append(c.Sum, 100*share)
	}
	if n, known := c.Effective(0.95); !known || n > 60 {
		t.Errorf("60 000 values at two levels are worth %v", n)
	}
}

// By hand, with t = 2.570582 of 5 degrees: v = 6/5 · 16/60², deff = v · (t/z)² over
// 0.3 · 0.7/60.
func TestEffectiveByHand(t *testing.T) {
	of := func(sums ...float64) Clusters {
		return Clusters{Size: slices.Repeat([]float64{10}, len(sums)), Sum: sums}
	}
	n, known := of(1, 3, 2, 6, 4, 2).Effective(0.95)
	near(t, "uneven stretches are worth", n, 22.8904, 1e-4)
	if !known {
		t.Error("six stretches tell")
	}
	// t = 2.776445 of 4 degrees, v = 5/4 · 14.8/50².
	n, known = of(1, 3, 2, 6, 4).Effective(0.95)
	near(t, "five uneven stretches are worth", n, 14.6537, 1e-3)
	if !known {
		t.Error("five stretches tell")
	}
	for _, c := range []struct {
		of    Clusters
		n     float64
		known bool
	}{
		{of(3, 3, 3, 3, 3, 3), 60, true},
		{of(0, 0, 0, 0, 0, 0), 60, true},
		{of(10, 10, 10, 10, 10, 10), 60, true},
		{of(1, 3, 2, 6), 40, false},
		{of(), 0, false},
	} {
		if n, known := c.of.Effective(0.95); n != c.n || known != c.known {
			t.Errorf("%+v: worth %v, %v", c.of, n, known)
		}
	}
}

// What is beyond a quantile in six of ten stretches has an error of five degrees of freedom, in
// three of four at least, and where all stretches have a part nine, as they all have.
func TestEffectiveBeyondByHand(t *testing.T) {
	of := func(sum ...float64) Clusters {
		c := Clusters{Sum: sum}
		for range sum {
			c.Size = append(c.Size, 100)
		}
		return c
	}
	for _, c := range []struct {
		of Clusters
		df float64
	}{
		{of(94, 100, 81, 100, 95, 78, 91, 92, 100, 100), 5},
		{of(70, 100, 100, 100, 75, 100, 100, 62, 100, 100), 4},
		{of(80, 20, 60, 30, 90, 40, 70, 10, 60, 30), 9},
	} {
		all, _ := c.of.Effective(0.95)
		beyond, known := c.of.EffectiveBeyond(0.95)
		near(t, "times as wide, squared", all/beyond, square(T(0.95, c.df)/T(0.95, 9)), 1e-9)
		if !known || all >= 1000 {
			t.Errorf("%v: worth %v, known %v", c.of.Sum, all, known)
		}
	}
}

// The ranks of 100 at the median are 40 and 61, of 6 they are 1 and 6; fewer are open.
func TestRanksWithinByHand(t *testing.T) {
	for _, c := range []struct {
		n         int64
		effective float64
		lo, hi    int64
	}{
		{1000, 100, 391, 610}, {1000, 100.9, 391, 610}, {1005, 100, 392, 614}, {100, 1000, 40, 61},
		{600, 6, 1, 600}, {500, 5, 0, 501}, {10, 1, 0, 11}, {10, 0.9, 0, 11}, {0, 0, 0, 1},
	} {
		r := QuantileRanksWithin(c.n, c.effective, 0.5, 0.95)
		if r.Lo != c.lo || r.Hi != c.hi {
			t.Errorf("%+v: got %+v", c, r)
		}
		if c.effective < 1 && r.Coverage != 1 {
			t.Errorf("%+v: an open interval covers %v", c, r.Coverage)
		}
	}
}

func TestRanksWithin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 100_000).Draw(t, "n")
		q := rapid.SampledFrom([]float64{0.5, 0.9, 0.95, 0.99, 0.999}).Draw(t, "q")
		if full := QuantileRanksWithin(n, float64(n), q, 0.95); n > 0 && full != QuantileRanks(n, q, 0.95) {
			t.Fatalf("worth all of it, yet %+v", full)
		}
		a := rapid.Float64Range(0, float64(n)).Draw(t, "effective")
		r := QuantileRanksWithin(n, a, q, 0.95)
		if r.Lo < 0 || r.Hi > n+1 || r.Lo >= r.Hi {
			t.Fatalf("worth %v of %d: %+v", a, n, r)
		}
	})
}

func TestRatioOfIndependentStretches(t *testing.T) {
	// Ten stretches of one value: the ratio's error is the mean's own, s/√n.
	x := []float64{3, 1, 4, 1, 5, 9, 2, 6, 5, 3}
	c := Clusters{Size: make([]float64, len(x)), Sum: x}
	for i := range c.Size {
		c.Size[i] = 1
	}
	value, se, df := c.Ratio()
	near(t, "mean", value, 3.9, 1e-12)
	near(t, "standard error", se, math.Sqrt(54.9/9/10), 1e-12)
	near(t, "degrees of freedom", df, 9, 0)
}
