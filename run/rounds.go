package run

import (
	"fmt"
	"iter"
	"time"

	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/scenarios"
)

// rounds are steps that go through targets round after round.
type rounds struct {
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
func newRounds(sc *scenarios.Scenario, targets []scenarios.Target, looks Looks) rounds {
	rs := rounds{more: func(done int) int { return done }}
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

// RoundTime is how long a round of a scenario takes by its plan: a leg of each of the
// targets named, empty for all, with its warm-up and its pause.
func RoundTime(sc *scenarios.Scenario, targets []string) (time.Duration, error) {
	p, err := plan.New(sc.Load.Load)
	if err != nil {
		return 0, fmt.Errorf("load: %w", err)
	}
	chosen, err := choose(sc.Targets, targets)
	if err != nil {
		return 0, err
	}
	leg := p.Duration()
	if sc.Compare != nil {
		leg += sc.Compare.WarmUp + sc.Compare.CoolDown
	}
	return time.Duration(len(chosen)) * leg, nil
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
		for _, t := range order {
			n++
			if !rs.turn(Step{Target: rs.targets[t], Round: done + 1, N: n}, yield) {
				return
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
		s.Of = s.Rounds * len(rs.targets)
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
