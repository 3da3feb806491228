package stats

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Block is what one stretch of time holds: Counts[i] times the value Values[i]. The
// two slices have the same length, their order is free. A block without values
// takes no part.
type Block struct{ Values, Counts []float64 }

const (
	// resamples is odd so that the ends are order statistics, (resamples+1)·tail of
	// them from either side (Davison and Hinkley, Bootstrap Methods, §5.2.1).
	resamples = 1999
	// minBeyond is the number of values beyond a quantile under which resampling only
	// shuffles the few largest.
	minBeyond = 10
)

// QuantileRatio encloses the q-quantile of a ÷ that of b within one run, by nearest
// rank, where a and b are its stretches in order of time. Stretches that follow one
// another resemble one another, so about ∛k neighbours of k are drawn together
// from a circle (Politis and Romano 1992; the length after Hall, Horowitz and Jing,
// Biometrika 82 (1995) 561). The interval is the percentile one, its tails
// expanded for the few draws it rests on (Hesterberg, The American Statistician 69
// (2015) 371). It covers the noise within this run and no other.
//
// The same arguments, seed included, give the same interval. It is open on both
// sides where fewer than 10 values lie beyond the quantile, or the draws are too
// few for the confidence: below 10 stretches for 0.95. Nothing is known where
// a quantile is not positive.
//
// BCa would be second-order better for a mean. For a quantile it is not to be had:
// its acceleration comes from the jackknife, which fails there.
func QuantileRatio(a, b []Block, q, confidence float64, seed uint64) Interval {
	mustBeShare("quantile", q)
	mustBeShare("confidence", confidence)
	above, below := newStretches(a), newStretches(b)
	va, vb := above.quantile(above.whole(), q), below.quantile(below.whole(), q)
	if !(va > 0 && vb > 0) {
		return unknown()
	}
	iv := Interval{va / vb, 0, math.Inf(1)}
	if min(above.size(), below.size())*min(q, 1-q) < minBeyond {
		return iv
	}
	d := int(expandedTail(confidence, min(above.draws(), below.draws())) * (resamples + 1))
	if d == 0 {
		return iv
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	ratios := make([]float64, resamples)
	for i := range ratios {
		ratios[i] = above.quantile(above.resample(rng), q) / below.quantile(below.resample(rng), q)
	}
	slices.Sort(ratios)
	if math.IsNaN(ratios[0]) { // both quantiles of a resample are 0
		return iv
	}
	iv.Lo, iv.Hi = ratios[d-1], ratios[resamples-d]
	return iv
}

// expandedTail is the share of resamples to leave out at either end when they rest
// on so many draws: Φ(−t·√(n/(n−1))) with n − 1 degrees of freedom.
func expandedTail(confidence float64, draws int) float64 {
	if draws < 2 {
		return 0
	}
	n := float64(draws)
	return distuv.UnitNormal.Survival(T(confidence, n-1) * math.Sqrt(n/(n-1)))
}

// stretches are blocks made ready for drawing: the distinct values sorted, and per
// block how many it has of which.
type stretches struct {
	values []float64
	blocks [][]cell
	// together is how many neighbours are drawn as one.
	together int
}

type cell struct {
	at    int // index in values
	count float64
}

func newStretches(blocks []Block) *stretches {
	var s stretches
	for _, b := range blocks {
		s.values = append(s.values, b.Values...)
	}
	slices.Sort(s.values)
	s.values = slices.Compact(s.values)
	for _, b := range blocks {
		if len(b.Values) == 0 {
			continue
		}
		cells := make([]cell, len(b.Values))
		for i, v := range b.Values {
			at, _ := slices.BinarySearch(s.values, v)
			cells[i] = cell{at, b.Counts[i]}
		}
		s.blocks = append(s.blocks, cells)
	}
	s.together = max(1, int(math.Round(math.Cbrt(float64(len(s.blocks))))))
	return &s
}

func (s *stretches) size() float64 {
	var n float64
	for _, b := range s.blocks {
		for _, c := range b {
			n += c.count
		}
	}
	return n
}

// draws is how many independent draws make up one resample.
func (s *stretches) draws() int { return len(s.blocks) / s.together }

// whole names every block once.
func (s *stretches) whole() []int {
	all := make([]int, len(s.blocks))
	for i := range all {
		all[i] = i
	}
	return all
}

// resample names as many blocks as there are, by drawing runs of neighbours.
func (s *stretches) resample(rng *rand.Rand) []int {
	k := len(s.blocks)
	drawn := make([]int, 0, k+s.together)
	for len(drawn) < k {
		first := rng.IntN(k)
		for i := range s.together {
			drawn = append(drawn, (first+i)%k)
		}
	}
	return drawn[:k]
}

// quantile is the smallest value with at least q of all values of the named blocks
// at or below it; NaN without values.
func (s *stretches) quantile(blocks []int, q float64) float64 {
	counts := make([]float64, len(s.values))
	var n float64
	for _, b := range blocks {
		for _, c := range s.blocks[b] {
			counts[c.at] += c.count
			n += c.count
		}
	}
	var below float64
	for i, count := range counts {
		below += count
		if count > 0 && below >= q*n {
			return s.values[i]
		}
	}
	return math.NaN()
}
