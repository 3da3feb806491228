package compare

import (
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
)

// Rounds from which an interval at 95 % can have two ends.
const (
	FewestPairs  = 6 // signed ranks: 2·2⁻⁶ = 0.031
	fewestRounds = 4 // rank sums, 4 against 4: 2/70 = 0.029
)

// Fewest is how many rounds an interval takes: pairs, or rounds on each side.
func Fewest(paired bool) int {
	if paired {
		return FewestPairs
	}
	return fewestRounds
}

// LeastP is the smallest two-sided p that n rounds can give, when every one of them
// lies beyond the margin.
func LeastP(n int, paired bool) float64 {
	if paired {
		return math.Pow(2, float64(1-n))
	}
	p := 2.
	for i := 1; i <= n; i++ { // over the binomial coefficient of 2n and n
		p *= float64(i) / float64(n+i)
	}
	return p
}

// RoundsForChecks is how many rounds it takes for one of so many checks to fail.
func RoundsForChecks(checks int, paired bool, level float64) int {
	n := Fewest(paired)
	for float64(checks)*LeastP(n, paired) > level {
		n++
	}
	return n
}

// Contrast is one figure of the candidate held against the baseline's, before words.
type Contrast struct {
	// Ratio is candidate ÷ baseline; the value is NaN where a figure is not above 0.
	Ratio stats.Interval
	// Baseline and Candidate are the median of the rounds' figures, or what the legs give
	// together; their N is the requests behind each, least those of the smallest round.
	Baseline, Candidate   float64
	BaselineN, CandidateN uint64
	least                 uint64
	// Rounds is the number of pairs, or the smaller number of rounds of two runs; 0
	// where the interval stands on the requests of the legs.
	Rounds int
	paired bool
	// ThinBaseline and ThinCandidate say that the side has a round with too few requests for
	// the percentile. The highest percentile that these requests allow stands in its place, so
	// that the true ratio is at most, or at least, the one here.
	ThinBaseline, ThinCandidate bool
	// SD is the standard deviation of the logarithms: of the ratios in pairs, or of the
	// rounds on a side; 0 where fewer than two rounds show none.
	SD float64
	// x and y are the logarithms of the rounds' figures, the baseline's and the
	// candidate's.
	x, y []float64
}

// ContrastOf compares one metric: a quantile, the mean or a rate. Nothing is known where
// the metric has no ratio or the picks cannot be compared.
func ContrastOf(of metric.Metric, baseline, candidate Pick, confidence float64) Contrast {
	f, ok := figureOf(of)
	f.orHighest = true
	m, err := meet(baseline, candidate)
	if !ok || err != nil {
		nan := math.NaN()
		return Contrast{Ratio: stats.Interval{Value: nan, Lo: math.Inf(-1), Hi: math.Inf(1)}, Baseline: nan, Candidate: nan}
	}
	return m.contrast(f, confidence)
}

// basis is what the intervals of a meeting stand on.
type basis int

const (
	onRounds basis = iota // ranks over enough rounds
	onPools               // the requests of a run's few rounds together
	onLegs                // the requests of one leg on each side
	// onNothing is for a few rounds of two runs: their requests pooled would hide how
	// far rounds differ.
	onNothing
)

// basis takes the best that the rounds allow.
func (m *meeting) basis() basis {
	switch fewer := m.rounds(); {
	case fewer >= Fewest(m.paired):
		return onRounds
	case len(m.baseline) == 1 && len(m.candidate) == 1:
		return onLegs
	case m.paired && m.pooled(0) != nil && m.pooled(1) != nil:
		return onPools
	}
	return onNothing
}

// rounds is the number of pairs, or the smaller number of rounds.
func (m *meeting) rounds() int { return min(len(m.baseline), len(m.candidate)) }

func (m *meeting) contrast(f figure, confidence float64) Contrast {
	k := Contrast{paired: m.paired}
	b, c := m.samples(0), m.samples(1)
	switch m.basis() {
	case onLegs:
		k.within(f.of(b[0]), f.of(c[0]))
	case onPools:
		k.within(f.of(m.pooled(0)), f.of(m.pooled(1)))
	default:
		k.Rounds = m.rounds()
		k.over(f, b, c, confidence)
	}
	return k
}

// within takes the ratio from two intervals of requests.
func (k *Contrast) within(b, c result.Estimate) {
	k.Baseline, k.Candidate, k.BaselineN, k.CandidateN = b.Value, c.Value, b.N, c.N
	k.least = min(b.N, c.N)
	k.Ratio = stats.Ratio(c.Interval(), b.Interval())
}

// over takes the ratio from the rounds' figures: by signed ranks of the ratios where
// they are pairs, else by rank sums.
func (k *Contrast) over(f figure, b, c []*result.Pool, confidence float64) {
	var least [2]uint64
	k.Baseline, k.BaselineN, least[0], k.x = read(f, b)
	k.Candidate, k.CandidateN, least[1], k.y = read(f, c)
	k.least, k.ThinBaseline, k.ThinCandidate = min(least[0], least[1]), f.thin(least[0]), f.thin(least[1])
	var log stats.Interval
	if k.paired {
		d := k.ratios()
		log, k.SD = stats.PseudoMedian(d, confidence), deviation(d)
	} else {
		log, k.SD = stats.Shift(k.x, k.y, confidence), deviation(k.x, k.y)
	}
	k.Ratio = stats.Interval{Value: math.Exp(log.Value), Lo: math.Exp(log.Lo), Hi: math.Exp(log.Hi)}
}

// read takes the figure of each round: in the middle, with the requests of all rounds and
// of the smallest, and as logarithms.
func read(f figure, rounds []*result.Pool) (middle float64, n, least uint64, logs []float64) {
	values := make([]float64, len(rounds))
	logs = make([]float64, len(rounds))
	least = math.MaxUint64
	for i, p := range rounds {
		e := f.read(p)
		values[i], logs[i] = e.Value, math.Log(e.Value)
		n += e.N
		least = min(least, e.N)
	}
	return median(values), n, least, logs
}

// ratios are the logarithms of candidate ÷ baseline, pair by pair.
func (k *Contrast) ratios() []float64 {
	d := make([]float64, len(k.y))
	for i := range d {
		d[i] = k.y[i] - k.x[i]
	}
	return d
}

// PAt is the two-sided p that the true ratio is this; NaN without a test.
func (k Contrast) PAt(ratio float64) float64 {
	mu := math.Log(ratio)
	if k.Rounds == 0 || math.IsNaN(mu) {
		return math.NaN()
	}
	if k.paired {
		_, p := stats.SignedRank(k.ratios(), mu)
		return p
	}
	shifted := make([]float64, len(k.y))
	for i, y := range k.y {
		shifted[i] = y - mu
	}
	_, p := stats.MannWhitney(k.x, shifted)
	return p
}

// Detectable is the smallest ratio, above 1, that these rounds would show 8 times out
// of 10; 0 where it is not known.
func (k Contrast) Detectable() float64 {
	if !(k.SD > 0) {
		return 0
	}
	d := math.Exp(stats.Detectable(k.SD, k.Rounds, k.paired, result.Confidence, result.Power))
	if math.IsInf(d, 0) {
		return 0
	}
	return d
}

// roundsToSettle is about how many rounds would tell, 8 times out of 10, whether the
// sides are the same within [sameRatio] or differ: whichever of the two is easier if
// the truth is the ratio found. 0 where the rounds do not say how they scatter, or
// scatter so much that no number would do.
func (k Contrast) roundsToSettle() int {
	found := math.Abs(math.Log(k.Ratio.Value))
	if !(k.SD > 0) || math.IsNaN(found) || math.IsInf(found, 0) {
		return 0
	}
	n := stats.RoundsFor(k.SD, max(found, math.Log(sameRatio)-found), k.paired, result.Confidence, result.Power)
	if n == 0 {
		return 0
	}
	return max(n, k.Rounds+1, Fewest(k.paired))
}

// deviation is the standard deviation within the groups; 0 where none has two values,
// or one is not finite.
func deviation(groups ...[]float64) float64 {
	var squares, df float64
	for _, g := range groups {
		var mean float64
		for _, v := range g {
			mean += v / float64(len(g))
		}
		for _, v := range g {
			squares += (v - mean) * (v - mean)
		}
		df += float64(max(0, len(g)-1))
	}
	if df == 0 || math.IsNaN(squares) || math.IsInf(squares, 0) {
		return 0
	}
	return math.Sqrt(squares / df)
}

// median of an even number is half-way between the two in the middle; NaN of none.
func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	n := len(s)
	if n == 0 {
		return math.NaN()
	}
	return s[(n-1)/2]/2 + s[n/2]/2
}
