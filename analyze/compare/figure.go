package compare

import (
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
)

// alone is a leg as a pool of one.
func alone(a *result.Analysis, l *result.Leg) *result.Pool {
	p := &result.Pool{Target: l.Target, Rounds: 1, Times: a.Measured(l), Rates: l.Rates}
	if p.Rates == nil {
		p.Rates = map[string]result.Estimate{metric.Rate.Name: l.Rate(metric.Rate), metric.Successes.Name: l.Rate(metric.Successes)}
	}
	return p
}

// figure reads a metric that is compared by its ratio: a time or a rate.
type figure struct {
	metric.Metric
	// orHighest reads the highest percentile that the requests of a leg allow if they are too
	// few for this one. It is at most as high.
	orHighest bool
}

// read is the figure of a round.
func (f figure) read(p *result.Pool) result.Estimate {
	e := f.of(p)
	if !f.orHighest || !f.thin(e.N) {
		return e
	}
	borne := figure{Metric: metric.P50}
	for _, q := range metric.Percentiles {
		if q.Fewest() <= e.N {
			borne.Metric = q
		}
	}
	return borne.of(p)
}

// thin reports that so many requests are too few for the percentile.
func (f figure) thin(n uint64) bool { return f.Quantile > 0 && n < f.Fewest() }

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
// those of which the worst round counts, and those that no summary keeps.
func figureOf(m metric.Metric) (figure, bool) {
	return figure{Metric: m}, m.Kept && !m.Worst && !m.Difference()
}

// UsedLegs are the target's legs that are compared with others, by round.
func UsedLegs(p Pick) []*result.Leg { return p.Run.LegsOf(p.Target, (*result.Leg).Sound) }

// OverRounds is a figure per round made into one. Of enough rounds it is their
// Hodges–Lehmann pseudo-median with its exact interval, which is of where rounds lie
// and not of the requests of these; the figures are never averaged. Fewer rounds have
// the intervals of their legs: from the lowest end to the highest, so that what is
// said holds of every one of them.
//
// Of a metric of which the worst round counts it is that round's; see [LongestOutage].
func OverRounds(p Pick, of metric.Metric, confidence float64) (e result.Estimate, rounds int) {
	if of.Worst {
		return LongestOutage(p)
	}
	return overRounds(p, figure{Metric: of}, confidence)
}

// LongestOutage is the longest time without a success, in milliseconds, of the rounds with
// answers, exactly; N is how many requests of them ended. Of rounds from before it was kept there
// is none, and rounds is then 0.
func LongestOutage(p Pick) (e result.Estimate, rounds int) {
	legs := p.Run.LegsOf(p.Target, func(l *result.Leg) bool { return l.Answered() && !l.Generator.Limited })
	if len(legs) == 0 {
		legs = p.Run.LegsOf(p.Target, (*result.Leg).Answered)
	}
	for _, l := range legs {
		if l.Outage == nil {
			continue
		}
		ms := 1000 * l.Outage.LongestS
		e.Value, e.N, rounds = max(e.Value, ms), e.N+result.Ended(l.Outcomes), rounds+1
	}
	e.Lo, e.Hi = result.Bound(e.Value), result.Bound(e.Value)
	return e, rounds
}

// Together is a figure of a target as thresholds have it: of enough rounds where they lie, of
// fewer, or of rounds too thin for it, all their requests together. Without a sound round it is that
// of the rounds with answers. Of no such round rounds is 0.
func Together(p Pick, of metric.Metric) (e result.Estimate, rounds int) {
	f, legs := figure{Metric: of}, UsedLegs(p)
	if len(legs) == 0 {
		legs = p.Run.LegsOf(p.Target, (*result.Leg).Answered)
	}
	switch len(legs) {
	case 0:
		return e, 0
	case 1:
		return f.of(alone(p.Run, legs[0])), 1
	}
	thin := slices.ContainsFunc(legs, func(l *result.Leg) bool {
		return of.Unit.Class() != metric.Rates && p.Run.Measured(l).N < of.Fewest()
	})
	if pool := p.pool(len(legs)); pool != nil && (thin || len(legs) < FewestPairs) {
		return f.of(pool), len(legs)
	}
	return overLegs(p.Run, legs, f, result.Confidence)
}

// pool is so many rounds of the target taken together; nil where the run has no such pool.
func (p Pick) pool(rounds int) *result.Pool {
	i := slices.IndexFunc(p.Run.Pools, func(pool result.Pool) bool { return pool.Target == p.Target && pool.Rounds == rounds })
	if i < 0 {
		return nil
	}
	return &p.Run.Pools[i]
}

// AtLeast is what a percentile over the rounds is at least, where they have too few
// requests for it: see [OverRounds].
func AtLeast(p Pick, of metric.Metric, confidence float64) result.Estimate {
	e, _ := overRounds(p, figure{Metric: of, orHighest: true}, confidence)
	return e
}

func overRounds(p Pick, f figure, confidence float64) (e result.Estimate, rounds int) {
	return overLegs(p.Run, UsedLegs(p), f, confidence)
}

// overLegs takes the legs that have the figure. A leg without an answer has no time, which is not
// one of 0; as the least that it may be, 0 is.
func overLegs(a *result.Analysis, legs []*result.Leg, f figure, confidence float64) (e result.Estimate, rounds int) {
	var values []float64
	lo, hi := result.Bound(math.Inf(1)), result.Bound(math.Inf(-1))
	for _, l := range legs {
		own := f.read(alone(a, l))
		if own.N == 0 && f.Unit.Class() == metric.Times && !f.orHighest {
			continue
		}
		values = append(values, own.Value)
		e.N += own.N
		lo, hi = min(lo, own.Lo), max(hi, own.Hi)
	}
	if len(values) == 0 {
		return e, 0
	}
	middle := stats.PseudoMedian(values, confidence)
	e.Value, e.Confidence = middle.Value, confidence
	if e.Lo, e.Hi = result.Bound(middle.Lo), result.Bound(middle.Hi); len(values) < FewestPairs {
		e.Lo, e.Hi = lo, hi
	}
	return e, len(values)
}

// CountedRows adds up the rows lost or in excess over all rounds, whole ones or not: a lost
// row is lost. Where rows may be hidden the sum is a range, from the sum of the least to that
// of the most; see [result.Reconcile.Range].
func CountedRows(p Pick, of metric.Metric) (e result.Estimate, rounds int, missing result.Gap) {
	for _, l := range p.Run.LegsOf(p.Target, func(*result.Leg) bool { return true }) {
		rounds++
		switch r := l.Reconcile; {
		case r == nil:
			return result.Estimate{}, rounds, result.NoLedger
		case !r.Verdict.Known():
			missing = r.Gap()
			missing.Words = l.Label() + ": " + missing.Words
		default:
			own := r.Range(of)
			e.Value, e.Lo, e.Hi, e.N = e.Value+own.Value, e.Lo+own.Lo, e.Hi+own.Hi, e.N+own.N
			e.Confidence = max(e.Confidence, own.Confidence)
		}
	}
	if e.N == 0 && missing.Code == "" {
		missing = result.Gap{Code: result.CodeEmptySample, Words: "no answer of " + p.Target + " claimed a write: an empty sample shows nothing"}
	}
	return e, rounds, missing
}

// Errors are the failures of a target over several legs.
type Errors struct {
	Failed, N float64 // of N requests that ended; 0 means no figure
	// Worth is the number of independent requests that they are worth: the least of what
	// the legs are worth by themselves (errors come in bursts within a leg) and, with
	// enough legs, of what these are worth as clusters (a bad round is a burst too).
	Worth float64
}

// ErrorsOf adds up the failures of legs.
func ErrorsOf(legs []*result.Leg) (out Errors) {
	var c stats.Clusters
	for _, l := range legs {
		e := l.ErrorRate
		if e.N == 0 {
			continue
		}
		c.Size, c.Sum = append(c.Size, float64(e.N)), append(c.Sum, e.Value*float64(e.N))
		out.Worth += Independent(e)
	}
	out.N, out.Failed = c.Total()
	if effective, known := c.Effective(result.Confidence); known && len(c.Size) >= FewestPairs {
		out.Worth = min(out.Worth, effective)
	}
	return out
}

// Share is that of the failures among the independent requests.
func (e Errors) Share() stats.Share {
	if e.N == 0 {
		return stats.Share{}
	}
	return stats.Share{K: e.Failed / e.N * e.Worth, N: e.Worth}
}

// Estimate is the share of errors with Wilson's interval at what the requests are worth.
func (e Errors) Estimate(confidence float64) result.Estimate {
	if e.N == 0 {
		return result.Estimate{}
	}
	iv := stats.Wilson(e.Share().K, e.Worth, confidence)
	return result.Estimate{Value: e.Failed / e.N, Lo: result.Bound(iv.Lo), Hi: result.Bound(iv.Hi), Confidence: confidence, N: uint64(e.N)}
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
