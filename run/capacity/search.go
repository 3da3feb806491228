package capacity

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/scenarios"
)

// Bounds of a search, so that it ends whatever the target does.
const (
	mostTries    = 3 // of a probe that the generator set the figures of
	mostConfirms = 9 // each but the last moved the answer down, or was too short
	mostClients  = 8 // numbers of clients tried for the saturation
	// leastInFlight is how many requests are under way at the smallest rate that is tried: fewer
	// are each by itself, as those of one client are.
	leastInFlight = 0.05
	// mostBeyond is of how many rates the generator sets the figures before nothing smaller is
	// tried: then the rate is not the reason.
	mostBeyond = 2
	// fewestRequests are those of a probe, if it may last so long: a p95 with fewer is wide.
	fewestRequests = 500
)

// search decides what to measure next of one configuration. It keeps nothing but the probes:
// the same probes lead to the same next one, so a search that was interrupted goes on where it
// was.
type search struct {
	scenarios.Search
	slo      []threshold.Threshold // that of Search
	replicas int
	probes   []result.Probe
}

// order is a probe to come: an open load of rate requests per second, or a closed one of
// clients.
type order struct {
	kind    result.ProbeKind
	rate    float64
	clients int
	length  time.Duration
}

// next is the next probe; false is the end of the search.
func (s *search) next() (order, bool) {
	if o, ok := s.again(); ok {
		return o, true
	}
	for _, stage := range []func() (order, bool){s.alone, s.rate, s.confirm, s.recovery, s.saturation} {
		if o, ok := stage(); ok {
			return o, true
		}
		if s.hopeless() {
			return order{}, false
		}
	}
	return order{}, false
}

// again repeats the last probe where it told nothing: as it was, if the generator set its
// figures, and for longer, if it was too short to tell.
func (s *search) again() (order, bool) {
	if len(s.probes) == 0 {
		return order{}, false
	}
	last := s.probes[len(s.probes)-1]
	o := orderOf(last)
	switch {
	case unable(&last):
	case last.Verdict == result.ProbeInvalid && s.tries(last) < mostTries:
		return o, true
	case last.Verdict == result.ProbeUnclear && slices.Contains(judged, last.Kind) && o.length < s.LongestProbe:
		o.length = min(longer(o.length, seconds(last.NeedsS)), s.LongestProbe)
		return o, true
	}
	return order{}, false
}

// unable reports that nobody put the load of a probe on: it is beyond what the generators are known to be able to.
func unable(p *result.Probe) bool { return p.Verdict == result.ProbeInvalid && p.Dir == "" }

// longer is how long a probe is to last that was too short: a little longer than its own
// figures ask for, which are themselves an estimate, and not above four times as long at once.
func longer(length, needs time.Duration) time.Duration {
	if needs == 0 {
		return 4 * length
	}
	return min(max(2*length, needs+needs/5).Round(time.Second), 4*length)
}

// judged are the kinds of probes that ask whether their load holds.
var judged = []result.ProbeKind{result.ProbeAlone, result.ProbeSearch, result.ProbeConfirm}

func orderOf(p result.Probe) order {
	return order{p.Kind, p.RateRPS, p.Clients, time.Duration(p.LoadS * float64(time.Second))}
}

// tries is how often a probe like this one had its figures set by the generator.
func (s *search) tries(like result.Probe) (n int) {
	for _, p := range s.probes {
		if p.Kind == like.Kind && p.RateRPS == like.RateRPS && p.Clients == like.Clients && p.Verdict == result.ProbeInvalid {
			n++
		}
	}
	return n
}

// alone asks what a request takes when it waits for nobody.
func (s *search) alone() (order, bool) {
	if len(s.of(result.ProbeAlone)) > 0 {
		return order{}, false
	}
	return order{kind: result.ProbeAlone, clients: 1, length: s.Probe}, true
}

// hopeless reports that there is nothing to search: one client alone breaks the SLO, or the
// generator cannot measure even that.
func (s *search) hopeless() bool {
	p := s.best(result.ProbeAlone)
	return p == nil || p.Verdict == result.ProbeBroken
}

// of are the probes of a kind.
func (s *search) of(kinds ...result.ProbeKind) (out []*result.Probe) {
	for i := range s.probes {
		if slices.Contains(kinds, s.probes[i].Kind) {
			out = append(out, &s.probes[i])
		}
	}
	return out
}

// best is the last probe of a kind whose figures are the target's; nil for none.
func (s *search) best(kind result.ProbeKind) (best *result.Probe) {
	for _, p := range s.of(kind) {
		if p.Verdict != result.ProbeInvalid {
			best = p
		}
	}
	return best
}

// rate doubles until the SLO breaks, halves until it holds, and then goes between, on the
// logarithm of the rate.
func (s *search) rate() (order, bool) {
	b := s.bracket()
	rate := 0.0
	switch above := min(b.broken, b.beyond); {
	case b.tried == 0:
		rate = s.first()
	case b.held == 0:
		if rate = round(b.lowest / 2); rate < s.least() || b.unmeasured >= mostBeyond && math.IsInf(b.broken, 1) {
			return order{}, false
		}
	case math.IsInf(above, 1):
		rate = round(2 * b.highest)
	default:
		rate = b.between(above, s.Precision)
	}
	if rate == 0 {
		return order{}, false
	}
	return order{kind: result.ProbeSearch, rate: rate, length: s.length(rate)}, true
}

// first is the rate to begin with: that of the scenario, or what the replicas do when each serves one
// request after the other.
func (s *search) first() float64 {
	if s.FirstRate > 0 {
		return s.FirstRate
	}
	return round(float64(max(s.replicas, 1)) / s.mean())
}

// least is the smallest rate that is tried.
func (s *search) least() float64 { return leastInFlight / s.mean() }

// mean is how long a request takes by itself, in seconds.
func (s *search) mean() float64 { return max(s.best(result.ProbeAlone).MeanMS/1000, 1e-6) }

// bracket is what the probes say of the rates so far.
type bracket struct {
	// held is the largest rate that held below every one that broke, 0 for none; broken the
	// smallest that broke, and beyond the smallest that the generator could not measure, +Inf
	// for none.
	held, broken, beyond float64
	// unclear are the rates above held of which no probe could tell, in order.
	unclear         []float64
	lowest, highest float64 // of those tried
	tried           int     // different rates
	unmeasured      int     // of these, by the generator's fault, although it tried
	// above are rates that held although a smaller one broke, an overload perhaps.
	above []float64
}

func (s *search) bracket() bracket {
	b := bracket{broken: math.Inf(1), beyond: math.Inf(1)}
	said, tried := map[float64]result.ProbeVerdict{}, map[float64]bool{}
	for _, p := range s.of(result.ProbeSearch, result.ProbeConfirm) {
		tried[p.RateRPS] = tried[p.RateRPS] || !unable(p)
		switch before, known := said[p.RateRPS]; {
		case p.Verdict == result.ProbeInvalid && known, before == result.ProbeBroken:
		default: // a later probe is a longer one
			said[p.RateRPS] = p.Verdict
		}
	}
	rates := slices.Sorted(maps.Keys(said))
	if b.tried = len(rates); b.tried == 0 {
		return b
	}
	b.lowest, b.highest = rates[0], rates[b.tried-1]
	for _, r := range rates {
		switch said[r] {
		case result.ProbeHeld:
			if math.IsInf(b.broken, 1) {
				b.held, b.unclear = r, nil
			} else {
				b.above = append(b.above, r)
			}
		case result.ProbeBroken:
			b.broken = min(b.broken, r)
		case result.ProbeInvalid:
			if b.beyond = min(b.beyond, r); tried[r] {
				b.unmeasured++
			}
		case result.ProbeUnclear:
			if math.IsInf(b.broken, 1) {
				b.unclear = append(b.unclear, r)
			}
		}
	}
	for _, p := range s.of(result.ProbeOverload) {
		if p.Verdict == result.ProbeHeld && p.RateRPS > b.broken {
			b.above = append(b.above, p.RateRPS)
		}
	}
	return b
}

// between is the rate in the middle of a gap that is wider than the precision: of the gap above the rates that
// held, or of that below the rate that broke; 0 where neither is.
func (b bracket) between(above, precision float64) float64 {
	lower, upper := above, b.held
	if len(b.unclear) > 0 {
		lower, upper = b.unclear[0], b.unclear[len(b.unclear)-1]
	}
	for _, gap := range [][2]float64{{b.held, lower}, {upper, above}} {
		if gap[1]/gap[0] > 1+precision {
			middle := math.Sqrt(gap[0] * gap[1])
			if r := round(middle); gap[0] < r && r < gap[1] {
				return r
			}
			return middle
		}
	}
	return 0
}

// confirm looks for longer whether the largest rate that held does.
func (s *search) confirm() (order, bool) {
	held := s.bracket().held
	if held == 0 || s.confirmed(held) || len(s.of(result.ProbeConfirm)) >= mostConfirms {
		return order{}, false
	}
	return order{kind: result.ProbeConfirm, rate: held, length: s.enough(held)}, true
}

// enough is how long a rate must hold to be confirmed.
func (s *search) enough(rate float64) time.Duration { return min(3*s.length(rate), s.LongestProbe) }

// confirmed reports that a rate held for so long.
func (s *search) confirmed(rate float64) bool {
	return slices.ContainsFunc(s.of(result.ProbeSearch, result.ProbeConfirm), func(p *result.Probe) bool {
		return p.RateRPS == rate && p.Verdict == result.ProbeHeld && orderOf(*p).length >= s.enough(rate)
	})
}

// recovery puts on more than breaks the SLO, and then nearly what holds.
func (s *search) recovery() (order, bool) {
	b := s.bracket()
	switch {
	case b.held == 0 || math.IsInf(b.broken, 1):
	case len(s.of(result.ProbeOverload)) == 0:
		rate := round(1.5 * b.broken)
		return order{kind: result.ProbeOverload, rate: rate, length: s.length(rate)}, true
	case len(s.of(result.ProbeRecover)) == 0 && !unable(s.of(result.ProbeOverload)[0]):
		rate := round(0.95 * b.held)
		return order{kind: result.ProbeRecover, rate: rate, length: s.length(rate)}, true
	}
	return order{}, false
}

// saturation doubles the clients until they get no more throughput. It begins with twice as
// many as are under way at the largest rate that held.
func (s *search) saturation() (order, bool) {
	probes := s.of(result.ProbeSaturate)
	n := len(probes)
	if n == 0 {
		under := s.bracket().held * s.mean()
		return order{kind: result.ProbeSaturate, clients: max(2, int(math.Ceil(2*under))), length: s.Probe}, true
	}
	last := probes[n-1]
	if last.Verdict == result.ProbeInvalid || n >= mostClients || n > 1 && last.Success.Value < (1+s.Precision)*s.throughputBut(last) {
		return order{}, false
	}
	return order{kind: result.ProbeSaturate, clients: 2 * last.Clients, length: s.Probe}, true
}

// throughputBut is the largest throughput of the other probes.
func (s *search) throughputBut(last *result.Probe) (most float64) {
	for _, p := range s.of(result.ProbeSaturate) {
		if p != last && p.Verdict != result.ProbeInvalid {
			most = max(most, p.Success.Value)
		}
	}
	return most
}

// length is how long a rate is probed: as long as the scenario says, for as many requests as a
// p95 needs, and until a queue that grows by half the precision shows in every time that the
// SLO bounds. A target with a rate of 1 + e times what it carries falls behind by e·t in t, so
// that the quantile q of the times of a probe of length T is e·q·T above that of a request by
// itself: T ≥ (bound − alone) ÷ (q·e). A shorter probe finds too much.
func (s *search) length(rate float64) time.Duration {
	length := max(s.Probe, seconds(fewestRequests/rate))
	alone := s.best(result.ProbeAlone)
	for _, t := range s.slo {
		q := 0.5 // of the mean
		if t.Metric.Quantile > 0 {
			q = t.Metric.Quantile
		} else if t.Metric != metric.Mean {
			continue
		}
		if alone != nil && (t.Op == "<" || t.Op == "<=") {
			length = max(length, seconds((t.Value-alone.MeanMS)/1000/(q*s.Precision/2)))
		}
	}
	return min(length.Round(time.Second), s.LongestProbe)
}

func seconds(s float64) time.Duration {
	return time.Duration(min(max(s, 0), 86400) * float64(time.Second))
}

// round keeps three digits: "carries 431.7/s" says no more than 432.
func round(rate float64) float64 {
	if rate <= 0 || math.IsInf(rate, 0) {
		return rate
	}
	unit := math.Pow(10, math.Floor(math.Log10(rate))-2)
	return math.Round(rate/unit) * unit
}
