package gate

import (
	"fmt"
	"math"
	"sort"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/internal/words"
)

// significance is the p, after Holm's correction, up to which a check fails.
const significance = 1 - result.Confidence

// mostRounds is how many rounds one may sensibly be told to measure.
const mostRounds = 200

// tolerance is one whose interval and test exist; its verdict waits for the
// correction over all of them.
type tolerance struct {
	check    *result.Check
	demand   demand
	look     look
	interval stats.Interval // of the ratio, or the difference
	p        float64        // that the truth lies at the margin, before the correction
	rounds   int
	paired   bool
	// few says which round of a side has too few requests for the percentile: see
	// [compare.Contrast].
	few [2]result.Gap // baseline, candidate
	// sd is of the logarithms, 0 for a difference.
	sd float64
}

// hold prepares the test of a tolerance. The second answer is nil where nothing can be
// tested: the check is INCONCLUSIVE then and says why.
func hold(d demand, base, cand compare.Pick, at look) (*result.Check, *tolerance) {
	c := d.check()
	t := &tolerance{check: c, demand: d, look: at, paired: base.Run == cand.Run}
	c.Against = base.Target
	if !t.paired {
		c.Against = base.Label
	}
	for _, p := range []compare.Pick{base, cand} {
		if len(d.legs(p)) == 0 {
			missing := d.nothingUsed(p)
			c.Code, c.Words = missing.Code, missing.Words
			return c, nil
		}
	}
	if d.difference() {
		t.errors(base, cand)
	} else {
		t.ratio(base, cand)
	}
	if d.limit.And != nil && !d.difference() && c.Metric.Baseline > 0 { // a part of the baseline
		c.Margin = d.margin(c.Metric.Baseline)
	}
	if missing := t.gap(base, cand); missing.Code != "" {
		c.Code, c.Words = missing.Code, missing.Words
		return c, nil
	}
	return c, t
}

// legs are those that the demand's metric is read from.
func (d demand) legs(p compare.Pick) []*result.Leg {
	if d.difference() {
		return compare.ErrorLegs(p)
	}
	return compare.UsedLegs(p)
}

func (d demand) nothingUsed(p compare.Pick) result.Gap {
	answer := "an answer"
	if d.limit.Request != "" {
		answer += " to " + d.limit.Request
	}
	return result.Gap{Code: result.CodeEmptySample, Words: fmt.Sprintf("no leg of %s in %s came to its end with %s: an empty sample shows nothing", p.Target, p.Called(), answer)}
}

// ratio compares the figures of the rounds.
func (t *tolerance) ratio(base, cand compare.Pick) {
	k := compare.ContrastOf(t.demand.of, base, cand, t.look.confidence())
	m := &t.check.Metric
	m.Baseline, m.Candidate, m.BaselineN, m.CandidateN = compare.Finite(k.Baseline), compare.Finite(k.Candidate), k.BaselineN, k.CandidateN
	m.Ratio, m.Lo, m.Hi = result.Bound(k.Ratio.Value), result.Bound(k.Ratio.Lo), result.Bound(k.Ratio.Hi)
	m.Rounds, m.Detectable = k.Rounds, k.Detectable()
	t.interval, t.rounds, t.sd = k.Ratio, k.Rounds, k.SD
	t.p = k.PAt(t.demand.margin(k.Baseline))
}

// gap says why the test cannot be made. One round shows how requests
// differ and not how rounds do: no verdict rests on it.
func (t *tolerance) gap(base, cand compare.Pick) result.Gap {
	here := min(len(t.demand.legs(base)), len(t.demand.legs(cand)))
	if need := compare.Fewest(t.paired); t.rounds < need {
		sides := ""
		if !t.paired {
			sides = " on each side"
		}
		return result.Gap{Code: result.CodeTooFewRounds, Words: fmt.Sprintf("cannot tell: it takes %s%s, here %s: measure that many (compare.rounds)", words.Counted(need, "round"), sides, areThere(here))}
	}
	t.few = [2]result.Gap{t.demand.thin(base, t.demand.of.Fewest()), t.demand.thin(cand, t.demand.of.Fewest())}
	if t.few[0].Code != "" && t.few[1].Code != "" {
		return t.few[0]
	}
	if math.IsNaN(t.interval.Value) || math.IsNaN(t.p) {
		return result.Gap{Code: result.CodeNothingToCompare, Words: "nothing to compare: a round of a side has no figure above zero"}
	}
	return result.Gap{}
}

func areThere(n int) string {
	if n == 1 {
		return "is 1"
	}
	return fmt.Sprintf("are %d", n)
}

// thin names the first round with fewer requests than the time takes; none where
// every round has enough, and for other metrics.
func (d demand) thin(p compare.Pick, takes uint64) result.Gap {
	if d.of.Unit.Class() != metric.Times {
		return result.Gap{}
	}
	for _, l := range compare.UsedLegs(p) {
		if n := p.Run.Measured(l).N; n < takes {
			return result.Gap{Code: result.CodeTooFewRequests, Words: fmt.Sprintf("%s takes %s in every round, and %s of %s had %s: measure longer rounds",
				d.called(), words.Counted(takes, "request"), l.Label(), p.Called(), words.Number(n))}
		}
	}
	return result.Gap{}
}

// oneSided reports that a round has too few requests for the percentile, so that only one
// end of the interval means anything.
func (t *tolerance) oneSided() bool { return t.few[0].Code != "" || t.few[1].Code != "" }

// within reports that the bad end of the interval keeps the margin, beyond that all
// of it exceeds the margin. Of a round with too few requests for its percentile a lower
// one stands in the interval, so that the candidate's ratio is at least what is shown and
// can only be beyond; where the round is the baseline's, only within. A target that
// slows makes its own rounds thin in a closed load: it must not silence the check by that.
func (t *tolerance) within() bool {
	if t.few[1].Code != "" {
		return false
	}
	if t.demand.higher() {
		return t.interval.Lo >= t.check.Margin
	}
	return t.interval.Hi <= t.check.Margin
}

func (t *tolerance) beyond() bool {
	if t.few[0].Code != "" {
		return false
	}
	if t.demand.higher() {
		return t.interval.Hi < t.check.Margin
	}
	return t.interval.Lo > t.check.Margin
}

// settle gives the verdict, with the p after the correction over all tested checks
// and their number.
func (t *tolerance) settle(p float64, checks int) {
	c := t.check
	c.P = result.Bound(p)
	shown, allowed := t.shown(), t.write(c.Margin)
	few := t.few[1]
	switch {
	case few.Code != "":
		shown = "at least " + shown
	case t.few[0].Code != "":
		shown = "at most " + shown
	}
	switch {
	case t.within():
		c.Verdict, c.Code, c.Words = result.Pass, "", fmt.Sprintf("%s, within the %s allowed", shown, allowed)
	case t.beyond() && p <= t.look.level:
		t.look.fail(c, result.CodeBaselineWorse, fmt.Sprintf("%s, where %s is allowed", shown, allowed))
	case t.beyond():
		c.Code, c.Words = result.CodeMaybeChance, fmt.Sprintf("%s, where %s is allowed; but one of %s comes out so by chance (p = %s after Holm)",
			shown, allowed, words.Counted(checks, "check"), words.Significant(p, 2))
		if few := t.fewForChecks(checks); few != "" {
			c.Words += ": " + few
		}
	case few.Code != "":
		c.Code, c.Words = few.Code, few.Words
	default:
		c.Metric.RoundsNeeded = t.needed()
		c.Code, c.Words = result.CodeSpansLimit, fmt.Sprintf("%s: %s; %s", t.supported(), shown, t.takes())
	}
}

// shown is the ratio or difference of these rounds, which is what it is, and where it lies
// beyond them.
func (t *tolerance) shown() string {
	lo, hi := result.Bound(t.interval.Lo), result.Bound(t.interval.Hi)
	inRounds := fmt.Sprintf("in these %d rounds", t.rounds)
	if t.demand.difference() {
		bare := func(v float64) string { return words.Significant(100*v, 2) }
		return fmt.Sprintf("%s more than %s %s, %s in the long run", words.Points(t.interval.Value), t.check.Against, inRounds, result.Span(lo, hi, bare))
	}
	return fmt.Sprintf("%s times that of %s %s, %s in the long run", factor(t.interval.Value), t.check.Against, inRounds, result.Span(lo, hi, factor))
}

// write puts the ratio or difference into words.
func (t *tolerance) write(v float64) string {
	if t.demand.difference() {
		return words.Points(v)
	}
	return factor(v)
}

// factor writes a ratio with three digits, for a margin of 1.15 is not one of 1.1.
func factor(r float64) string { return words.Digits(r, 3) }

// supported says which tolerance these rounds do support, where it is not the one asked.
func (t *tolerance) supported() string {
	most := t.interval.Hi - 1
	switch {
	case t.demand.difference():
		most = t.interval.Hi
	case t.demand.higher():
		most = 1/t.interval.Lo - 1
	}
	asked := t.demand.writeAllowed(t.demand.allowed(t.check.Metric.Baseline))
	if most < 0 || math.IsInf(most, 0) {
		return "no tolerance is shown"
	}
	return fmt.Sprintf("not worse by more than %s is shown, %s is not", t.demand.writeAllowed(words.Up(most, 2)), asked)
}

// takes says what it would take to tell.
func (t *tolerance) takes() string {
	truth := "that it is not worse by more"
	if beyond := t.interval.Value > t.check.Margin; beyond != t.demand.higher() {
		truth = "that it is worse by more"
	}
	switch m := &t.check.Metric; {
	case t.demand.difference():
		return "it takes more requests"
	case m.RoundsNeeded > t.rounds:
		return fmt.Sprintf("about %d rounds would show %s", m.RoundsNeeded, truth)
	}
	return "the figure lies so near the limit that no sensible number of rounds would tell"
}

// needed is about how many rounds it would take to tell the ratio from the margin; 0
// where that is not known, or more than anyone would measure.
func (t *tolerance) needed() int {
	away := math.Abs(math.Log(t.interval.Value / t.check.Margin))
	few := t.rounds + 1
	enough := func(more int) bool {
		return stats.Detectable(t.sd, few+more, t.paired, t.look.confidence(), result.Power) <= away
	}
	if most := mostRounds - few; t.sd > 0 && most >= 0 && enough(most) {
		return few + sort.Search(most, enough)
	}
	return 0
}

// fewForChecks says that these rounds cannot make any single check fail; "" where
// they can.
func (t *tolerance) fewForChecks(checks int) string {
	if float64(checks)*compare.LeastP(t.rounds, t.paired) <= t.look.level {
		return ""
	}
	return fmt.Sprintf("with %s it takes %s, here are %d",
		words.Counted(checks, "check"), words.Counted(compare.RoundsForChecks(checks, t.paired, t.look.level), "round"), t.rounds)
}
