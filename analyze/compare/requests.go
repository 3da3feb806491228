package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/internal/words"
)

// significance is the p up to which a request is said to have changed.
const significance = 1 - result.Confidence

// share is the row of a request's share of a mix.
var share = metric.Metric{Name: "share", Key: "share", Label: "share", Title: "share of the requests", Phrase: "share of the requests", Unit: metric.Share}

// requestTest is one of the two tests of a request.
type requestTest struct {
	of     *result.RequestComparison
	metric metric.Metric
	p      float64
	rounds int // behind a test by ranks; 0 for any other
	paired bool
}

// byRequest holds each request of a pass against its own, where both sides have it and one of them has
// several. Many requests are many chances of a difference that is none: of each its time and its
// error rate are tested, and Holm's correction goes over all these tests.
func byRequest(c *result.Comparison, baseline, candidate Pick) {
	if len(baseline.Run.Several()) == 0 && len(candidate.Run.Several()) == 0 {
		return
	}
	var tests []requestTest
	for _, name := range baseline.Run.Run.Requests {
		if slices.Contains(candidate.Run.Run.Requests, name) {
			c.Requests = append(c.Requests, result.RequestComparison{Name: name, TimeP: result.NoBound, ErrorsP: result.NoBound})
		}
	}
	for i := range c.Requests {
		tests = append(tests, compareRequest(&c.Requests[i], baseline, candidate)...)
	}
	p := make([]float64, len(tests))
	for i, t := range tests {
		p[i] = t.p
	}
	for i, corrected := range stats.Holm(p) {
		tests[i].settle(corrected, len(tests))
	}
	for i := range c.Requests {
		conclude(&c.Requests[i])
	}
	slices.SortStableFunc(c.Requests, func(a, b result.RequestComparison) int {
		return cmp.Or(cmp.Compare(rank(a.Verdict), rank(b.Verdict)), cmp.Compare(apart(b), apart(a)))
	})
	c.RequestsWords = requestsSentence(c.Requests)
	if len(tests) > 0 {
		c.RequestsMethod = fmt.Sprintf("Each request of a pass is held against its own, with intervals made in the same way. A request counts as changed by its time, p95 or, where the sample does not bound that, the median, and by its error rate: "+
			"Holm's correction goes over all %s, and one is better or worse only if p ≤ 0.05 after it. The other rows show 95 %% intervals, each by itself.", words.Counted(len(tests), "test"))
	}
	mention(c)
}

// ofRequest is the pick as it would be if its run had sent the request alone.
func (p Pick) ofRequest(name string) (Pick, error) {
	of, missing := p.Run.OfRequest(name)
	if of == nil {
		return p, fmt.Errorf("%s %s", p.Called(), missing.Words)
	}
	p.Run = of
	return p, nil
}

// compareRequest fills in the rows of a request and returns its tests.
func compareRequest(r *result.RequestComparison, baseline, candidate Pick) []requestTest {
	b, err := baseline.ofRequest(r.Name)
	k := b // of one run, which is known by its pointer
	k.Target, k.Label = candidate.Target, candidate.Label
	if err == nil && baseline.Run != candidate.Run {
		k, err = candidate.ofRequest(r.Name)
	}
	var c *result.Comparison
	if err == nil {
		c, err = held(b, k)
	}
	if err != nil {
		r.Verdict, r.Words = result.CannotTell, strings.TrimPrefix(err.Error(), "no comparison: ")
		return nil
	}
	// How often a request is sent follows from the passes, which the comparison of all requests has.
	r.Metrics = slices.DeleteFunc(c.Metrics, func(m result.Metric) bool { return m.Unit.Class() == metric.Rates })
	time := timeOf(c)
	r.Time = time.Key
	m, err := meet(b, k)
	if err != nil {
		return nil
	}
	var tests []requestTest
	add := func(of metric.Metric, p float64, rounds int) {
		if !math.IsNaN(p) && m.silence(of).Code == "" {
			tests = append(tests, requestTest{r, of, p, rounds, m.paired})
		}
	}
	contrast := m.contrast(figure{Metric: time}, result.Confidence)
	add(time, contrast.pOfNone(), contrast.Rounds)
	add(metric.ErrorRate, stats.ScoreTest(ErrorsOf(m.candidate).Share(), ErrorsOf(m.baseline).Share(), 0), 0)
	if row, mixed := shareRow(r.Name, baseline, candidate); mixed {
		r.Metrics = append(r.Metrics, row)
	}
	return tests
}

// pOfNone is the two-sided p that the sides do not differ: by ranks over enough rounds, else read off the
// interval; NaN where neither is there.
func (k Contrast) pOfNone() float64 {
	if k.Rounds >= Fewest(k.paired) {
		return k.PAt(1)
	}
	log := stats.Interval{Value: math.Log(k.Ratio.Value), Lo: math.Log(k.Ratio.Lo), Hi: math.Log(k.Ratio.Hi)}
	if k.Rounds > 0 || !(k.Ratio.Lo > 0) {
		return math.NaN()
	}
	return log.PAt(0, result.Confidence)
}

// settle takes a difference back that one of so many tests would show by chance.
func (t requestTest) settle(p float64, tests int) {
	if t.metric == metric.ErrorRate {
		t.of.ErrorsP = result.Bound(p)
	} else {
		t.of.TimeP = result.Bound(p)
	}
	i := slices.IndexFunc(t.of.Metrics, func(m result.Metric) bool { return m.Name == t.metric.Key })
	m := &t.of.Metrics[i]
	if p <= significance || m.Verdict != result.Better && m.Verdict != result.Worse {
		return
	}
	m.Why = fmt.Sprintf("%s; but one of %s comes out so by chance (p = %s after Holm)", m.Words, words.Counted(tests, "test"), words.Significant(p, 2))
	if t.rounds > 0 && float64(tests)*LeastP(t.rounds, t.paired) > significance {
		m.Why += fmt.Sprintf(": with %s it takes %s, here are %d", words.Counted(tests, "test"), words.Counted(RoundsForChecks(tests, t.paired, significance), "round"), t.rounds)
	}
	m.Verdict, m.Answer, m.Code, m.Words = result.CannotTell, result.CannotTell.Word(), result.CodeMaybeChance, m.Why
}

// shareRow is a request's share of a mix. The weights set it, so there is nothing to judge, unless the
// sides differ by more than chance: then they did not send the same mix.
func shareRow(name string, baseline, candidate Pick) (row result.Metric, mixed bool) {
	b, bMixed := shareOf(name, baseline)
	c, cMixed := shareOf(name, candidate)
	if !bMixed && !cMixed {
		return row, false
	}
	row = result.NewMetric(share)
	row.Baseline, row.BaselineN, row.Candidate, row.CandidateN = b.Value, b.N, c.Value, c.N
	row.Verdict, row.Answer, row.Code, row.Words = result.Same, "set by the plan", result.CodeSetByPlan, "set by the plan: requests are drawn by their weights"
	d := stats.Difference(c.Interval(), b.Interval())
	row.Ratio, row.Lo, row.Hi = result.Bound(d.Value), result.Bound(d.Lo), result.Bound(d.Hi)
	if !(d.Lo <= 0 && d.Hi >= 0) {
		row.Verdict, row.Answer = result.CannotTell, "another mix"
		row.Why = fmt.Sprintf("its share is %s against %s: the sides did not send the same mix, so figures of all requests together differ by that too", words.Percent(c.Value), words.Percent(b.Value))
		row.Words = row.Why
	}
	return row, true
}

// shareOf is the share of a request of all that ended in the legs that are compared; mixed is false where
// requests are not drawn by weight.
func shareOf(name string, p Pick) (e result.Estimate, mixed bool) {
	var own, all float64
	for _, l := range UsedLegs(p) {
		for _, r := range l.Requests {
			ended := float64(r.Outcomes.Ended())
			if all += ended; r.Name == name {
				own, mixed = own+ended, mixed || r.Asked > 0
			}
		}
	}
	if all == 0 {
		return result.Unbounded(0, 0), mixed
	}
	iv := stats.Wilson(own, all, result.Confidence)
	return result.Estimate{Value: own / all, Lo: result.Bound(iv.Lo), Hi: result.Bound(iv.Hi), Confidence: result.Confidence, N: uint64(all)}, mixed
}

// conclude is what a request comes to, by its time and its error rate.
func conclude(r *result.RequestComparison) {
	if len(r.Metrics) > 0 {
		var said []string
		found := map[result.MetricVerdict]bool{}
		for _, of := range tested(r) {
			m := r.Of(of)
			found[m.Verdict] = true
			said = append(said, inShort(of, m))
		}
		r.Verdict = result.CannotTell
		switch better, worse := found[result.Better], found[result.Worse]; {
		case better && worse:
			r.Verdict = result.Mixed
		case better:
			r.Verdict = result.Better
		case worse:
			r.Verdict = result.Worse
		case !found[result.CannotTell]:
			r.Verdict = result.Same
		}
		r.Words = strings.Join(said, "; ")
	}
	r.Answer = r.Verdict.Word()
}

// tested are the two metrics that a request's verdict rests on.
func tested(r *result.RequestComparison) []metric.Metric {
	return []metric.Metric{metric.Keyed(r.Time), metric.ErrorRate}
}

// changes say in what a request became better or worse.
func changes(r *result.RequestComparison) (said []string) {
	for _, of := range tested(r) {
		if m := r.Of(of); m.Verdict == result.Better || m.Verdict == result.Worse {
			said = append(said, inShort(of, m))
		}
	}
	return said
}

// inShort is what a row comes to in a few words.
func inShort(of metric.Metric, m result.Metric) string {
	switch {
	case m.Verdict == result.CannotTell:
		return of.Title + " cannot be told"
	case m.Verdict == result.Same:
		return of.Title + " the " + m.Answer
	case m.Difference:
		return fmt.Sprintf("%s %s against %s", of.Title, m.Unit.Say(m.Candidate), m.Unit.Say(m.Baseline))
	}
	return fmt.Sprintf("%s %s times, %s", of.Title, words.Times(float64(m.Ratio)), result.Span(m.Lo, m.Hi, words.Times))
}

// rank is the order in which requests are shown: what became worse, then what became better.
func rank(v result.MetricVerdict) int {
	return slices.Index([]result.MetricVerdict{result.Worse, result.Mixed, result.Better, result.CannotTell, result.Same}, v)
}

// apart is how far the times of a request are from those of the baseline, as a factor; 0 where that
// is not known.
func apart(r result.RequestComparison) float64 {
	ratio := float64(r.Of(metric.Keyed(r.Time)).Ratio)
	if far := max(ratio, 1/ratio); !math.IsNaN(far) && !math.IsInf(far, 0) {
		return far
	}
	return 0
}

// mostNamed is how many requests of a kind a sentence names.
const mostNamed = 3

// requestsSentence says which requests changed.
func requestsSentence(all []result.RequestComparison) string {
	of := map[result.MetricVerdict][]string{}
	for _, r := range all {
		text := r.Name
		if said := changes(&r); len(said) > 0 {
			text += " (" + words.List(said, len(said)) + ")"
		}
		of[r.Verdict] = append(of[r.Verdict], text)
	}
	var said []string
	for _, v := range []result.MetricVerdict{result.Worse, result.Mixed, result.Better} {
		if len(of[v]) > 0 {
			said = append(said, fmt.Sprintf("%s in %s", v.Word(), words.List(of[v], mostNamed)))
		}
	}
	if n := len(of[result.CannotTell]); n == len(all) {
		return words.Sentence("By request no difference can be told")
	} else if n > 0 {
		said = append(said, "not told of "+words.List(of[result.CannotTell], mostNamed))
	}
	if n := len(of[result.Same]); n == len(all) {
		return words.Sentence("By request all are the same")
	} else if n > 0 {
		said = append(said, "the same in "+words.List(of[result.Same], mostNamed))
	}
	return words.Sentence("By request: " + strings.Join(said, ", "))
}

// mention puts requests that became worse into what a hurried reader sees, where the figures of all
// requests together do not say so.
func mention(c *result.Comparison) {
	var worse []string
	for _, r := range c.Requests {
		if r.Verdict == result.Worse || r.Verdict == result.Mixed {
			worse = append(worse, r.Name)
		}
	}
	if len(worse) == 0 {
		return
	}
	c.Words += " " + c.RequestsWords
	if c.Verdict != result.Worse {
		c.Answer += ", but worse in " + words.List(worse, mostNamed)
	}
}
