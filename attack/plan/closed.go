package plan

import (
	"iter"
	"time"
)

// population is the number of clients at work over time: straight lines one after the other, without
// gaps, none of zero length. Where a line does not begin at the level at which the line before it
// ended, the population jumps.
//
// Clients have slots 1, 2, 3 …; slot k has a client while the population is at least k. So the client
// that started last ends first, and after a fall a slot gets a new client.
type population []line

// line is a straight line from one level to another, in steps of one nanosecond, or of one second for
// bursts. Step i of count has the level from + (to−from)·i/count, where half a client is rounded up.
type line struct {
	at, length time.Duration
	from, to   int
	step       time.Duration
	count      uint64 // number of steps until the level to is reached
}

func newPopulation(l Load) population {
	stages, level := l.Stages, 0
	if l.Type == MaintainClientLoad {
		stages, level = []Stage{{Duration: l.Duration, Clients: l.Clients}}, l.From
	}
	var p population
	var at time.Duration
	for _, s := range stages {
		if s.Duration > 0 {
			p = append(p, newLine(at, s.Duration, level, s.Clients, l.Arrivals == Burst))
			at += s.Duration
		}
		level = s.Clients
	}
	return p
}

// newLine makes a line. A burst reaches the level at the end on the last whole second, one second
// before the end: loader.io shows 0 to 50 clients over 20 s with the first client at 1 s and the last
// at 19 s. A burst of only one step has that level at once.
func newLine(at, length time.Duration, from, to int, burst bool) line {
	l := line{at: at, length: length, from: from, to: to, step: 1, count: uint64(length)}
	if burst {
		l.step, l.count = time.Second, uint64((length-1)/time.Second)
		if l.count == 0 {
			l.from, l.count = to, 1
		}
	}
	return l
}

// level returns the population at t after the line's beginning, t in [0, length).
func (l line) level(t time.Duration) int {
	i := uint64(t / l.step)
	if l.to >= l.from {
		return l.from + int(roundHalfUp(uint64(l.to-l.from), i, l.count))
	}
	return l.from - int(roundHalfDown(uint64(l.from-l.to), i, l.count))
}

// last returns the population at the line's last instant.
func (l line) last() int { return l.level(l.length - 1) }

// reachesAt returns when the level is first at least k, from the line's beginning on; from < k ≤ last.
func (l line) reachesAt(k int) time.Duration {
	i := ceilDiv(uint64(2*(k-l.from)-1), l.count, uint64(2*(l.to-l.from)))
	return time.Duration(i) * l.step
}

// fallsBelowAt returns when the level is first below k, from the line's beginning on; from ≥ k > last.
func (l line) fallsBelowAt(k int) time.Duration {
	i := floorDiv(uint64(2*(l.from-k)+1), l.count, uint64(2*(l.from-l.to))) + 1
	return time.Duration(i) * l.step
}

func (p population) at(t time.Duration) int {
	for _, l := range p {
		if t >= l.at && t-l.at < l.length {
			return l.level(t - l.at)
		}
	}
	return 0
}

// count returns how many clients start in all, in slots of the share.
func (p population) count(of share) uint64 {
	var n uint64
	taken := func(have, level int) { // the slots above have, up to level
		if level > have {
			n += of.below(uint64(level)) - of.below(uint64(have))
		}
	}
	have := 0
	for _, l := range p {
		taken(have, l.from)
		have = l.last()
		taken(l.from, have)
	}
	return n
}

// leavesAt returns when the population is first below k, from the beginning of line i on; end if it
// never is.
func (p population) leavesAt(i, k int, end time.Duration) time.Duration {
	for _, l := range p[i:] {
		switch {
		case l.from < k:
			return l.at
		case l.last() < k:
			return l.at + l.fallsBelowAt(k)
		}
	}
	return end
}

// clientSeconds is for how long clients are at work, added up, in seconds. Half a client that a line rounds
// up in its first half it rounds down in its second.
func (p population) clientSeconds() float64 {
	sum := 0.0
	for _, l := range p {
		if l.step == time.Second {
			for at := time.Duration(0); at < l.length; at += l.step {
				sum += float64(l.level(at)) * min(l.step, l.length-at).Seconds()
			}
			continue
		}
		sum += (float64(l.from) + float64(l.to)) / 2 * l.length.Seconds()
	}
	return sum
}

// starts yields the starts in slots of the share.
func (p population) starts(end time.Duration, of share) iter.Seq[Start] {
	return func(yield func(Start) bool) {
		var n uint64
		have := 0
		for i, l := range p {
			for k := have + 1; k <= l.from; k++ {
				if of.has(uint64(k-1)) && !yield(Start{N: n, Due: l.at, Until: p.leavesAt(i, k, end)}) {
					return
				}
				n++
			}
			have = l.last()
			for k := l.from + 1; k <= have; k++ {
				if of.has(uint64(k-1)) && !yield(Start{N: n, Due: l.at + l.reachesAt(k), Until: p.leavesAt(i+1, k, end)}) {
					return
				}
				n++
			}
		}
	}
}
