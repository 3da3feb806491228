package lead

import (
	"math"
	"slices"

	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/fleet/calibration"
)

// division is how a plan is divided among the agents.
type division struct {
	weights []int
	// capacities are what the agents can send, in requests per second, where the weights follow from that; a witness,
	// the last, has none.
	capacities []float64
}

// capacity is what agent i can send, 0 where its share does not follow from it.
func (d division) capacity(i int) float64 {
	if i < len(d.capacities) {
		return d.capacities[i]
	}
	return 0
}

// divide says how a plan is divided that an engine sends. It stays so for the whole run, whichever machine an agent
// that was lost comes back from.
func (f *Fleet) divide(engine string) (division, error) {
	if d, known := f.divisions[engine]; known {
		return d, nil
	}
	others := f.members
	if f.Witness > 0 {
		others = others[:len(others)-1]
	}
	d := division{weights: slices.Repeat([]int{1}, len(others))}
	if f.ByCapacity {
		var err error
		if d.capacities, err = calibration.Capacities(f.measured, f.shares(others, d.weights, engine)); err != nil {
			return d, err
		}
		d.weights = proportional(d.capacities)
	}
	if f.Witness > 0 {
		d.weights = witnessed(d.weights, f.Witness)
	}
	if f.divisions == nil {
		f.divisions = map[string]division{}
	}
	f.divisions[engine] = d
	return d, nil
}

// shares are the parts of a plan with these weights.
func (f *Fleet) shares(of []*member, weights []int, engine string) []calibration.Share {
	all := make([]calibration.Share, len(of))
	for i, m := range of {
		all[i] = calibration.Share{Agent: m.Name, Machine: m.Machine, Weight: float64(weights[i]), Engine: engine, Capped: m.hello().MaxRate > 0}
	}
	return all
}

const (
	// nearCapacity is how far a share may be from what the capacity of its agent asks for, as a part of that: nobody
	// measures one more exactly.
	nearCapacity = 0.01
	// mostProportional is the greatest sum of weights that follow from capacities: few are quick to divide by, and leave
	// room for those of a witness.
	mostProportional = plan.MaxWeights / 10
)

// proportional are the smallest weights in the proportions of capacities, which are above 0, or those that come
// nearest. Each agent has at least one, however little it can send.
func proportional(capacities []float64) []int {
	sum, greatest := 0.0, slices.Max(capacities)
	for _, c := range capacities {
		sum += c
	}
	var best []int
	for most, off := 1, math.Inf(1); off > nearCapacity; most++ {
		weights, total, worst := make([]int, len(capacities)), 0, 0.0
		for i, c := range capacities {
			weights[i] = max(1, int(math.Round(float64(most)*c/greatest)))
			total += weights[i]
		}
		if best != nil && total > mostProportional {
			break
		}
		for i, c := range capacities {
			worst = max(worst, math.Abs(float64(weights[i])/float64(total)/(c/sum)-1))
		}
		if best == nil || worst < off {
			best, off = weights, worst
		}
	}
	return best
}

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
