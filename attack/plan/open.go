package plan

import (
	"iter"
	"math"
	"math/rand/v2"
	"time"
)

// schedule is an open load without its arrival process.
type schedule interface {
	// count returns the number of starts.
	count() uint64
	// due returns when start n is due for [Even] arrivals, n in [0, count).
	due(n uint64) time.Duration
	// at returns the instant by which the share u of the load is due, u in [0,1].
	at(u float64) time.Duration
	// rate returns the starts per second at an instant within the load.
	rate(at time.Duration) float64
}

func newSchedule(l Load) schedule {
	switch l.Type {
	case ClientsPerTest:
		return grid{n: uint64(l.Clients), mul: uint64(l.Duration), div: uint64(l.Clients), duration: l.Duration}
	case ClientsPerSecond:
		return perSecond(uint64(l.Clients), l.Duration)
	case Rate:
		if l.Rate == math.Trunc(l.Rate) {
			return perSecond(uint64(l.Rate), l.Duration)
		}
		return newCurve([]Stage{{Rate: l.Rate}, {Rate: l.Rate, Duration: l.Duration}})
	default:
		return newCurve(l.Stages)
	}
}

// grid is a constant rate in whole numbers, and therefore exact: start n is due at ⌊n·mul/div⌋.
type grid struct {
	n        uint64
	mul, div uint64
	duration time.Duration
}

// perSecond returns the grid of c starts per second, with all starts before the end: ⌈c·duration/1s⌉.
func perSecond(c uint64, duration time.Duration) grid {
	return grid{n: ceilDiv(c, uint64(duration), uint64(time.Second)), mul: uint64(time.Second), div: c, duration: duration}
}

func (g grid) count() uint64              { return g.n }
func (g grid) due(n uint64) time.Duration { return time.Duration(floorDiv(n, g.mul, g.div)) }
func (g grid) at(u float64) time.Duration { return time.Duration(u * float64(g.duration)) }
func (g grid) rate(time.Duration) float64 {
	return float64(g.div) / float64(g.mul) * float64(time.Second)
}

// openStarts yields the starts of the schedule, moved as the arrival process asks.
func (p Plan) openStarts() iter.Seq[Start] {
	switch p.load.Arrivals {
	case Burst:
		// Rounding may place a start exactly at the end; it belongs to the second before.
		return p.inOrder(func(n uint64) time.Duration { return min(p.open.due(n), p.duration-1).Truncate(time.Second) })
	case Poisson:
		return func(yield func(Start) bool) { p.inOrder(p.poissonDue())(yield) }
	default:
		return p.inOrder(p.open.due)
	}
}

// inOrder yields the starts at the instants of due. It corrects rounding in floating point, which could
// swap two starts or place one exactly at the end.
func (p Plan) inOrder(due func(n uint64) time.Duration) iter.Seq[Start] {
	return func(yield func(Start) bool) {
		var last time.Duration
		for n := range p.open.count() {
			last = min(max(last, due(n)), p.duration-1)
			if p.share.has(n) && !yield(Start{N: n, Due: last}) {
				return
			}
		}
	}
}

// poissonDue returns the due instants of a Poisson process with a known number of arrivals. These are
// that many uniform random numbers, sorted. Sorting would need all of them in memory, so they are drawn
// in order: of k uniform numbers above u, the smallest is u + (1−u)·(1−U^(1/k)). The returned function
// must be called for n = 0, 1, 2, … in order.
//
// Source: Bentley and Saxe, Generating sorted lists of random numbers, ACM TOMS 6(3), 1980.
func (p Plan) poissonDue() func(uint64) time.Duration {
	rng := rand.New(rand.NewPCG(p.load.Seed, 0))
	count, u := p.open.count(), 0.0
	return func(n uint64) time.Duration {
		left := float64(count - n)
		u += (1 - u) * -math.Expm1(math.Log(1-rng.Float64())/left)
		return p.open.at(u)
	}
}
