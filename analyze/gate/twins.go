package gate

import (
	"errors"
	"fmt"
	"math"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// Twins are two sides of an A/A measurement that are the same target: two targets of
// one run, or the same target of two runs.
type Twins struct{ A, B compare.Pick }

// relative are what a gate may hold against a baseline: rows are counted, whatever the
// baseline's were.
var relative = metric.Where(func(m metric.Metric) bool { return m.Kept && !m.Worst && m.Unit.Class() != metric.Counts })

// The methods of an A/A measurement, after the others.
const methodTwins = "All at 95 %; identical targets differ if p ≤ 0.05 after Holm's correction over all metrics. The noise is the larger of what was seen between them and of what these rounds would show 8 times out of 10."

// JudgeTwins holds identical targets against each other, in every metric that a gate
// may hold against a baseline and of which the rounds have enough. Its checks ask
// whether they are the same: the gate PASSes when none differs, after Holm's
// correction, and FAILs when one does, for then this machine, or what changed between
// the runs, makes differences that a gate would blame on a candidate. The noise lacks
// its keys; it is nil where nothing could be tested, or a run was INVALID or did not
// come to its end.
func JudgeTwins(twins []Twins) (*result.Gate, *result.Noise, error) {
	if len(twins) == 0 {
		return nil, nil, errors.New("an A/A measurement takes a target")
	}
	a, b := twins[0].A, twins[0].B
	baseline := side(a.Run, a.Label)
	out := &result.Gate{Schema: result.GateSchema, Name: b.Run.Name, Run: b.Run, Candidate: side(b.Run, b.Label), Baseline: &baseline, Method: methodFigures + methodRatio(a.Run == b.Run) + methodErrors + methodTwins}
	own := result.Worst(ownFindings(b.Run))
	for _, t := range twins {
		for _, run := range []*result.Analysis{t.A.Run, t.B.Run} {
			if other := result.Worst(ownFindings(run)); other.Severity() > own.Severity() {
				own, out.Run = other, run
			}
		}
	}
	checks, tests := testTwins(twins)
	noise := &result.Noise{Measured: b.Run.Run.Started, Paired: a.Run == b.Run}
	for i, p := range stats.Holm(raw(tests)) {
		tests[i].settleTwins(p)
		noise.Rounds = tests[i].rounds
		noise.Floors = append(noise.Floors, tests[i].floor())
	}
	for _, c := range checks {
		if own == result.Invalid {
			void(c)
		}
		out.Checks = append(out.Checks, *c)
	}
	conclude(out)
	if own != result.Pass || len(tests) == 0 {
		return out, nil, nil
	}
	if out.Verdict == result.Pass {
		out.Findings = []result.Finding{result.Found(result.Pass, result.CodeChecksHold, "Identical targets do not differ by more than chance; the noise is %s", inWords(noise))}
		out.Headline = headline(out)
	}
	return out, noise, nil
}

// inWords is the noise by metric, of the noisiest target.
func inWords(n *result.Noise) string {
	var out []string
	for _, of := range relative {
		least, d := 0., demand{of: of}
		found := false
		for _, f := range n.Floors {
			if f.Metric == of.Name && f.Request == "" {
				least, found = max(least, leastTolerance(f, 1)), true
			}
		}
		if found {
			out = append(out, of.Label+" "+d.writeAllowed(least))
		}
	}
	return words.List(out, len(out))
}

// testTwins prepares the tests. What cannot be tested is a check only where nothing
// can: that a percentile takes more requests than there are says nothing of noise.
func testTwins(twins []Twins) (checks []*result.Check, tests []*tolerance) {
	var untested []*result.Check
	alone, none := requests{}, 0.
	for _, t := range twins {
		for _, limit := range twinLimits(t.B.Run) {
			limit.And = &none
			a, b := t.A, t.B
			if limit.Request != "" {
				a.Run, _ = alone.of(a.Run, limit.Request)
				b.Run, _ = alone.of(b.Run, limit.Request)
			}
			if a.Run == nil || b.Run == nil {
				continue
			}
			d := demand{limit: limit, of: metric.Of(limit.Metric), run: b.Run, target: t.A.Target}
			c, test := hold(d, a, b, onlyLook)
			c.Limit, c.Target = d.called()+" the same on identical targets", t.B.Target
			if test == nil || test.oneSided() {
				untested = append(untested, c)
				continue
			}
			checks, tests = append(checks, c), append(tests, test)
		}
	}
	if len(tests) == 0 {
		checks = untested
	}
	return checks, tests
}

// twinLimits name what identical targets are held against each other in: what a gate may hold against a
// baseline, of all requests, and of single ones what the run's own gate does.
func twinLimits(run *result.Analysis) []runlog.Limit {
	var out []runlog.Limit
	for _, of := range relative {
		out = append(out, runlog.Limit{Metric: of.Name})
	}
	for _, l := range run.Run.Gate {
		if l.Request != "" && (l.WorseBy != nil || l.And != nil) {
			out = append(out, runlog.Limit{Metric: l.Metric, Request: l.Request})
		}
	}
	return out
}

// floor is the noise that the test shows.
func (t *tolerance) floor() result.Floor {
	f := result.Floor{Load: t.check.Load, Target: t.demand.target, Metric: t.demand.limit.Metric, Request: t.demand.limit.Request, Figure: t.check.Metric.Baseline}
	if t.demand.difference() {
		// The ends are so many standard errors away; power asks for as many more.
		z := stats.Z(result.Confidence)
		f.Observed = math.Abs(t.interval.Value)
		f.Detectable = (t.interval.Hi - t.interval.Lo) / 2 * (z + stats.Z(2*result.Power-1)) / z
		return f
	}
	f.Observed = math.Exp(math.Abs(math.Log(t.interval.Value))) - 1
	f.Detectable = max(0, t.check.Metric.Detectable-1)
	return f
}

// settleTwins gives the verdict on identical targets.
func (t *tolerance) settleTwins(p float64) {
	c := t.check
	c.P, c.Verdict, c.Code = result.Bound(p), result.Pass, ""
	c.Words = fmt.Sprintf("%s, noise of %s", t.shown(), t.demand.writeAllowed(leastTolerance(t.floor(), 1)))
	if p <= significance {
		c.Verdict, c.Code = result.Fail, result.CodeTargetsDiffer
		c.Words = fmt.Sprintf("%s between identical targets, more than chance (p = %s after Holm): something other than the target changed", t.shown(), words.Significant(p, 2))
	}
}
