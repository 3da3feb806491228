package scenarios

import "fmt"

// numbers are the replicas of a target as written; those that are broken are left out.
func (t targetSpec) numbers() (numbers []int) {
	for _, n := range t.replicas.value {
		if n.ok() {
			numbers = append(numbers, n.value)
		}
	}
	return numbers
}

// names are those of the targets that a written one becomes; "" is one that is broken.
func (t targetSpec) names() []string {
	if !t.name.ok() || len(t.replicas.value) < 2 {
		return []string{t.name.value}
	}
	var names []string
	for _, n := range t.numbers() {
		names = append(names, sizeName(t.name.value, n))
	}
	return names
}

// targetNames are the names of all targets that there will be; "" is one that is broken.
func (s scenarioSpec) targetNames() (names []string) {
	for _, t := range s.targets.value {
		names = append(names, t.value.names()...)
	}
	return names
}

// sizeName is the target of so many replicas that one of several becomes.
func sizeName(target string, replicas int) string { return fmt.Sprintf("%s-%d", target, replicas) }

// sizes are the targets that one of several replicas becomes: one for each number. Any other is
// itself, with the number that it has.
func (b *builder) sizes(s scenarioSpec, w targetSpec, t Target) []Target {
	if len(w.replicas.value) < 2 {
		for _, n := range w.numbers() {
			t.Replicas = n
		}
		return []Target{t}
	}
	if !s.cluster.given() {
		b.fault(w.replicas.node, "are several, which need a cluster", "say under cluster which service is scaled")
	}
	var out []Target
	seen := map[int]bool{}
	for _, n := range w.replicas.value {
		switch {
		case !n.ok():
			continue
		case n.value == 0:
			b.fault(n.node, "must be at least 1 in a list: of 0 replicas nobody answers", "")
		case seen[n.value]:
			b.fault(n.node, fmt.Sprintf("is in the list already%s", n.node.got()), "compare.rounds measures each again")
		}
		seen[n.value] = true
		size := t
		size.Name, size.Of, size.Replicas = sizeName(t.Name, n.value), t.Name, n.value
		out = append(out, size)
	}
	return out
}
