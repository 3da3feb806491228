package analyze

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/stress-tool/stress/analyze/capacity"
	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// busyMachine is the share of a machine's processor time from which it is said to be at its limit.
const busyMachine = 0.9

// replicaCurves are those of the targets for which a service was scaled. The verdict of the run
// must stand by then.
func replicaCurves(a *result.Analysis, targets []runlog.Target) (curves []result.ReplicaCurve) {
	sizes := map[string][]runlog.Target{}
	for _, t := range targets {
		if t.Of != "" && slices.Contains(a.Targets(), t.Name) {
			sizes[t.Of] = append(sizes[t.Of], t)
		}
	}
	for _, t := range targets {
		if of := sizes[t.Of]; len(of) > 1 {
			slices.SortFunc(of, func(a, b runlog.Target) int { return cmp.Compare(a.Replicas, b.Replicas) })
			curves = append(curves, replicaCurve(a, t.Of, of))
			delete(sizes, t.Of)
		}
	}
	return curves
}

// replicaCurve is that of sizes of one target, by ascending number.
func replicaCurve(a *result.Analysis, name string, targets []runlog.Target) result.ReplicaCurve {
	c := result.ReplicaCurve{Target: name}
	smallest := compare.Pick{Run: a, Target: targets[0].Name}
	var points []capacity.Measured
	for i, t := range targets {
		p := compare.Pick{Run: a, Target: t.Name}
		size := result.ReplicaSize{Target: t.Name, Replicas: t.Replicas}
		size.Successes, size.Rounds = told(p, metric.Successes)
		size.P95, _ = told(p, metric.P95)
		if i > 0 {
			planned := false
			size.SpeedUp, planned = speedUp(smallest, p)
			c.Planned = c.Planned || planned
			size.Efficiency = over(size.SpeedUp, float64(t.Replicas)/float64(targets[0].Replicas))
		}
		c.Sizes = append(c.Sizes, size)
		for _, l := range compare.UsedLegs(p) {
			points = append(points, capacity.Measured{N: float64(t.Replicas), Throughput: l.SuccessRPS})
		}
	}
	dead := slices.IndexFunc(points, func(p capacity.Measured) bool { return !(p.Throughput > 0) })
	switch {
	case c.Planned || a.Verdict == result.Invalid:
	case dead >= 0: // how the others grow is not how the service does
		c.Refused = fmt.Sprintf("%s: a leg with %s had no success", name, words.Counted(int(points[dead].N), "replica"))
	default:
		growth, err := capacity.Growth(name, points, capacity.Question{})
		if c.Growth = growth; err != nil {
			c.Refused = err.Error()
		}
	}
	c.Words = curveWords(&c, a)
	c.Limits = limitsOf(a, c.Sizes[len(c.Sizes)-1])
	return c
}

// told is a figure of a target over its rounds; nil where no request came to an end, and of a time where
// none was answered.
func told(p compare.Pick, of metric.Metric) (*result.Estimate, int) {
	e, rounds := compare.Together(p, of)
	if rounds == 0 || e.N == 0 && of.Unit.Class() != metric.Rates {
		return nil, rounds
	}
	return &e, rounds
}

// speedUp is how many times the successes per second of the smallest number there are, as the
// comparison of the two says; nil where it does not.
func speedUp(smallest, p compare.Pick) (speed *result.Estimate, planned bool) {
	c, err := compare.Compare(smallest, p)
	if err != nil {
		return nil, false
	}
	m := c.Of(metric.Successes)
	if m.Code == result.CodeSetByPlan || !m.Ratio.Finite() {
		return nil, m.Code == result.CodeSetByPlan
	}
	return &result.Estimate{Value: float64(m.Ratio), Lo: m.Lo, Hi: m.Hi, Confidence: result.Confidence, N: m.BaselineN + m.CandidateN}, false
}

// over is an estimate divided by a number; nil of nil.
func over(e *result.Estimate, by float64) *result.Estimate {
	if e == nil {
		return nil
	}
	out := *e
	out.Value, out.Lo, out.Hi = e.Value/by, e.Lo/result.Bound(by), e.Hi/result.Bound(by)
	return &out
}

// curveWords say what the most replicas do, and what each number on the way.
func curveWords(c *result.ReplicaCurve, a *result.Analysis) string {
	first, last := c.Sizes[0], c.Sizes[len(c.Sizes)-1]
	switch {
	case a.Verdict == result.Invalid:
		return "what each replica adds is not told: the measurement is INVALID"
	case c.Planned:
		return fmt.Sprintf("the plan sets the rate, the same for %d as for %d replicas, so only their times differ: a closed load, or `stress capacity`, shows what each replica adds", first.Replicas, last.Replicas)
	case last.SpeedUp == nil:
		return fmt.Sprintf("what %d replicas add to %d cannot be told", last.Replicas, first.Replicas)
	}
	text := fmt.Sprintf("%s do %s times the successes per second of %d (%s): %s of linear scaling (%s)",
		words.Counted(last.Replicas, "replica"), words.Times(last.SpeedUp.Value), first.Replicas, result.Span(last.SpeedUp.Lo, last.SpeedUp.Hi, words.Times),
		words.Percent(last.Efficiency.Value), result.Span(last.Efficiency.Lo, last.Efficiency.Hi, words.Percent))
	var between []string
	for _, s := range c.Sizes[1 : len(c.Sizes)-1] {
		if s.Efficiency != nil {
			between = append(between, fmt.Sprintf("%d do %s", s.Replicas, words.Percent(s.Efficiency.Value)))
		}
	}
	if len(between) > 0 {
		text += "; " + words.List(between, mostInFigures)
	}
	return text
}

// limitsOf say what was at its limit with so many replicas, by what was measured beside the load.
func limitsOf(a *result.Analysis, size result.ReplicaSize) (limits []string) {
	legs := compare.UsedLegs(compare.Pick{Run: a, Target: size.Target})
	var busy, ours float64
	var failed, ended uint64
	known := 0
	for _, l := range legs {
		if l.Generator.Busy != nil {
			busy, ours, known = busy+*l.Generator.Busy, ours+max(0, l.Generator.CPU), known+1
		}
		failed, ended = failed+l.Outcomes.Failed(), ended+result.Ended(l.Outcomes)
	}
	if n := float64(known); known > 0 && busy/n >= busyMachine {
		limits = append(limits, fmt.Sprintf("with %s the processors of this machine were busy to %s, the generator's share %s: of a service on the same machine they are the limit",
			words.Counted(size.Replicas, "replica"), words.Percent(busy/n), words.Percent(ours/n)))
	}
	if failed > 0 && float64(failed) >= badShare*float64(ended) {
		limits = append(limits, fmt.Sprintf("with %s %s of %s failed: see the failures for what refused them",
			words.Counted(size.Replicas, "replica"), words.Number(failed), words.Counted(ended, "request")))
	}
	return limits
}
