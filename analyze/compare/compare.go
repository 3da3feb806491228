// Package compare holds a candidate against a baseline, two targets of one run or of two,
// metric by metric. Gates and trends stand on the same figures.
package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
)

// Margins within which two figures are the same.
const (
	sameRatio  = 1.05 // ratios between 1/1.05 and 1.05
	sameErrors = 0.01 // error rates within one point
)

// Pick is one target of one judged run. Label is what the user called the run.
type Pick struct {
	Run    *result.Analysis
	Target string
	Label  string
}

// Compare holds the candidate against the baseline, metric by metric. Two targets of
// one run, the same *Analysis, took turns: their rounds are pairs. Two runs did not,
// and what else differs between them is among the warnings. It is an error when a
// target is not in its run, or has no request that came to an end.
//
// An answer that would be another without the generator's own delays is none, and of a run
// that is INVALID there is none at all.
func Compare(baseline, candidate Pick) (*result.Comparison, error) {
	c, err := held(baseline, candidate)
	if err != nil {
		return nil, err
	}
	c.Verdict, c.Answer = answer(c)
	c.Words, c.Ratios, c.Next = summarySentence(c, baseline.Run, candidate.Run), ratios(c), next(c)
	byRequest(c, baseline, candidate)
	return c, nil
}

// held compares the figures as they are, and withdraws what the generator's own delays decide.
func held(baseline, candidate Pick) (*result.Comparison, error) {
	c, err := asMeasured(baseline, candidate)
	if err != nil {
		return nil, err
	}
	if b, k, delayed := Undelayed(baseline, candidate); delayed {
		undelayed, err := asMeasured(b, k)
		if err != nil {
			return nil, err
		}
		withdrawIfDelayed(c, undelayed)
	}
	return c, nil
}

// asMeasured compares the figures as they are.
func asMeasured(baseline, candidate Pick) (*result.Comparison, error) {
	m, err := meet(baseline, candidate)
	if err != nil {
		return nil, err
	}
	c := &result.Comparison{Baseline: baseline.Target, Candidate: candidate.Target, Load: candidate.Run.Run.Load.Name, Rounds: m.rounds()}
	if m.invalid() < 0 {
		c.Method = m.method()
	}
	if !m.paired {
		c.Runs = []result.Side{baseline.side(m.baseline), candidate.side(m.candidate)}
		c.Baseline, c.Candidate, c.Target = baseline.Label, candidate.Label, baseline.Target
		if candidate.Target != baseline.Target {
			c.Target = candidate.Target + " against " + baseline.Target
		}
		refusals, cautions := Differs(baseline, candidate)
		c.Warnings = slices.Concat(refusals, cautions)
	}
	c.Warnings = append(c.Warnings, m.warnings...)
	for _, of := range metric.All {
		if of.Compared && (!of.Ledger || m.ledger()) {
			c.Metrics = append(c.Metrics, m.told(of))
		}
	}
	c.Scaling = m.scaling(c)
	return c, nil
}

func (p Pick) side(legs []*result.Leg) result.Side {
	r := p.Run.Run
	return result.Side{Label: p.Label, Started: r.Started, Tool: r.Tool, Machine: r.Machine, Rounds: len(legs)}
}

// meeting is two sides with the legs that are held against each other; the i-th legs
// are a pair where paired.
type meeting struct {
	of                  [2]Pick // baseline, candidate
	baseline, candidate []*result.Leg
	paired              bool
	warnings            []string
	// unequal names a leg that did not come to its end and is compared all the same; "" for none.
	unequal string
}

// meet chooses the legs: those that came to their end, or all with answers where
// without these there would be nothing to compare.
func meet(baseline, candidate Pick) (*meeting, error) {
	m := &meeting{of: [2]Pick{baseline, candidate}, paired: baseline.Run == candidate.Run}
	for _, p := range m.of {
		if !slices.Contains(p.Run.Targets(), p.Target) {
			return nil, fmt.Errorf("no comparison: %s has no target %q: it has %s", p.Called(), p.Target, strings.Join(p.Run.Targets(), ", "))
		}
		if !slices.ContainsFunc(p.Run.LegsOf(p.Target, (*result.Leg).Answered), func(l *result.Leg) bool { return result.Ended(l.Outcomes) > 0 }) {
			return nil, fmt.Errorf("no comparison: %s has no request that came to an end", p.Target)
		}
	}
	if m.choose((*result.Leg).Sound); m.empty() {
		if m.choose((*result.Leg).Answered); m.empty() {
			return nil, fmt.Errorf("no comparison: %s and %s have no round in common", baseline.Target, candidate.Target)
		}
		for _, l := range slices.Concat(m.baseline, m.candidate) {
			if why := l.Fault(); why != "" && m.invalid() < 0 {
				m.unequal = cmp.Or(m.unequal, l.Label()+" "+why)
				m.warn("the comparison is not of equals: %s %s", l.Label(), why)
			}
		}
	}
	m.leftOut()
	return m, nil
}

// LeftOut says which legs of two picks are not compared, and why; nothing where they cannot
// be compared at all.
func LeftOut(baseline, candidate Pick) []string {
	m, err := meet(baseline, candidate)
	if err != nil {
		return nil
	}
	return m.warnings
}

// Called is the run in a message.
func (p Pick) Called() string {
	if p.Label == "" {
		return "the run"
	}
	return p.Label
}

func (m *meeting) choose(ok func(*result.Leg) bool) {
	m.baseline, m.candidate = m.of[0].Run.LegsOf(m.of[0].Target, ok), m.of[1].Run.LegsOf(m.of[1].Target, ok)
	if m.paired {
		b, c := m.baseline, m.candidate
		m.baseline, m.candidate = withRounds(b, c), withRounds(c, b)
	}
}

// withRounds are the legs whose round is among the others', one of each.
func withRounds(legs, others []*result.Leg) []*result.Leg {
	met := slices.DeleteFunc(slices.Clone(legs), func(l *result.Leg) bool {
		return !slices.ContainsFunc(others, func(o *result.Leg) bool { return o.Round == l.Round })
	})
	return slices.CompactFunc(met, func(a, b *result.Leg) bool { return a.Round == b.Round })
}

func (m *meeting) empty() bool { return len(m.baseline) == 0 || len(m.candidate) == 0 }

func (m *meeting) warn(format string, args ...any) {
	m.warnings = append(m.warnings, fmt.Sprintf(format, args...))
}

// leftOut says which legs are not compared, and why.
func (m *meeting) leftOut() {
	used, all := slices.Concat(m.baseline, m.candidate), func(*result.Leg) bool { return true }
	for i, p := range m.of {
		for _, l := range p.Run.LegsOf(p.Target, all) {
			if slices.Contains(used, l) {
				continue
			}
			name, why := p.Target, l.Fault()
			switch other := m.of[1-i]; {
			case !m.paired:
				name += " of " + p.Called()
			case why == "" && len(other.Run.LegsOf(other.Target, func(o *result.Leg) bool { return o.Round == l.Round })) == 0:
				name, why = other.Target, "has no leg in it"
			}
			// A leg without a fault is left out for its pair's, which is said there.
			if why != "" {
				m.warn("round %d is left out of the comparison: %s %s", l.Round, name, why)
			}
		}
	}
}

// samples are the legs as figures read them.
func (m *meeting) samples(side int) []*result.Pool {
	legs := m.baseline
	if side == 1 {
		legs = m.candidate
	}
	out := make([]*result.Pool, len(legs))
	for i, l := range legs {
		out[i] = alone(m.of[side].Run, l)
	}
	return out
}

// pooled is the side's legs taken together, nil where the run has no such pool.
func (m *meeting) pooled(side int) *result.Pool { return m.of[side].pool(len(m.baseline)) }
