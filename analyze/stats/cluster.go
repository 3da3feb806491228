package stats

import "math"

// Clusters are a sample in stretches of time: in stretch i, Size[i] values of
// which something adds up to Sum[i]. For a proportion Sum counts the values that
// have the property, for a mean it is their sum, for a rate Size is the stretch's
// seconds and Sum the events in it. The two slices have the same length; a stretch
// without values takes no part.
type Clusters struct{ Size, Sum []float64 }

// Numbers of stretches. More than MaxBatches are batched: fewer, longer stretches
// see dependence over longer times, and beyond 30 the interval gains nothing
// (Schmeiser 1982). Below MinBatches dependence cannot be judged at all.
const (
	MaxBatches = 30
	MinBatches = 6
	// pairAbove is the lag-1 correlation of batches at which two neighbours are made
	// one: with 30 independent batches chance exceeds it once in 20.
	pairAbove = 0.3
)

// Total is the sum of all sizes and of all sums.
func (c Clusters) Total() (size, sum float64) {
	for i := range c.Size {
		size += c.Size[i]
		sum += c.Sum[i]
	}
	return size, sum
}

// Batch joins neighbouring stretches, evenly by number, into at most limit ones,
// and drops empty ones.
func (c Clusters) Batch(limit int) Clusters {
	n := len(c.Size)
	k := min(n, limit)
	var out Clusters
	for b := range k {
		var size, sum float64
		for i := b * n / k; i < (b+1)*n/k; i++ {
			size += c.Size[i]
			sum += c.Sum[i]
		}
		if size > 0 {
			out.Size, out.Sum = append(out.Size, size), append(out.Sum, sum)
		}
	}
	return out
}

// decorrelated batches to at most [MaxBatches] and then joins neighbours as long
// as they still resemble each other and at least ten remain: the rule of batch
// means, "grow the batch until the means are uncorrelated".
func (c Clusters) decorrelated() Clusters {
	c = c.Batch(MaxBatches)
	for len(c.Size) >= 20 && AutoCorrelation(c.residuals(), 1) > pairAbove {
		c = c.Batch(len(c.Size) / 2)
	}
	return c
}

// residuals are Sum[i] − r·Size[i] with r the overall ratio; they add up to zero.
func (c Clusters) residuals() []float64 {
	size, sum := c.Total()
	r := sum / size
	out := make([]float64, len(c.Size))
	for i := range out {
		out[i] = c.Sum[i] - r*c.Size[i]
	}
	return out
}

// Ratio estimates Sum ÷ Size over the whole sample with its standard error, by the
// linearised variance of a ratio of cluster totals (Cochran, Sampling Techniques,
// §6.3), and the degrees of freedom that the error stands on. With fewer than
// [MinBatches] stretches se is NaN and df 0.
func (c Clusters) Ratio() (value, se, df float64) {
	c = c.decorrelated()
	size, sum := c.Total()
	k := float64(len(c.Size))
	if size == 0 {
		return math.NaN(), math.NaN(), 0
	}
	if k < MinBatches {
		return sum / size, math.NaN(), 0
	}
	var squares float64
	for _, r := range c.residuals() {
		squares += r * r
	}
	return sum / size, math.Sqrt(k/(k-1)*squares) / size, k - 1
}

// Effective is how many independent values the sample is worth when it estimates a
// proportion: n ÷ deff, where deff ≥ 1 is the variance between stretches over the
// variance of independent draws, widened for the few stretches it rests on by
// (t/z)² (Korn and Graubard 1998). known is false, and the answer n, when there
// are fewer than [MinBatches] stretches; a proportion of 0 or 1 has no variance to
// compare and is worth n.
//
// Used at a quantile this is Woodruff's interval (JASA 47 (1952) 635): the
// quantile's error is read off the error of the proportion at or below it.
func (c Clusters) Effective(confidence float64) (n float64, known bool) {
	size, _ := c.Total()
	p, se, df := c.Ratio()
	if df == 0 {
		return size, false
	}
	if p <= 0 || p >= 1 {
		return size, true
	}
	few := T(confidence, df) / Z(confidence)
	deff := se * se * few * few / (p * (1 - p) / size)
	return size / max(1, deff), true
}

// QuantileRanksWithin is [QuantileRanks] for n values that are worth only
// effective independent ones: the ranks at that smaller sample, stretched to n and
// rounded outwards.
func QuantileRanksWithin(n int64, effective, q, confidence float64) Ranks {
	m := min(n, int64(effective))
	if m < 1 {
		return Ranks{Lo: 0, Hi: n + 1, Coverage: 1}
	}
	r := QuantileRanks(m, q, confidence)
	stretch := float64(n) / float64(m)
	if r.Lo > 0 {
		r.Lo = int64(float64(r.Lo-1)*stretch) + 1
	}
	if r.Hi > m {
		r.Hi = n + 1
	} else {
		r.Hi = min(n, int64(math.Ceil(float64(r.Hi)*stretch)))
	}
	return r
}
