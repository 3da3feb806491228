package scenarios

import "fmt"

// compare fills in which target is compared with which, and how often. A broken key leaves its
// zero value, and a fault.
func (b *builder) compare(s scenarioSpec) *Compare {
	if s.onlySearches() && !s.compare.given() {
		return nil
	}
	if !s.compare.given() {
		return b.unwrittenCompare(s.targets.value)
	}
	if !s.compare.ok() {
		return nil
	}
	out := b.writtenCompare(s)
	if out.Rounds == 0 && out.Budget == 0 {
		out.Rounds = b.rounds
	}
	return out
}

// unwrittenCompare is the comparison of a scenario without the key; nil where one round
// compares nothing.
func (b *builder) unwrittenCompare(targets []at[targetSpec]) *Compare {
	if len(targets) == 2 && targets[0].value.name.ok() && targets[1].value.name.ok() {
		out := &Compare{Baseline: targets[0].value.name.value, Candidate: targets[1].value.name.value, Rounds: b.rounds}
		b.note("no compare given: %s is held against %s, in %s", out.Candidate, out.Baseline, roundsInWords(out.MostRounds()))
		return out
	}
	if b.rounds > 0 {
		return &Compare{Rounds: b.rounds}
	}
	return nil
}

func roundsInWords(n int) string {
	if n == 1 {
		return "one round"
	}
	return fmt.Sprintf("%d rounds", n)
}

func (b *builder) writtenCompare(s scenarioSpec) *Compare {
	targets := s.targets.value
	c := s.compare.value
	out := &Compare{
		Rounds: c.rounds.value, Most: c.most.value, Seed: uint64(c.seed.value),
		CoolDown: c.coolDown.value, WarmUp: c.warmUp.value, Budget: c.budget.value,
	}
	if len(targets) == 1 && !c.baseline.given() && !c.candidate.given() {
		return out // its rounds are for a baseline of another run
	}
	out.Baseline = b.compared(s, c.baseline, "baseline", 0)
	out.Candidate = b.compared(s, c.candidate, "candidate", 1)
	if c.candidate.ok() && out.Baseline != "" && out.Baseline == out.Candidate {
		b.fault(c.candidate.node, "is the baseline too: a target cannot be held against itself", "")
	}
	return out
}

// compared is the name of one side; with exactly two targets it may be left out.
func (b *builder) compared(s scenarioSpec, side at[string], key string, index int) string {
	targets := s.targets.value
	switch {
	case side.ok():
		var known []string
		for _, t := range targets {
			if t.value.name.ok() && t.value.name.value == side.value {
				return side.value
			}
			if !t.value.name.ok() {
				return "" // it could be this one
			}
			known = append(known, plain(t.value.name))
		}
		b.fault(side.node, "must be the name of a target"+side.node.got(), suggestName(plain(side), known))
	case side.given(): // broken, reported
	case len(targets) == 2:
		return targets[index].value.name.value
	case s.targets.ok():
		hint := "name it: only with exactly two targets it can be left out"
		if len(targets) == 1 {
			hint = "with one target there is nothing to compare: leave out baseline and candidate both"
		}
		b.faults.add(s.compare.node.where(), "compare."+key, "is missing", hint)
	}
	return ""
}
