package run

import (
	"iter"
	"time"

	"github.com/stress-tool/stress/scenarios"
)

// rounds are steps that go through loads and targets round after round.
type rounds struct {
	loads   []*Load // of steps: nil is the run's only one
	targets []string
	compare scenarios.Compare
	limit   roundLimit
	// several says that there may be more rounds than one, whose order is to be balanced.
	several bool
	// more is how many rounds there are to be in all once those planned are done.
	more func(done int) int
}

// newRounds are those of a scenario, and of looks that may have them go on. Their seed is
// drawn where there is anything to order.
func newRounds(sc *scenarios.Scenario, loads []Load, targets []scenarios.Target, looks Looks) rounds {
	rs := rounds{loads: []*Load{nil}, more: func(done int) int { return done }}
	if len(loads) > 1 {
		rs.loads = rs.loads[:0]
		for i := range loads {
			rs.loads = append(rs.loads, &loads[i])
		}
	}
	for _, t := range targets {
		rs.targets = append(rs.targets, t.Name)
	}
	if sc.Compare != nil {
		rs.compare = *sc.Compare
	}
	rs.limit = roundLimit{most: sc.Compare.MostRounds(), budget: rs.compare.Budget}
	if rs.several = rs.limit.most > 1 || len(looks.At) > 1; rs.several && rs.compare.Seed == 0 {
		rs.compare.Seed = drawSeed()
	}
	return rs
}

// steps ends by the limit.
func (rs *rounds) steps(yield func(Step) bool) {
	began := time.Now()
	var longest time.Duration
	n, done := 0, 0
	for order := range rs.orders() {
		if done > 0 && done == rs.limit.most && rs.limit.room(time.Since(began), longest) {
			rs.limit.most = rs.more(done)
		}
		if !rs.limit.allowsAnother(done, time.Since(began), longest) {
			return
		}
		roundBegan := time.Now()
		for _, load := range rs.loads {
			for _, t := range order {
				n++
				if !rs.turn(Step{Target: rs.targets[t], Round: done + 1, Load: load, N: n}, yield) {
					return
				}
			}
		}
		took := time.Since(roundBegan)
		if done++; done == 1 {
			took += rs.compare.CoolDown // its first leg was spared one
		}
		longest = max(longest, took)
	}
}

// orders are the targets of each round, by their index. A single round has nothing to
// balance: it goes through them as the scenario has them.
func (rs *rounds) orders() iter.Seq[[]int] {
	if rs.several {
		return turns(len(rs.targets), rs.compare.Seed)
	}
	return func(yield func([]int) bool) {
		order := make([]int, len(rs.targets))
		for i := range order {
			order[i] = i
		}
		yield(order)
	}
}

// turn yields a step, with what comes before it.
func (rs *rounds) turn(s Step, yield func(Step) bool) bool {
	s.Rounds, s.Budget = rs.limit.most, rs.limit.budget
	switch {
	case s.Budget == 0:
		s.Of = s.Rounds * len(rs.loads) * len(rs.targets)
	case rs.compare.Rounds == 0:
		s.Rounds = 0
	}
	if s.N > 1 {
		s.CoolDown = rs.compare.CoolDown
	}
	if rs.compare.WarmUp > 0 {
		warmUp := s
		warmUp.WarmUp = rs.compare.WarmUp
		if s.CoolDown = 0; !yield(warmUp) {
			return false
		}
	}
	return yield(s)
}
