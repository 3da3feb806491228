package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The bounds of R's ldbounds and gsDesign for spending of Pocock's kind at 5 %, two-sided.
func TestLookLevelsVectors(t *testing.T) {
	for _, v := range loadVectors(t).Pocock {
		for i, level := range LookLevels(v.Of, 0.05) {
			near(t, "bound", Z(1-level), v.Bounds[i], 1e-4)
		}
	}
	if got := LookLevels([]float64{1}, 0.05); len(got) != 1 || math.Abs(got[0]-0.05) > 1e-8 {
		t.Errorf("one look spends %v", got)
	}
}

// A walk without a drift crosses one of the bounds as often as the level says, and no
// look spends what those before it have left.
func TestLookLevelsAreKept(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 14))
	const times = 200_000
	for _, of := range [][]float64{{0.5, 1}, {0.25, 0.5, 1}, {0.625, 0.833, 1}} {
		levels := LookLevels(of, 0.05)
		crossed := 0
		for range times {
			at, before := 0., 0.
			for i, t := range of {
				at += rng.NormFloat64() * math.Sqrt(t-before)
				before = t
				if math.Abs(at)/math.Sqrt(t) > Z(1-levels[i]) {
					crossed++
					break
				}
			}
		}
		near(t, "crossed", float64(crossed)/times, 0.05, 0.0015)
	}
}
