package compare

import (
	"math"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
)

// alone is a leg as a pool of one.
func alone(a *result.Analysis, l *result.Leg) *result.Pool {
	p := &result.Pool{Target: l.Target, Rounds: 1, Times: a.Measured(l), Rates: l.Rates}
	if p.Rates == nil {
		n := result.Ended(l.Outcomes)
		p.Rates = map[string]result.Estimate{metric.Rate.Name: result.Unbounded(l.RateRPS, n), metric.Successes.Name: result.Unbounded(l.SuccessRPS, n)}
	}
	return p
}

// figure reads a metric that is compared by its ratio: a time or a rate.
type figure struct{ metric.Metric }

func (f figure) of(p *result.Pool) result.Estimate {
	if f.Unit.Class() == metric.Rates {
		return p.Rates[f.Name]
	}
	if e, ok := p.Times.Intervals[f.Name]; ok {
		return e
	}
	return result.Unbounded(p.Times.At(f.Metric), p.Times.N)
}

// figureOf is the figure of a metric; false for those that are compared by difference,
// and those that no summary keeps.
func figureOf(m metric.Metric) (figure, bool) { return figure{m}, m.Kept && !m.Difference() }

// UsedLegs are the target's legs that are compared with others, by round.
func UsedLegs(p Pick) []*result.Leg { return p.Run.LegsOf(p.Target, (*result.Leg).Sound) }

// OverRounds is a figure per round made into one. Of enough rounds it is their
// Hodges–Lehmann pseudo-median with its exact interval, which is of where rounds lie
// and not of the requests of these; the figures are never averaged. Fewer rounds have
// the intervals of their legs: from the lowest end to the highest, so that what is
// said holds of every one of them.
func OverRounds(p Pick, of metric.Metric) (e result.Estimate, rounds int, missing result.Gap) {
	f := figure{of}
	legs := UsedLegs(p)
	values := make([]float64, len(legs))
	lo, hi := result.Bound(math.Inf(1)), result.Bound(math.Inf(-1))
	for i, l := range legs {
		own := f.of(alone(p.Run, l))
		values[i] = own.Value
		e.N += own.N
		lo, hi = min(lo, own.Lo), max(hi, own.Hi)
	}
	middle := stats.PseudoMedian(values, result.Confidence)
	e.Value, e.Confidence = middle.Value, result.Confidence
	if e.Lo, e.Hi = result.Bound(middle.Lo), result.Bound(middle.Hi); len(legs) < FewestPairs {
		e.Lo, e.Hi = lo, hi
	}
	return e, len(legs), result.Gap{}
}

// CountedRows adds up the rows lost or in excess over all rounds, whole ones or not:
// a lost row is lost. They are counts, and their interval is themselves.
func CountedRows(p Pick, of metric.Metric) (e result.Estimate, rounds int, missing result.Gap) {
	for _, l := range p.Run.LegsOf(p.Target, func(*result.Leg) bool { return true }) {
		rounds++
		switch r := l.Reconcile; {
		case r == nil:
			return result.Estimate{}, rounds, result.NoLedger
		case !r.Verdict.Known():
			missing = result.Gap{Code: result.CodeLedgerUnknown, Words: l.Label() + ": " + r.Words}
		case of == metric.Extra:
			e.Value += float64(r.Extra)
			e.N += r.Successes
		default:
			e.Value += float64(r.Lost)
			e.N += r.Successes
		}
	}
	if e.N == 0 && missing.Code == "" {
		missing = result.Gap{Code: result.CodeEmptySample, Words: "no answer of " + p.Target + " claimed a write: an empty sample shows nothing"}
	}
	e.Lo, e.Hi = result.Bound(e.Value), result.Bound(e.Value)
	return e, rounds, missing
}

// PooledErrors is the share of errors over several legs of a target, and the number
// of independent requests that they are worth: the least of what the legs are worth
// by themselves (errors come in bursts within a leg) and, with enough legs, of what
// these are worth as clusters (a bad round is a burst too). Wilson's interval at that
// number encloses the share. N is the requests that ended; 0 means no figure.
func PooledErrors(legs []*result.Leg) result.Estimate {
	var c stats.Clusters
	var worth float64
	for _, l := range legs {
		e := l.ErrorRate
		if e.N == 0 {
			continue
		}
		c.Size, c.Sum = append(c.Size, float64(e.N)), append(c.Sum, e.Value*float64(e.N))
		worth += Independent(e)
	}
	n, k := c.Total()
	if n == 0 {
		return result.Estimate{}
	}
	if effective, known := c.Effective(result.Confidence); known {
		worth = min(worth, effective)
	}
	iv := stats.Wilson(k/n*worth, worth, result.Confidence)
	return result.Estimate{Value: k / n, Lo: result.Bound(iv.Lo), Hi: result.Bound(iv.Hi), Confidence: result.Confidence, N: uint64(n)}
}

// ErrorLegs are a target's legs whose shares of errors count: those that came to their
// end, answers or not.
func ErrorLegs(p Pick) []*result.Leg {
	return p.Run.LegsOf(p.Target, func(l *result.Leg) bool {
		return l.ErrorRate.N > 0 && l.Complete && l.Stopped == "" && !l.Generator.Limited
	})
}

// Independent is the number of independent requests behind a Wilson interval: its
// ends solve (p̂ − p)² = z²·p(1−p)/n for p.
func Independent(e result.Estimate) float64 {
	end := float64(e.Hi)
	if e.Value-float64(e.Lo) > end-e.Value {
		end = float64(e.Lo)
	}
	z := stats.Z(result.Confidence)
	n := z * z * end * (1 - end) / ((e.Value - end) * (e.Value - end))
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return 0
	}
	return min(n, float64(e.N))
}
