package plan

import "time"

// Counting returns a function that says how many starts of an open load are due before
// an instant; from call to call the instant must not fall. It looks at no start that it
// can do without: a plan may have 10⁹ of them in a second. Only those of [Poisson] are
// drawn one after the other.
func (p Plan) Counting() func(before time.Duration) uint64 {
	count := p.countEven
	if p.load.Arrivals == Poisson {
		count = p.countDrawn()
	}
	end := p.Duration()
	return func(before time.Duration) uint64 { return p.share.below(count(min(before, end))) }
}

// countEven searches for the first start that is not due before an instant.
func (p Plan) countEven(before time.Duration) uint64 {
	low, high := uint64(0), p.open.count()
	for low < high {
		middle := low + (high-low)/2
		due := min(p.open.due(middle), p.duration-1)
		if p.load.Arrivals == Burst {
			due = due.Truncate(time.Second)
		}
		if due < before {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

func (p Plan) countDrawn() func(before time.Duration) uint64 {
	due, total := p.drawn(), p.open.count()
	var n uint64 // of the start that is due next
	next := min(due(0), p.duration-1)
	return func(before time.Duration) uint64 {
		for n < total && next < before {
			if n++; n < total {
				next = min(max(next, due(n)), p.duration-1)
			}
		}
		return n
	}
}
