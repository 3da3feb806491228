// Package gate holds a judged run to limits, by themselves or against a baseline, and
// identical targets against each other: what these differ by is the noise of the machine.
package gate

import (
	"errors"
	"fmt"
	"slices"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// ErrNoLimits says that a gate was asked nothing.
var ErrNoLimits = errors.New("no gate limits: nothing is asked of the run")

// void takes the verdict back, and what a check that is held against another says of the two:
// the measurement is invalid.
func void(c *result.Check) {
	c.Verdict, c.Code, c.P, c.Words = result.Invalid, result.NotJudged.Code, result.NoBound, result.NotJudged.Words
	if c.Against != "" {
		c.Metric.Ratio, c.Metric.Lo, c.Metric.Hi = result.NoBound, result.NoBound, result.NoBound
	}
}

// Judgement is a gate that was judged, and at which look.
type Judgement struct {
	*result.Gate
	look       look
	thresholds int // how many of the checks, the first, are the run's own thresholds
}

// gating is a gate being judged.
type gating struct {
	candidate, baseline *result.Analysis // baseline nil: none but the run's own, if it has one
	label, against      string
	limits              []runlog.Limit
	noise               *result.Noise
	look                look
	warnings            []string
	alone               requests
}

// Judge holds a run to limits: every target of it, tolerances against the same
// target of the baseline. Without a baseline run they are held against the run's own
// baseline target, where compare names one, and then only the candidate is judged;
// without either they are INCONCLUSIVE, and bounds are judged alone. The labels are
// what the user called the runs.
//
// A run that was measured with several looks is judged at the one that it came to: see
// [runlog.Compare.Looks].
//
// noise is what identical targets showed on this machine, nil if it was not measured:
// a tolerance below it is refused.
//
// Errors are the user's to mend: [ErrNoLimits], or a [*RefusedError].
func Judge(candidate *result.Analysis, label string, baseline *result.Analysis, baselineLabel string, limits []runlog.Limit, noise *result.Noise) (*Judgement, error) {
	if len(limits) == 0 {
		return nil, ErrNoLimits
	}
	g := &gating{candidate: candidate, baseline: baseline, label: label, against: baselineLabel, limits: limits, noise: noise, alone: requests{}, look: lookAt(looks(candidate), goodRounds(candidate))}
	asked := g.demands()
	if err := g.comparable(asked); err != nil {
		return nil, err
	}
	if err := g.fineEnough(); err != nil {
		return nil, err
	}
	out := &result.Gate{Schema: result.GateSchema, Name: candidate.Name, Run: candidate, Candidate: side(candidate, label), Baseline: g.held(), Look: g.look.result(), Method: g.method(asked)}
	var thresholds []result.Check
	for _, part := range candidate.Parts() {
		thresholds = append(thresholds, thresholdChecks(part)...)
	}
	checks := g.checks(asked)
	g.withdrawIfDelayed(checks)
	out.Checks = slices.Concat(thresholds, checks)
	out.Warnings = g.warnings
	conclude(out)
	return &Judgement{Gate: out, look: g.look, thresholds: len(thresholds)}, nil
}

// demands are all that the limits ask, load by load.
func (g *gating) demands() []demand {
	var asked []demand
	for _, part := range g.candidate.Parts() {
		asked = append(asked, demands(g.limits, part, gated(part, g.own()), g.alone.of)...)
	}
	return asked
}

// looks are the numbers of rounds of a run's looks; none for a run of one.
func looks(a *result.Analysis) []int {
	if a.Run.Turns == nil {
		return nil
	}
	return a.Run.Turns.Looks
}

// own reports that the candidate is held against a target of its own run.
func (g *gating) own() bool { return g.baseline == nil && g.candidate.OwnBaseline() }

// fineEnough refuses tolerances below the noise.
func (g *gating) fineEnough() error {
	base := g.held()
	if g.noise == nil || base == nil {
		return nil
	}
	rounds := max(side(g.candidate, "").Rounds, g.look.most) // it may still go on
	if !g.own() {
		rounds = min(rounds, base.Rounds)
	}
	for _, part := range g.candidate.Parts() {
		targets := gated(part, false)
		if g.own() {
			targets = []string{part.Run.Turns.Baseline, part.Run.Turns.Candidate}
		}
		if err := Refuse(g.noise, g.limits, part.Run.Load.Name, targets, rounds); err != nil {
			return err
		}
	}
	return nil
}

// held is the side that tolerances are held against, nil without one.
func (g *gating) held() *result.Side {
	var s result.Side
	switch {
	case g.own():
		s = side(g.candidate, g.candidate.Run.Turns.Baseline)
	case g.baseline != nil:
		s = side(g.baseline, g.against)
	default:
		return nil
	}
	return &s
}

// side describes one run of a gate.
func side(a *result.Analysis, label string) result.Side {
	return result.Side{Label: label, Started: a.Run.Started, Tool: a.Run.Tool, Machine: a.Run.Machine, Rounds: goodRounds(a)}
}

// goodRounds is how many rounds the generator did not limit.
func goodRounds(a *result.Analysis) int { return a.LastRound() - len(a.LimitedRounds()) }

// comparable refuses a baseline that differs in more than what is compared, and warns
// of what else is not the same and of rounds that are left out.
func (g *gating) comparable(asked []demand) error {
	var refused []string
	for i, d := range asked {
		if i > 0 && d.sameTarget(asked[i-1]) {
			continue
		}
		base, missing := g.opponent(d)
		if missing.Code != "" {
			continue
		}
		cand := compare.Pick{Run: d.whole, Target: d.target, Label: g.label}
		refusals, cautions := compare.Differs(base, cand)
		refused, g.warnings = compare.AppendNew(refused, refusals...), compare.AppendNew(g.warnings, cautions...)
		g.warnings = compare.AppendNew(g.warnings, compare.LeftOut(base, cand)...)
	}
	if len(refused) > 0 {
		return &compare.RefusedError{Reasons: refused}
	}
	return nil
}

// opponent is what a target is held against with all its requests, or what is missing.
func (g *gating) opponent(d demand) (p compare.Pick, missing result.Gap) {
	b, target := g.baseline, d.target
	switch {
	case g.own():
		return compare.Pick{Run: d.whole, Target: d.whole.Run.Turns.Baseline, Label: g.label}, result.Gap{}
	case b == nil:
		return compare.Pick{Label: "a baseline"}, noBaseline("no baseline: hold the run against one that was kept, or name a target of the scenario with compare.baseline")
	}
	p = compare.Pick{Run: b, Target: target, Label: g.against}
	if b = underLoad(b, g.candidate, d.whole); b == nil {
		return p, noBaseline("%s has no load %s", g.against, d.run.Run.Load.Name)
	}
	p.Run = b
	switch {
	case b.Run.Partial:
		return p, noBaseline("nothing can be held against %s, which did not come to its end: measure it again", g.against)
	case b.Verdict == result.Invalid:
		return p, noBaseline("nothing can be held against %s, whose measurement is INVALID: measure it again", g.against)
	case !slices.Contains(b.Targets(), target):
		return p, noBaseline("%s has no target %s: it has %s", g.against, target, words.List(b.Targets(), 5))
	}
	return p, result.Gap{}
}

// underLoad is the baseline under the load of a part of the candidate; nil where it has none.
func underLoad(baseline, candidate, part *result.Analysis) *result.Analysis {
	for _, same := range result.SameLoads(baseline, candidate) {
		if same[1] == part {
			return same[0]
		}
	}
	return nil
}

func noBaseline(format string, args ...any) result.Gap {
	return result.Gap{Code: result.CodeNoBaseline, Words: fmt.Sprintf(format, args...)}
}

// checks judges every demand. Tolerances are tested together: the more there are, the
// more likely one of them is beyond its margin by chance, and Holm's correction takes
// that into account.
func (g *gating) checks(asked []demand) []result.Check {
	var tests []*tolerance
	checks := make([]*result.Check, len(asked))
	for i, d := range asked {
		var t *tolerance
		if d.missing.Code != "" {
			checks[i] = d.check()
			checks[i].Code, checks[i].Words = d.missing.Code, "the run "+d.missing.Words
		} else if d.kind != notWorse {
			checks[i] = g.bound(d)
		} else if checks[i], t = g.tolerance(d); t != nil {
			tests = append(tests, t)
		}
	}
	for i, p := range stats.Holm(raw(tests)) {
		tests[i].settle(p, len(tests))
		if few := tests[i].fewForChecks(len(tests)); few != "" && g.look.next == 0 {
			g.warnings = compare.AppendNew(g.warnings, "none of the tolerances can fail by itself: "+few)
		}
	}
	out := make([]result.Check, len(checks))
	for i, c := range checks {
		if asked[i].run.Verdict == result.Invalid {
			void(c)
		}
		out[i] = *c
	}
	return out
}

func (g *gating) tolerance(d demand) (*result.Check, *tolerance) {
	cand := compare.Pick{Run: d.run, Target: d.target, Label: g.label}
	base, missing := g.opponent(d)
	if missing.Code == "" && d.limit.Request != "" {
		var of *result.Analysis
		if of, missing = g.alone.of(base.Run, d.limit.Request); of == nil {
			missing = noBaseline("%s %s: measure it again", base.Called(), missing.Words)
		}
		base.Run = of
	}
	if missing.Code == "" {
		return hold(d, base, cand, g.look)
	}
	c := d.check()
	c.Against, c.Code, c.Words = base.Label, missing.Code, missing.Words
	return c, nil
}

// raw are the p before the correction.
func raw(tests []*tolerance) []float64 {
	out := make([]float64, len(tests))
	for i, t := range tests {
		out[i] = t.p
	}
	return out
}
