package lead

import (
	"math"

	"github.com/stress-tool/stress/attack/plan"
)

// near is how far the share of a witness may be from what was asked for, as a part of that: few weights are
// quick to divide by.
const near = 0.001

// witnessed are the weights of several agents, in the same proportions as before, and behind them that of a
// witness with a share of all. They are the smallest that come near it, or those that come nearest.
func witnessed(others []int, share float64) []int {
	sum := 0
	for _, w := range others {
		sum += w
	}
	times, own, off := 1, 1, math.Inf(1)
	for b := 1; ; b++ {
		m := max(1, int(math.Round(float64(b)*(1-share)/share/float64(sum))))
		if b+m*sum > plan.MaxWeights {
			break
		}
		if d := math.Abs(float64(b)/float64(b+m*sum)/share - 1); d < off {
			times, own, off = m, b, d
		}
		if off <= near {
			break
		}
	}
	weights := make([]int, 0, len(others)+1)
	for _, w := range others {
		weights = append(weights, times*w)
	}
	return append(weights, own)
}
