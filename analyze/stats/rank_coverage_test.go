package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// noises are heavy-tailed: one symmetric, one with all of its tail on one side.
// Each has centre 0.
var noises = map[string]func(*rand.Rand) float64{
	"Student t, 3": func(r *rand.Rand) float64 {
		chi := square(r.NormFloat64()) + square(r.NormFloat64()) + square(r.NormFloat64())
		return r.NormFloat64() / math.Sqrt(chi/3)
	},
	"lognormal": func(r *rand.Rand) float64 { return math.Exp(r.NormFloat64()) - 1 },
}

func drawn(n int, noise func() float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = noise()
	}
	return x
}

// The intervals are free of the distribution: they cover as often as counting says,
// whatever the tails. The centre needs symmetry, the shift only one shape.
func TestRankIntervalsCover(t *testing.T) {
	const trials, tolerance = 2000, 0.018 // four standard errors
	for name, noise := range noises {
		rng := rand.New(rand.NewPCG(11, 12))
		for _, n := range []int{6, 10, 20} {
			var centre, shift int
			for range trials {
				x := drawn(n, func() float64 { return noise(rng) })
				y := drawn(n, func() float64 { return 5 + noise(rng) })
				if iv := PseudoMedian(y, 0.95); iv.Lo <= 5 && 5 <= iv.Hi {
					centre++
				}
				if iv := Shift(x, y, 0.95); iv.Lo <= 5 && 5 <= iv.Hi {
					shift++
				}
			}
			if name != "lognormal" {
				_, want := signedRankDepth(n, 0.95)
				near(t, fmt.Sprintf("%s, centre of %d", name, n), float64(centre)/trials, want, tolerance)
			}
			_, want := mannWhitneyDepth(n, n, 0.95)
			near(t, fmt.Sprintf("%s, shift of %d and %d", name, n, n), float64(shift)/trials, want, tolerance)
		}
	}
}

// Values on a coarse grid are full of ties: the intervals must cover at least as
// often as they say, and the tests reject a truth no more often.
func TestRankTestsKeepTheirLevelWithTies(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	grid := func() float64 { return math.Round(1.5 * rng.NormFloat64()) }
	const trials = 3000
	for _, sizes := range [][2]int{{6, 6}, {10, 10}, {4, 9}, {14, 14}} {
		var covered, rejected, centred, refused float64
		for range trials {
			x, y := drawn(sizes[0], grid), drawn(sizes[1], grid)
			if iv := Shift(x, y, 0.95); iv.Lo <= 0 && 0 <= iv.Hi {
				covered++
			}
			if _, p := MannWhitney(x, y); p <= 0.05 {
				rejected++
			}
			if iv := PseudoMedian(y, 0.95); iv.Lo <= 0 && 0 <= iv.Hi {
				centred++
			}
			if _, p := SignedRank(y, 0); p <= 0.05 {
				refused++
			}
		}
		const slack = 0.012 // three standard errors
		if covered/trials < 0.95-slack || centred/trials < 0.95-slack || rejected/trials > 0.05+slack || refused/trials > 0.05+slack {
			t.Errorf("%v: covered %v and %v, rejected %v and %v", sizes,
				covered/trials, centred/trials, rejected/trials, refused/trials)
		}
	}
}
