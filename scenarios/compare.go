package scenarios

import (
	"fmt"
	"slices"
)

// compare fills in which target is compared with which, and how often. A broken key leaves its
// zero value, and a fault.
func (b *builder) compare(s scenarioSpec) *Compare {
	if s.onlySearches() && !s.compare.given() {
		return nil
	}
	if !s.compare.given() {
		return b.unwrittenCompare(s)
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
func (b *builder) unwrittenCompare(s scenarioSpec) *Compare {
	if sides := s.usualSides(); len(sides) == 2 && !slices.Contains(sides, "") {
		out := &Compare{Baseline: sides[0], Candidate: sides[1], Rounds: b.rounds}
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
	c := s.compare.value
	out := &Compare{
		Rounds: c.rounds.value, Most: c.most.value, Seed: uint64(c.seed.value),
		CoolDown: c.coolDown.value, WarmUp: c.warmUp.value, Budget: c.budget.value,
	}
	if len(s.targetNames()) == 1 && !c.baseline.given() && !c.candidate.given() {
		return out // its rounds are for a baseline of another run
	}
	out.Baseline = b.compared(s, c.baseline, "baseline", 0)
	out.Candidate = b.compared(s, c.candidate, "candidate", 1)
	if c.candidate.ok() && out.Baseline != "" && out.Baseline == out.Candidate {
		b.fault(c.candidate.node, "is the baseline too: a target cannot be held against itself", "")
	}
	return out
}

// usualSides are the targets that are held against each other where nothing is said: the only two, or
// the fewest and the most replicas of the only one that has several. Without such there is none.
func (s scenarioSpec) usualSides() []string {
	if targets := s.targets.value; len(targets) == 1 && len(targets[0].value.numbers()) > 1 {
		name, numbers := targets[0].value.name, targets[0].value.numbers()
		if !name.ok() {
			return []string{"", ""}
		}
		return []string{sizeName(name.value, slices.Min(numbers)), sizeName(name.value, slices.Max(numbers))}
	}
	if names := s.targetNames(); len(names) == 2 {
		return names
	}
	return nil
}

// compared is the name of one side; where there are usual sides it may be left out.
func (b *builder) compared(s scenarioSpec, side at[string], key string, index int) string {
	names, usual := s.targetNames(), s.usualSides()
	switch {
	case side.ok():
		if slices.Contains(names, side.value) {
			return side.value
		}
		if slices.Contains(names, "") {
			return "" // it could be the one that is broken
		}
		b.fault(side.node, "must be the name of a target"+side.node.got(), suggestName(plain(side), names))
	case side.given(): // broken, reported
	case usual != nil:
		return usual[index]
	case s.targets.ok():
		hint := "name it: only with exactly two targets it can be left out"
		if len(names) == 1 {
			hint = "with one target there is nothing to compare: leave out baseline and candidate both"
		}
		b.faults.add(s.compare.node.where(), "compare."+key, "is missing", hint)
	}
	return ""
}
