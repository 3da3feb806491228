package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestAutoCorrelationVectors(t *testing.T) {
	v := loadProcess(t)
	if len(v.NIST) != 4 {
		t.Fatalf("%d data sets", len(v.NIST))
	}
	for _, d := range v.NIST {
		near(t, d.Name, AutoCorrelation(d.X, 1), d.R1, 1e-12)
		near(t, d.Name+" at lag 0", AutoCorrelation(d.X, 0), 1, 1e-12)
		if r := AutoCorrelation(d.X, len(d.X)); r != 0 {
			t.Errorf("%s: %v at a lag without pairs", d.Name, r)
		}
	}
	near(t, "lag 2 by hand", AutoCorrelation([]float64{1, 2, 3, 6}, 2), (-2.*0+-1*3)/14, 1e-12)
}

func TestBatchMeansVector(t *testing.T) {
	v := loadProcess(t)
	for _, d := range v.NIST {
		if d.Name != v.BatchMeans.Series {
			continue
		}
		c := Clusters{Size: slices.Repeat([]float64{1}, len(d.X)), Sum: d.X}
		_, _, df := c.Batch(10).Ratio()
		near(t, "standard error of ten batches", MeanOf(c.Batch(10).deviations()).SE, v.BatchMeans.TenBatchesSE, 5e-11)
		near(t, "degrees of freedom", df, 9, 0)
	}
}

func TestAutoCorrelationProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Float64Range(-1e3, 1e3), 0, 50).Draw(t, "x")
		lag := rapid.IntRange(0, 60).Draw(t, "lag")
		r := AutoCorrelation(x, lag)
		if !(math.Abs(r) <= 1+1e-9) {
			t.Fatalf("%v at lag %d", r, lag)
		}
		slices.Reverse(x)
		if back := AutoCorrelation(x, lag); math.Abs(back-r) > 1e-9 {
			t.Fatalf("%v forwards, %v backwards", r, back)
		}
	})
	for _, x := range [][]float64{nil, {3}, {2, 2, 2}} {
		if r := AutoCorrelation(x, 1); r != 0 {
			t.Errorf("%v: %v", x, r)
		}
	}
}

// In a first-order autoregressive series the correlation of neighbours is ρ, and at lag k it is ρᵏ.
func TestAutoCorrelationOfAutoregression(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, rho := range []float64{-0.5, 0, 0.5, 0.9} {
		const n = 20_000
		x := make([]float64, n)
		level := rng.NormFloat64()
		for i := range x {
			level = rho*level + math.Sqrt(1-rho*rho)*rng.NormFloat64()
			x[i] = level
		}
		near(t, "lag 1", AutoCorrelation(x, 1), rho, 0.02)
		near(t, "lag 3", AutoCorrelation(x, 3), rho*rho*rho, 0.05)
	}
}

// The mean of equal values is off by a rounding, and squares of large ones overflow.
func TestAutoCorrelationOfExtremes(t *testing.T) {
	if r := AutoCorrelation(slices.Repeat([]float64{0.1}, 1000), 1); r != 0 {
		t.Errorf("equal values: %v", r)
	}
	for _, unit := range []float64{1, 1e200, 1e-200} {
		near(t, "in any unit", AutoCorrelation([]float64{1 * unit, 2 * unit, 3 * unit, 6 * unit}, 2), (-2.*0+-1*3)/14, 1e-12)
	}
}
