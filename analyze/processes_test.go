package analyze

import (
	"container/heap"
	"math"
	"math/rand/v2"
)

// process makes up the times of legs, in milliseconds, second by second.
type process func(rng *rand.Rand, seconds int) [][]float64

// paced starts so many requests in every second, whose times are drawn independently.
func paced(perSecond int, draw func(*rand.Rand) float64) process {
	return func(rng *rand.Rand, seconds int) [][]float64 {
		leg := make([][]float64, seconds)
		for s := range leg {
			for range perSecond {
				leg[s] = append(leg[s], draw(rng))
			}
		}
		return leg
	}
}

func exponential(rng *rand.Rand) float64 { return 20 * rng.ExpFloat64() }

// bimodal is a hit in half of all cases, else a miss ten times as long.
func bimodal(rng *rand.Rand) float64 {
	if rng.Float64() < 0.5 {
		return 10 + rng.NormFloat64()
	}
	return 100 + 5*rng.NormFloat64()
}

// gamma has a mean of 1 and half the scatter of an exponential time.
func gamma(rng *rand.Rand) float64 {
	var sum float64
	for range 4 {
		sum += rng.ExpFloat64() / 4
	}
	return sum
}

// queue is one server (M/M/1) at a hundred arrivals a second and the load rho, found in
// its steady state.
func queue(rho float64) process {
	const arrivals = 100.
	return func(rng *rand.Rand, seconds int) [][]float64 {
		serves := arrivals / rho
		leg := make([][]float64, seconds)
		wait := 0.
		if rng.Float64() < rho {
			wait = rng.ExpFloat64() / (serves - arrivals)
		}
		for at := rng.ExpFloat64() / arrivals; at < float64(seconds); {
			took := wait + rng.ExpFloat64()/serves
			leg[int(at)] = append(leg[int(at)], 1000*took)
			gap := rng.ExpFloat64() / arrivals
			wait, at = max(0, took-gap), at+gap
		}
		return leg
	}
}

// closed is a load of clients that each wait for their answer, at so many workers with
// one queue, whose work is exponential with a mean in milliseconds. The first two seconds
// are its warm-up.
func closed(clients, workers int, mean float64) process {
	const warmUp = 2.
	return func(rng *rand.Rand, seconds int) [][]float64 {
		leg := make([][]float64, seconds)
		var waiting []float64 // since when
		var served jobs
		take := func(now, since float64) {
			heap.Push(&served, job{now + rng.ExpFloat64()*mean/1000, since})
		}
		for i := range clients {
			if i < workers {
				take(0, 0)
			} else {
				waiting = append(waiting, 0)
			}
		}
		for {
			j := heap.Pop(&served).(job)
			if at := j.done - warmUp; at >= float64(seconds) {
				return leg
			} else if at >= 0 {
				leg[int(at)] = append(leg[int(at)], 1000*(j.done-j.since))
			}
			waiting = append(waiting, j.done)
			take(j.done, waiting[0])
			waiting = waiting[1:]
		}
	}
}

type job struct{ done, since float64 }

// jobs is a heap, the first to be done on top.
type jobs []job

func (j jobs) Len() int           { return len(j) }
func (j jobs) Less(a, b int) bool { return j[a].done < j[b].done }
func (j jobs) Swap(a, b int)      { j[a], j[b] = j[b], j[a] }
func (j *jobs) Push(x any)        { *j = append(*j, x.(job)) }
func (j *jobs) Pop() any {
	last := (*j)[len(*j)-1]
	*j = (*j)[:len(*j)-1]
	return last
}

// lingering has a level for every second: the logarithm is a first-order autoregression
// with the correlation rho and the standard deviation sd.
func lingering(rho, sd float64) process {
	return func(rng *rand.Rand, seconds int) [][]float64 {
		level := rng.NormFloat64()
		return paced(1, func(rng *rand.Rand) float64 {
			level = rho*level + math.Sqrt(1-rho*rho)*rng.NormFloat64()
			return 20 * math.Exp(sd*level)
		}).times(100, gamma)(rng, seconds)
	}
}

// times makes of each time so many, each multiplied by a draw of its own.
func (p process) times(n int, draw func(*rand.Rand) float64) process {
	return func(rng *rand.Rand, seconds int) [][]float64 {
		leg := p(rng, seconds)
		for s, of := range leg {
			leg[s] = nil
			for range n {
				leg[s] = append(leg[s], of[0]*draw(rng))
			}
		}
		return leg
	}
}

// spells are stretches of time of a length, in seconds, that begin once in so many
// seconds at random: within one a request takes ten times as long.
func spells(length, every float64) process {
	return func(rng *rand.Rand, seconds int) [][]float64 {
		const perSecond = 100
		next, end := every*rng.ExpFloat64(), 0.
		i := 0
		return paced(perSecond, func(rng *rand.Rand) float64 {
			at := float64(i) / perSecond
			if i++; at >= next {
				end, next = at+length, at+every*rng.ExpFloat64()
			}
			took := 10 * (0.5 + rng.ExpFloat64())
			if at < end {
				took *= 10
			}
			return took
		})(rng, seconds)
	}
}
