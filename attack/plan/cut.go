package plan

import (
	"iter"
	"time"
)

// Cut is the beginning of the plan: its starts due before at, whose loops end there.
// A plan that is no longer than that comes back as it is. At the cut requests in
// flight may finish, as at a plan's own end. It may hold no start at all, where the
// first comes later; at must be above 0.
func (p Plan) Cut(at time.Duration) Plan {
	if at < p.Duration() {
		p.cut = at
	}
	return p
}

// uncut reports that the plan runs to the end of its load.
func (p Plan) uncut() bool { return p.cut == 0 }

// before yields the starts up to the cut.
func (p Plan) before(starts iter.Seq[Start]) iter.Seq[Start] {
	return func(yield func(Start) bool) {
		for s := range starts {
			if s.Due >= p.cut {
				return
			}
			s.Until = min(s.Until, p.cut) // 0, one pass, stays 0
			if !yield(s) {
				return
			}
		}
	}
}

// countBefore goes through the starts of a closed load: there are no more of them than
// clients that this machine can hold.
func (p Plan) countBefore() uint64 {
	if p.Open() {
		return p.Counting()(p.cut)
	}
	var n uint64
	for range p.Starts() {
		n++
	}
	return n
}
