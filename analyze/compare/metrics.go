package compare

import (
	"fmt"
	"math"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/internal/words"
)

const SetByPlan = "set by the plan: starts do not wait for answers"

// metric compares a metric.
func (m *meeting) metric(of metric.Metric) result.Metric {
	switch of.Unit.Class() {
	case metric.Shares:
		return m.errors(of)
	case metric.Counts:
		return m.lost(of)
	case metric.Rates:
		return m.rate(of)
	}
	return m.ratio(of)
}

// ratio compares a figure by its ratio.
func (m *meeting) ratio(of metric.Metric) result.Metric {
	k := m.contrast(figure{Metric: of}, result.Confidence)
	out := result.Metric{Name: of.Key, Unit: of.Unit, Better: of.Better, Rounds: k.Rounds, Detectable: k.Detectable(),
		Baseline: Finite(k.Baseline), Candidate: Finite(k.Candidate), BaselineN: k.BaselineN, CandidateN: k.CandidateN,
		Ratio: result.Bound(k.Ratio.Value), Lo: result.Bound(k.Ratio.Lo), Hi: result.Bound(k.Ratio.Hi)}
	out.Verdict = decide(k.Ratio, 1/sameRatio, sameRatio, 1, of.Better)
	if k.Rounds > 0 && k.least < of.Fewest() {
		out.Verdict, out.Detectable = result.CannotTell, 0
	}
	if out.Verdict == result.CannotTell && k.least >= of.Fewest() {
		out.RoundsNeeded = k.roundsToSettle()
	}
	say(&out, k, of)
	return out
}

func Finite(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return x
}

// rate compares events per second. Where the plan sets them there is nothing to
// estimate: the requests of an open load, and its successes while all succeed.
func (m *meeting) rate(of metric.Metric) result.Metric {
	planned := m.of[0].Run.Run.Load.Open && m.of[1].Run.Run.Load.Open
	if of == metric.Successes {
		planned = planned && allSucceeded(m.baseline) && allSucceeded(m.candidate)
	}
	out := m.ratio(of)
	if !planned {
		return out
	}
	out.Ratio, out.Lo, out.Hi = result.Bound(out.Candidate/out.Baseline), result.Bound(math.NaN()), result.Bound(math.NaN())
	out.Rounds, out.Detectable, out.RoundsNeeded = 0, 0, 0
	out.Verdict, out.Answer, out.Code, out.Why, out.Words = result.Same, "set by the plan", result.CodeSetByPlan, "", SetByPlan
	if r := float64(out.Ratio); !(r >= 1/sameRatio && r <= sameRatio) {
		out.Verdict = result.CannotTell
		out.Words += fmt.Sprintf("; on one side %s ended only after the load, on the other %s",
			words.Counted(drained(m.baseline), "request"), words.Counted(drained(m.candidate), "request"))
		out.Why = out.Words
	}
	return out
}

func allSucceeded(legs []*result.Leg) bool {
	for _, l := range legs {
		if l.Outcomes.Success != result.Ended(l.Outcomes) {
			return false
		}
	}
	return true
}

// drained is how many requests ended only after the load of their leg.
func drained(legs []*result.Leg) uint64 {
	var n uint64
	for _, l := range legs {
		n += l.Drained
	}
	return n
}

// errors compares the shares of errors, over all rounds, by their difference: a
// share near 0 has no ratio.
func (m *meeting) errors(of metric.Metric) result.Metric {
	b, c := ErrorsOf(m.baseline).Estimate(result.Confidence), ErrorsOf(m.candidate).Estimate(result.Confidence)
	d := stats.Difference(c.Interval(), b.Interval())
	out := result.NewMetric(of)
	out.Baseline, out.Candidate, out.BaselineN, out.CandidateN = b.Value, c.Value, b.N, c.N
	out.Ratio, out.Lo, out.Hi = result.Bound(d.Value), result.Bound(d.Lo), result.Bound(d.Hi)
	out.Verdict = decide(d, -sameErrors, sameErrors, 0, out.Better)
	shown := fmt.Sprintf("%s against %s", words.Percent(out.Candidate), words.Percent(out.Baseline))
	switch out.Verdict {
	case result.CannotTell:
		out.Answer = result.CannotTell.Word()
		out.Words = fmt.Sprintf("too few requests to tell: %s and %s could show only a difference of %s",
			words.Number(b.N), words.Number(c.N), words.Points((d.Hi-d.Lo)/2))
		out.Code, out.Why = result.CodeTooFewRequests, out.Words
	case result.Same:
		out.Answer = "same within a point"
		out.Words = fmt.Sprintf("%s: %s", out.Answer, shown)
	default:
		out.Answer = out.Verdict.Word()
		out.Words = fmt.Sprintf("%s: %s, a difference of %s to %s", out.Answer, shown, words.Points(d.Lo), words.Points(d.Hi))
	}
	return out
}

// ledger reports that a side has rows to compare.
func (m *meeting) ledger() bool {
	for _, legs := range [][]*result.Leg{m.baseline, m.candidate} {
		for _, l := range legs {
			if l.Reconcile != nil {
				return true
			}
		}
	}
	return false
}

// lost compares counts of rows, of all rounds; the verdict is by their share of the rows
// claimed, for the two sides may have had different numbers of them. Where rows may be hidden
// it holds whatever of the range is true.
func (m *meeting) lost(of metric.Metric) result.Metric {
	out := result.NewMetric(of)
	out.Verdict, out.Answer = result.CannotTell, result.CannotTell.Word()
	b, bWhole := lostRows(m.baseline)
	c, cWhole := lostRows(m.candidate)
	out.BaselineN, out.CandidateN = b.of, c.of
	if !bWhole || !cWhole {
		out.Code, out.Why = result.CodeLedgerUnknown, "the ledger is not complete"
		out.Words = out.Why
		return out
	}
	out.Baseline, out.Candidate = float64(b.least), float64(c.least)
	out.Ratio = result.Bound(c.least - b.least)
	hidden := b.most > b.least || c.most > c.least
	if hidden {
		out.Lo, out.Hi = result.Bound(c.least-b.most), result.Bound(c.most-b.least)
	}
	switch {
	case b.of == 0 || c.of == 0:
		out.Code, out.Why = result.CodeEmptySample, "no answer claimed a write"
	case b.most == 0 && c.most == 0:
		out.Verdict, out.Answer, out.Why = result.Same, result.Same.Word(), "no answer lost its row on either"
	default:
		out.Verdict = decide(stats.Difference(c.share(), b.share()), -sameErrors, sameErrors, 0, out.Better)
		out.Answer = out.Verdict.Word()
		if out.Verdict == result.CannotTell {
			out.Code = result.CodeTooFewRequests
		}
		out.Why = fmt.Sprintf("%s of the rows claimed of %s are lost, %s of those of %s", c.words(), m.name(1), b.words(), m.name(0))
		if out.Verdict == result.CannotTell && hidden {
			out.Code = result.CodeRowsHidden
		}
	}
	out.Words = out.Why
	return out
}

// losses are the least and the most rows that are lost of so many.
type losses struct {
	least, most int64
	of          uint64
}

// share is the share that is lost of all that could be sent: Wilson's interval, from the
// lower end of the least to the upper end of the most.
func (l losses) share() stats.Interval {
	iv := stats.Wilson(float64(l.least), float64(l.of), result.Confidence)
	iv.Hi = stats.Wilson(float64(l.most), float64(l.of), result.Confidence).Hi
	return iv
}

func (l losses) words() string {
	least, most := float64(l.least)/float64(l.of), float64(l.most)/float64(l.of)
	if l.least == l.most {
		return words.Percent(least)
	}
	return words.Span(least, most, words.Percent)
}

// lostRows adds up the rows lost and the rows claimed; whole is false where the ledger misses
// a leg.
func lostRows(legs []*result.Leg) (sum losses, whole bool) {
	for _, l := range legs {
		if l.Reconcile == nil || !l.Reconcile.Verdict.Known() {
			return sum, false
		}
		e := l.Reconcile.Range(metric.Lost)
		sum.least, sum.most = sum.least+int64(e.Lo), sum.most+int64(e.Hi)
		sum.of += max(l.Reconcile.Claimed, l.Reconcile.Successes)
	}
	return sum, true
}

// decide reads a verdict off an interval: same when all of it lies within the
// margin, better or worse when it lies on one side of none, the point that means
// no difference.
func decide(iv stats.Interval, lo, hi, none float64, betterIs metric.Direction) result.MetricVerdict {
	up, down := result.Better, result.Worse
	if betterIs == metric.Lower {
		up, down = result.Worse, result.Better
	}
	switch {
	case iv.Lo >= lo && iv.Hi <= hi:
		return result.Same
	case iv.Lo > none:
		return up
	case iv.Hi < none:
		return down
	}
	return result.CannotTell
}
