package plan

import "time"

// Counting returns a function that counts the starts of an open load that are due before an instant.
// From call to call the instant must not become smaller. The function does not visit each start,
// because a plan may have 10⁹ of them in a second; it must do so only for [Poisson], whose starts are
// drawn one after the other.
func (p Plan) Counting() func(before time.Duration) uint64 {
	count := p.countEven
	if p.load.Arrivals == Poisson {
		count = p.countDrawn()
	}
	end := p.Duration()
	return func(before time.Duration) uint64 { return p.share.below(count(min(before, end))) }
}

// countEven counts by a binary search for the first start that is not due before an instant.
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
	due, total := p.poissonDue(), p.open.count()
	var n uint64 // number of the next start
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
