package stats

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// What is found by counting is what stands at that place when all are written down.
func TestRankedIsTheValueOfThatRank(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Float64Range(-1e300, 1e300), 1, 40).Draw(t, "x")
		y := rapid.SliceOfN(rapid.SampledFrom([]float64{-1, 0, math.Copysign(0, -1), 0.1, 1e-320, 3}), 1, 40).Draw(t, "y")
		var differences, means []float64
		for i, a := range x {
			for _, b := range y {
				differences = append(differences, b-a)
			}
			for _, b := range x[i:] {
				means = append(means, a/2+b/2)
			}
		}
		slices.Sort(differences)
		slices.Sort(means)
		for _, c := range []struct {
			got  Interval
			want []float64
		}{{Shift(x, y, 0.95), differences}, {PseudoMedian(x, 0.95), means}} {
			n := len(c.want)
			if middle := c.want[(n-1)/2]/2 + c.want[n/2]/2; c.got.Value != middle {
				t.Fatalf("median %v, want %v", c.got.Value, middle)
			}
			if !math.IsInf(c.got.Hi, 0) && (!slices.Contains(c.want, c.got.Lo) || !slices.Contains(c.want, c.got.Hi)) {
				t.Fatalf("%+v has ends that are none of %v", c.got, c.want)
			}
		}
	})
	if zero := PseudoMedian([]float64{math.Copysign(0, -1)}, 0.95).Value; math.Signbit(zero) {
		t.Error("the median of zero is negative")
	}
}

// Thousands of rounds, and series of thousands, take a moment and not minutes: what is
// counted grows with the values, not with their pairs or triples.
func TestLargeSamples(t *testing.T) {
	const n = 3000
	x, y, level := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range x {
		x[i] = float64(i * 7919 % n)
		y[i] = x[i] + 100
		level[i] = x[i] + float64(10*n*(i/(n/2)))
	}
	if iv := Shift(x, y, 0.95); iv.Value != 100 || !(iv.Lo < 100 && iv.Hi > 100) {
		t.Errorf("%+v", iv)
	}
	if got := ChangePoints(level, ChangeOptions{Window: n}); len(got) != 1 || got[0].Index != n/2 {
		t.Errorf("%+v", got)
	}
}
