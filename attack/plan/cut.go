package plan

import (
	"iter"
	"time"
)

// Cut returns the beginning of the plan: the starts due before at, whose loops end at at. A plan that
// is not longer than at is returned unchanged. Requests in flight at the cut may finish, as at the end
// of any plan. The result has no start if the first one is due later. at must be above 0.
func (p Plan) Cut(at time.Duration) Plan {
	if at < p.Duration() {
		p.cut = at
	}
	return p
}

// isWhole reports that the plan was not cut.
func (p Plan) isWhole() bool { return p.cut == 0 }

// upToCut yields the starts before the cut.
func (p Plan) upToCut(starts iter.Seq[Start]) iter.Seq[Start] {
	return func(yield func(Start) bool) {
		for s := range starts {
			if s.Due >= p.cut {
				return
			}
			s.Until = min(s.Until, p.cut) // 0 means one pass, and stays 0
			if !yield(s) {
				return
			}
		}
	}
}

// countUpToCut counts the starts before the cut. For a closed load it visits each start: there are no
// more of them than this machine can run clients.
func (p Plan) countUpToCut() uint64 {
	if p.Open() {
		return p.Counting()(p.cut)
	}
	var n uint64
	for range p.Starts() {
		n++
	}
	return n
}
