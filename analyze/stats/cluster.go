package stats

import "math"

// Clusters are a sample in stretches of time: in stretch i, Size[i] values of
// which something adds up to Sum[i]. For a proportion Sum counts the values that
// have the property, for a mean it is their sum, for a rate Size is the stretch's
// seconds and Sum the events in it. The two slices have the same length; a stretch
// without values takes no part.
type Clusters struct {
	Size, Sum []float64
	// Planned says that a plan made the stretches differ, as a ramp of load does. How far
	// each lies from the one before it is then taken for chance, and how far they lie
	// from the whole is not: with the same plan it would be so again.
	Planned bool
	// Bounded says that bursts of slow requests cannot grow for ever, as in a closed load, where
	// all clients wait at most: those of a calm time are then like those of any other.
	Bounded bool
}

// Numbers of stretches. More than MaxBatches are batched: fewer, longer stretches
// see dependence over longer times, and beyond some 30 the interval gains nothing
// (Schmeiser 1982), but a lasting level shows more clearly in 60. Below MinBatches
// dependence cannot be judged at all: in 3 the price would be an interval twice as wide.
const (
	MaxBatches = 60
	MinBatches = 5
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
	out := Clusters{Planned: c.Planned, Bounded: c.Bounded}
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

// deviations are, stretch by stretch, how far the sums lie from the overall ratio: their
// mean is 0, and it errs as the ratio does. Where a plan made them differ they are the
// differences of neighbours ÷ √2, which scatter as much but for what changes slowly.
//
// Source: successive differences, J. von Neumann and others, Ann. Math. Statist. 12 (1941)
// 153; K. Wolter, Introduction to Variance Estimation, §8.2, for samples in an order.
func (c Clusters) deviations() []float64 {
	size, sum := c.Total()
	k := float64(len(c.Size))
	out := make([]float64, len(c.Size))
	for i := range out {
		out[i] = (c.Sum[i]/size - sum/size*(c.Size[i]/size)) * k
	}
	if !c.Planned {
		return out
	}
	for i := range len(out) - 1 {
		out[i] = (out[i+1] - out[i]) / math.Sqrt2
	}
	return out[:max(0, len(out)-1)]
}

// Ratio estimates Sum ÷ Size over the whole sample with its standard error, by the
// linearised variance of a ratio of cluster totals (Cochran, Sampling Techniques,
// §6.3), and the degrees of freedom that the error stands on. Where the level lasts
// over several stretches, or where they differ by so much that it could, the error is at
// least that of [lastingError]. With fewer than [MinBatches] stretches se is NaN and df 0.
func (c Clusters) Ratio() (value, se, df float64) { return c.RatioBeside(0) }

// RatioBeside is [Clusters.Ratio] where it is known how far independent values would
// err, which tells a level that lasts from chance; 0 stands for not known.
func (c Clusters) RatioBeside(independent float64) (value, se, df float64) {
	c = c.Batch(MaxBatches)
	size, sum := c.Total()
	if size == 0 {
		return math.NaN(), math.NaN(), 0
	}
	if len(c.Size) < MinBatches {
		return sum / size, math.NaN(), 0
	}
	d := c.deviations()
	se, df = MeanOf(d).SE, float64(len(d)-1)
	if memoryOf(d, independent) == LastingMemory || dispersion(d, independent) <= dispersionLevel {
		se = max(se, lastingError(d))
	}
	return sum / size, se, df
}

// Skew is how skewed the ratio is as an estimate: the skewness of the stretches over the
// root of their number. Fewer than [enoughLags] do not show it, and it is 0.
func (c Clusters) Skew() float64 {
	d := c.Batch(MaxBatches).deviations()
	k := float64(len(d))
	if k < enoughLags {
		return 0
	}
	m := MeanOf(d)
	var cubes float64
	for _, v := range d {
		cubes += math.Pow(v-m.Value, 3)
	}
	sd := m.SE * math.Sqrt(k)
	if sd == 0 {
		return 0
	}
	return cubes * k / ((k - 1) * (k - 2)) / math.Pow(sd, 3) / math.Sqrt(k)
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
	return c.effective(confidence, math.Inf(1))
}

// EffectiveBeyond is [Clusters.Effective] of the values up to a quantile. Where stretches differ
// by more than independent ones would, what lies beyond it comes in bursts, and the error stands
// on the stretches that have a part in them: its degrees of freedom are their number less one,
// that of [MinBatches] at least.
func (c Clusters) EffectiveBeyond(confidence float64) (n float64, known bool) {
	b := c.Batch(MaxBatches)
	if len(b.Size) < MinBatches {
		return c.Effective(confidence)
	}
	size, sum := b.Total()
	p := sum / size
	if dispersion(b.deviations(), math.Sqrt(p*(1-p)/size)) > dispersionLevel {
		return c.Effective(confidence)
	}
	below, above := b.sides()
	return c.effective(confidence, max(MinBatches, min(count(below), count(above)))-1)
}

// effective is what the sample is worth with so many degrees of freedom at most.
func (c Clusters) effective(confidence, most float64) (n float64, known bool) {
	size, with := c.Total()
	p := with / size
	_, se, df := c.RatioBeside(math.Sqrt(p * (1 - p) / size))
	if df == 0 {
		return size, false
	}
	if p <= 0 || p >= 1 {
		return size, true
	}
	few := T(confidence, min(df, most)) / Z(confidence)
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

// sides says of each stretch whether it has values up to the quantile, and beyond it.
func (c Clusters) sides() (below, above []bool) {
	below, above = make([]bool, len(c.Size)), make([]bool, len(c.Size))
	for i := range c.Size {
		below[i], above[i] = c.Sum[i] > 0, c.Sum[i] < c.Size[i]
	}
	return below, above
}

func count(hit []bool) (n float64) {
	for _, h := range hit {
		if h {
			n++
		}
	}
	return n
}

// rarely is by how much a sample with nothing beyond the quantile must be rarer than the
// tail of the interval, for its chance is an estimate: an open load's queue that was calm for a
// minute seems to have more bursts, and smaller ones. Fewer than [enoughLags] stretches could
// not show that many bursts; where they differ the figure carries a doubt.
const rarely = 5

// QuantileRanks is the interval of the q-quantile of a sample whose stretches count, as
// Sum, the values up to that quantile: [QuantileRanksWithin] what the sample is worth.
//
// An end that is open by that rule is closed at the sample's last value where the
// stretches show that a sample with nothing beyond the quantile would be rare: see
// [noneBeyond]. Dependence widens an interval by how much the values of a burst count
// together, but a bound needs one burst only. That takes at least as many values
// as independent ones would, and a level that does not last.
func (c Clusters) QuantileRanks(q, confidence float64) Ranks {
	size, sum := c.Total()
	n := int64(size)
	worth, _ := c.EffectiveBeyond(confidence)
	r := QuantileRanksWithin(n, worth, q, confidence)
	p := sum / size
	if r.Lo > 0 && r.Hi <= n || n < MinSample(q, confidence) || c.Memory(math.Sqrt(p*(1-p)/size)) == LastingMemory {
		return r
	}
	b := c.Batch(MaxBatches)
	if len(b.Size) < MinBatches {
		return r
	}
	tail := (1 - confidence) / 2
	if !c.Bounded && len(b.Size) >= enoughLags {
		tail /= rarely
	}
	below, above := b.sides()
	if r.Lo == 0 && noneBeyond(below) <= tail {
		r.Lo = 1
	}
	if r.Hi > n && noneBeyond(above) <= tail {
		r.Hi = n
	}
	return r
}

// noneBeyond estimates the chance that no stretch of such a sample has a value beyond its
// quantile, from those that have: hit. It is the greater of two answers: that of stretches
// that are hit independently, and that of a chain in which the one before matters,
// with half a case added to each count.
//
// Source: the blocks estimator of the extremal index (Smith and Weissman, JRSS B 56 (1994)
// 515): bursts of extremes, not extremes, are what comes independently.
func noneBeyond(hit []bool) float64 {
	k := float64(len(hit))
	var hits, again, ended float64 // again: not hit after not hit
	for i, h := range hit {
		if h {
			hits++
		}
		if i > 0 && !hit[i-1] {
			if h {
				ended++
			} else {
				again++
			}
		}
	}
	if hits == k {
		return 0
	}
	free := 1 - hits/k
	chain := (again + 0.5) / (again + ended + 1)
	return max(math.Pow(free, k), free*math.Pow(chain, k-1))
}
