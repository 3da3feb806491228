package compare

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/result"
)

// Pair is two targets, of one run or of two, that are held against each other.
type Pair struct{ Baseline, Candidate Pick }

// Why targets make no pairs.
var (
	// ErrOneTarget says that a run has nothing to hold its only target against.
	ErrOneTarget = errors.New("the run has one target only")
	// ErrWhichTargets says that a run has several targets, and that nobody says which.
	ErrWhichTargets = errors.New("the run has the targets")
	// ErrSameTarget says that both sides are the same.
	ErrSameTarget = errors.New("baseline and candidate are both")
	// ErrNoneShared says that no target of one run is one of the other.
	ErrNoneShared = errors.New("the runs share no target")
)

// PairsWithin are two targets of one run, under each of its loads: those that are named, or else
// those that its scenario compares, or else the only two. "" is a side that is not named. The
// error wraps [ErrOneTarget], [ErrWhichTargets] or [ErrSameTarget].
func PairsWithin(run Pick, baseline, candidate string) ([]Pair, error) {
	var pairs []Pair
	for _, part := range run.Run.Parts() {
		run.Run = part
		p, err := pairWithin(run, baseline, candidate)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, p)
	}
	return pairs, nil
}

// pairWithin are two targets of a run of one load.
func pairWithin(run Pick, baseline, candidate string) (Pair, error) {
	names, own := run.Run.Targets(), [2]string{}
	if t := run.Run.Run.Turns; t != nil && t.Baseline != "" && t.Candidate != "" {
		own = [2]string{t.Baseline, t.Candidate}
	} else if len(names) == 2 {
		own = [2]string(names)
	}
	p := Pair{run, run}
	p.Baseline.Target, p.Candidate.Target = own[0], own[1]
	if baseline != "" {
		p.Baseline.Target = baseline
	}
	if candidate != "" {
		p.Candidate.Target = candidate
	}
	switch {
	case len(names) < 2:
		return Pair{}, ErrOneTarget
	case p.Baseline.Target == "" || p.Candidate.Target == "":
		return Pair{}, fmt.Errorf("%w %s", ErrWhichTargets, strings.Join(names, ", "))
	case p.Baseline.Target == p.Candidate.Target:
		return Pair{}, fmt.Errorf("%w %s", ErrSameTarget, p.Baseline.Target)
	}
	return p, nil
}

// PairsAcross are targets of two runs, each held against the one of the same name under the same
// load: those that are named, or else all that both have. The error wraps [ErrNoneShared].
func PairsAcross(baseline, candidate Pick, names []string) ([]Pair, error) {
	loads, err := Across(baseline, candidate)
	if err != nil {
		return nil, err
	}
	var pairs []Pair
	for _, load := range loads {
		under, err := pairsAcross(load.Baseline, load.Candidate, names)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, under...)
	}
	return pairs, nil
}

func loadList(p Pick) string {
	var names []string
	for _, part := range p.Run.Parts() {
		names = append(names, cmp.Or(part.Run.Load.Name, "one without a name"))
	}
	return strings.Join(names, ", ")
}

// Across are two targets of two runs, under each load that both have. The error wraps
// [ErrNoneShared].
func Across(baseline, candidate Pick) ([]Pair, error) {
	var pairs []Pair
	for _, same := range result.SameLoads(baseline.Run, candidate.Run) {
		baseline.Run, candidate.Run = same[0], same[1]
		pairs = append(pairs, Pair{baseline, candidate})
	}
	if len(pairs) == 0 {
		return nil, fmt.Errorf("%w under the same load: %s has %s, %s has %s", ErrNoneShared, baseline.Label, loadList(baseline), candidate.Label, loadList(candidate))
	}
	return pairs, nil
}

// pairsAcross are targets of two runs of one load.
func pairsAcross(baseline, candidate Pick, names []string) ([]Pair, error) {
	theirs := candidate.Run.Targets()
	if len(names) == 0 {
		names = slices.DeleteFunc(baseline.Run.Targets(), func(name string) bool { return !slices.Contains(theirs, name) })
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%w: %s has %s, %s has %s", ErrNoneShared, baseline.Label, targetList(baseline), candidate.Label, targetList(candidate))
	}
	var pairs []Pair
	for _, name := range names {
		baseline.Target, candidate.Target = name, name
		pairs = append(pairs, Pair{baseline, candidate})
	}
	return pairs, nil
}

func targetList(p Pick) string {
	if names := p.Run.Targets(); len(names) > 0 {
		return strings.Join(names, ", ")
	}
	return "none"
}

// All holds the candidate of each pair against its baseline. Pairs of two runs that
// differ in more than what is compared are refused with a [*RefusedError], unless they are
// to be compared anyway.
func All(pairs []Pair, anyway bool) ([]*result.Comparison, error) {
	var out []*result.Comparison
	var refused []string
	for _, p := range pairs {
		if p.Baseline.Run != p.Candidate.Run {
			refusals, _ := Differs(p.Baseline, p.Candidate)
			refused = AppendNew(refused, refusals...)
		}
		c, err := Compare(p.Baseline, p.Candidate)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	if len(refused) > 0 && !anyway {
		return nil, &RefusedError{refused}
	}
	return out, nil
}

// RefusedError says why a gate cannot be judged as it was asked, and what to change.
type RefusedError struct{ Reasons []string }

func (e *RefusedError) Error() string { return strings.Join(e.Reasons, "; ") }

func AppendNew(out []string, more ...string) []string {
	for _, s := range more {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
