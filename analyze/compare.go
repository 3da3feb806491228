package analyze

import (
	"fmt"
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/runlog"
)

// The verdicts of [Metric].
const (
	better        = "better"
	worse         = "worse"
	same          = "same"
	cannotTell    = "inconclusive"
	lowerBetter   = "lower"
	higherBetter  = "higher"
	sameRatio     = 1.05 // ratios between 1/1.05 and 1.05 are the same
	sameErrors    = 0.01 // error rates within one point are the same
	setByPlan     = "set by the plan: starts do not wait for answers"
	method        = "Quantiles: MOVER on the logarithms of the two order-statistic intervals. Means and rates: delta method on batch means. Error rates: Newcombe's hybrid score interval. "
	methodOneRun  = "All at 95 %, with seconds as clusters. One round covers the noise from request to request within this run only, not how far a second run would differ."
	methodSeveral = "All at 95 %, with seconds as clusters, the rounds pooled. The noise from request to request is covered, how far another run would differ is not."
)

// side is one target's legs of a comparison, all rounds together.
type side struct {
	name       string
	records    []*runlog.Record
	times      measured
	tag        string
	outcomes   runlog.Outcomes
	durationS  float64
	n          uint64 // requests that ended
	lost       int64
	ledgerGap  bool
	reconciled uint64 // successes that the ledger speaks of
}

// compareTargets holds the candidate against the baseline; nil and a warning when
// one of them has no answers to compare.
func compareTargets(run *runlog.Run, legs []*judgedLeg, tag string) (*Comparison, []string, error) {
	if run.Compare == nil {
		return nil, nil, nil
	}
	base, err := newSide(run.Compare.Baseline, legs, tag)
	if err != nil {
		return nil, nil, err
	}
	cand, err := newSide(run.Compare.Candidate, legs, tag)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range []*side{base, cand} {
		if s.n == 0 {
			return nil, []string{fmt.Sprintf("no comparison: %s has no request that came to an end", s.name)}, nil
		}
	}
	c := &Comparison{Baseline: base.name, Candidate: cand.name, Rounds: min(len(base.records), len(cand.records)), Method: method + methodOneRun}
	if c.Rounds > 1 {
		c.Method = method + methodSeveral
	}
	for _, name := range []string{"p50", "p90", "p95", "p99"} {
		c.Metrics = append(c.Metrics, quantileMetric(name, base, cand))
	}
	c.Metrics = append(c.Metrics,
		meanMetric(base, cand),
		rateMetric("rate_rps", run.Load.Open, base, cand, func(s runlog.Second) uint64 { return ended(s.Outcomes) }),
		rateMetric("success_rps", run.Load.Open && base.allSucceeded() && cand.allSucceeded(), base, cand, func(s runlog.Second) uint64 { return s.Success }),
		errorMetric(base, cand))
	if run.Ledger != nil {
		c.Metrics = append(c.Metrics, lostMetric(base, cand))
	}
	c.Words = c.sentence(run.Load.Open)
	return c, differences(legs, base.name, cand.name), nil
}

func newSide(name string, legs []*judgedLeg, tag string) (*side, error) {
	s := &side{name: name, tag: tag}
	for _, l := range legs {
		if l.Target != name {
			continue
		}
		s.records, s.times = append(s.records, l.record), l.times
		s.outcomes.Merge(l.Outcomes)
		s.durationS += l.DurationS
		if r := l.Reconcile; r == nil || r.Verdict == notKnown {
			s.ledgerGap = true
		} else {
			s.lost += r.Lost
			s.reconciled += r.Successes
		}
	}
	s.n = ended(s.outcomes)
	if len(s.records) == 1 {
		return s, nil
	}
	var err error
	s.times, err = measure(s.records, nil)
	return s, err
}

func (s *side) allSucceeded() bool { return s.outcomes.Success == s.n }

func (e Estimate) interval() stats.Interval {
	return stats.Interval{Value: e.Value, Lo: float64(e.Lo), Hi: float64(e.Hi)}
}

func quantileMetric(name string, base, cand *side) Metric {
	b, c := base.times.percentile(base.tag, name), cand.times.percentile(cand.tag, name)
	m := Metric{Name: name + "_ms", Unit: "ms", Better: lowerBetter,
		Baseline: b.Value, Candidate: c.Value, BaselineN: b.N, CandidateN: c.N}
	m.setRatio(stats.Ratio(c.interval(), b.interval()))
	q, _ := quantileOf(name)
	if need := uint64(stats.MinSample(q, confidence)); m.Verdict == cannotTell && min(b.N, c.N) < need {
		m.Words = fmt.Sprintf("too few requests to tell: an interval of %s takes %s independent requests on each side, here are %s and %s",
			spoken(name), count(need), count(b.N), count(c.N))
	}
	return m
}

func meanMetric(base, cand *side) Metric {
	b, c := base.times.mean(base.tag), cand.times.mean(cand.tag)
	m := Metric{Name: "mean_ms", Unit: "ms", Better: lowerBetter,
		Baseline: finite(b.Value), Candidate: finite(c.Value),
		BaselineN: uint64(base.times.timing(base.tag).whole.N()), CandidateN: uint64(cand.times.timing(cand.tag).whole.N())}
	m.setRatio(c.Over(b, confidence))
	return m
}

func finite(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return x
}

// rateMetric compares events per second. Where the plan sets the rate there is
// nothing to estimate.
func rateMetric(name string, planned bool, base, cand *side, events func(runlog.Second) uint64) Metric {
	b, bRate := base.rate(events)
	c, cRate := cand.rate(events)
	m := Metric{Name: name, Unit: "/s", Better: higherBetter,
		Baseline: bRate, Candidate: cRate, BaselineN: base.n, CandidateN: cand.n}
	if !planned {
		m.setRatio(c.Over(b, confidence))
		return m
	}
	m.Ratio, m.Lo, m.Hi = Bound(cRate/bRate), Bound(math.NaN()), Bound(math.NaN())
	m.Verdict, m.Words = same, setByPlan
	if r := float64(m.Ratio); !(r >= 1/sameRatio && r <= sameRatio) {
		m.Verdict = cannotTell
		m.Words = setByPlan + fmt.Sprintf("; the last answers came after %s s from %s and after %s s from %s",
			significant(base.durationS, 3), base.name, significant(cand.durationS, 3), cand.name)
	}
	return m
}

// rate is the events per second of whole seconds with their error, and over the
// legs' whole duration.
func (s *side) rate(events func(runlog.Second) uint64) (stats.Mean, float64) {
	var c stats.Clusters
	var total float64
	for _, rec := range s.records {
		for _, sec := range rec.Seconds {
			n := float64(events(sec))
			total += n
			if whole := float64(sec.T+1) <= duration(rec); whole {
				c.Size, c.Sum = append(c.Size, 1), append(c.Sum, n)
			}
		}
	}
	value, se, df := c.Ratio()
	return stats.Mean{Value: value, SE: se, DF: df}, finite(total / s.durationS)
}

func errorMetric(base, cand *side) Metric {
	b, c := errorClusters(base.records), errorClusters(cand.records)
	d := stats.Difference(shareInterval(c), shareInterval(b))
	m := Metric{Name: "error_rate", Unit: "share", Better: lowerBetter, Difference: true,
		Baseline: shareEstimate(b).Value, Candidate: shareEstimate(c).Value, BaselineN: base.n, CandidateN: cand.n,
		Ratio: Bound(d.Value), Lo: Bound(d.Lo), Hi: Bound(d.Hi)}
	m.Verdict = decide(d, -sameErrors, sameErrors, 0, m.Better)
	shown := fmt.Sprintf("%s against %s", percent(m.Candidate), percent(m.Baseline))
	switch m.Verdict {
	case cannotTell:
		m.Words = fmt.Sprintf("too few requests to tell: %s and %s could show only a difference of %s",
			count(base.n), count(cand.n), points((d.Hi-d.Lo)/2))
	case same:
		m.Words = fmt.Sprintf("the same within a point: %s", shown)
	default:
		m.Words = fmt.Sprintf("%s: %s, a difference of %s to %s", m.Verdict, shown, points(d.Lo), points(d.Hi))
	}
	return m
}

// points writes a difference of shares.
func points(d float64) string { return significant(100*d, 2) + " points" }

// lostMetric compares counts of rows; the verdict is by their share of the
// successes, for the two sides may have had different numbers of them.
func lostMetric(base, cand *side) Metric {
	m := Metric{Name: "lost", Unit: "rows", Better: lowerBetter, Difference: true,
		BaselineN: base.reconciled, CandidateN: cand.reconciled,
		Ratio: Bound(math.NaN()), Lo: Bound(math.NaN()), Hi: Bound(math.NaN()), Verdict: cannotTell}
	if base.ledgerGap || cand.ledgerGap {
		m.Words = "the ledger is not complete"
		return m
	}
	m.Baseline, m.Candidate = float64(base.lost), float64(cand.lost)
	m.Ratio = Bound(m.Candidate - m.Baseline)
	b := stats.Wilson(m.Baseline, float64(base.reconciled), confidence)
	c := stats.Wilson(m.Candidate, float64(cand.reconciled), confidence)
	switch {
	case base.reconciled == 0 || cand.reconciled == 0:
		m.Words = "no answer claimed a write"
	case base.lost == 0 && cand.lost == 0:
		m.Verdict, m.Words = same, "no answer lost its row on either"
	default:
		m.Verdict = decide(stats.Difference(c, b), -sameErrors, sameErrors, 0, m.Better)
		m.Words = fmt.Sprintf("%s of the successful answers of %s lost their row, %s of those of %s",
			percent(c.Value), cand.name, percent(b.Value), base.name)
	}
	return m
}

// setRatio takes a ratio's interval and gives verdict and words.
func (m *Metric) setRatio(r stats.Interval) {
	m.Ratio, m.Lo, m.Hi = Bound(r.Value), Bound(r.Lo), Bound(r.Hi)
	m.Verdict = decide(r, 1/sameRatio, sameRatio, 1, m.Better)
	shown := fmt.Sprintf("%s times (%s)", times(r.Value), span(m.Lo, m.Hi, times))
	switch {
	case math.IsNaN(r.Value):
		m.Words = "nothing to compare: a side has no figure above zero"
	case m.Verdict != cannotTell:
		m.Words = m.Verdict + ": " + shown
	case r.Lo > 0 && m.Hi.Finite():
		m.Words = fmt.Sprintf("too few requests to tell: %s and %s could show only a factor of %s",
			count(m.BaselineN), count(m.CandidateN), times(math.Sqrt(r.Hi/r.Lo)))
	default:
		m.Words = fmt.Sprintf("too few requests to tell: %s and %s leave the ratio open, for requests close in time resemble each other", count(m.BaselineN), count(m.CandidateN))
	}
}

// decide reads a verdict off an interval: same when all of it lies within the
// margin, better or worse when it lies on one side of none, the point that means
// no difference.
func decide(iv stats.Interval, lo, hi, none float64, betterIs string) string {
	up, down := better, worse
	if betterIs == lowerBetter {
		up, down = worse, better
	}
	switch {
	case iv.Lo >= lo && iv.Hi <= hi:
		return same
	case iv.Lo > none:
		return up
	case iv.Hi < none:
		return down
	}
	return cannotTell
}

// metric is the metric of a name; the zero Metric when it is not there.
func (c *Comparison) metric(name string) Metric {
	if i := slices.IndexFunc(c.Metrics, func(m Metric) bool { return m.Name == name }); i >= 0 {
		return c.Metrics[i]
	}
	return Metric{}
}

// sentence says the comparison in one sentence: the rate where the target sets
// it, and the time, p95 if the sample bounds it and the median if not.
func (c *Comparison) sentence(open bool) string {
	name, m := "p95", c.metric("p95_ms")
	if m.Verdict == cannotTell && (m.Lo <= 0 || !m.Hi.Finite()) {
		name, m = "median", c.metric("p50_ms")
	}
	if open {
		return "Under the same planned load, " + c.latency(name, m, c.Candidate+"'s") + "."
	}
	latency := c.latency(name, m, "its")
	rate := c.metric("rate_rps")
	if rate.Verdict == cannotTell {
		return sentence(fmt.Sprintf("%s and %s cannot be told apart in requests per second (%s), and %s", c.Candidate, c.Baseline, rate.Words, latency))
	}
	return sentence(fmt.Sprintf("%s answered %s times as many requests per second as %s (%s), and %s",
		c.Candidate, times(float64(rate.Ratio)), c.Baseline, span(rate.Lo, rate.Hi, times), latency))
}

// latency is the part of a sentence about a time; whose is the candidate in the
// genitive.
func (c *Comparison) latency(name string, m Metric, whose string) string {
	ratio := fmt.Sprintf("%s times that of %s (%s)", times(float64(m.Ratio)), c.Baseline, span(m.Lo, m.Hi, times))
	switch m.Verdict {
	case cannotTell:
		return fmt.Sprintf("no difference in %s between %s and %s can be told (%s)", name, c.Candidate, c.Baseline, m.Words)
	case same:
		return fmt.Sprintf("%s %s was the same within 5 %%: %s", whose, name, ratio)
	}
	return fmt.Sprintf("%s %s was %s", whose, name, ratio)
}

// differences warn of legs that differ in more than the target.
func differences(legs []*judgedLeg, base, cand string) []string {
	var out []string
	ended := map[string]int{}
	for _, l := range legs {
		if l.Target != base && l.Target != cand {
			continue
		}
		ended[l.Target]++
		if !l.Complete || l.Stopped != "" {
			out = append(out, fmt.Sprintf("the comparison is not of equals: %s did not come to its end", l.label()))
		}
	}
	if ended[base] != ended[cand] {
		out = append(out, fmt.Sprintf("the comparison is not of equals: %s of %s, %s of %s",
			counted(ended[base], "leg"), base, counted(ended[cand], "leg"), cand))
	}
	return out
}
