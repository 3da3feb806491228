package stats

import "math"

// Minus estimates by how much the ratio Sum ÷ Size of a proportion is greater in one sample than in another
// that was taken at the same time: the i-th stretches of both are of the same time. Only stretches in which
// both have values count.
//
// The error is that of the differences from stretch to stretch: what moves both samples alike, such as a
// target that is slow for a while, is in neither. It is never taken for less than that of independent
// values, which is the second answer, and where the differences last over several stretches it is at least
// that of [lastingError]. With fewer than [MinBatches] stretches both errors are NaN and DF 0; without any Value
// is NaN too.
//
// Source: the linearised variance of a difference of two ratios of cluster totals, Cochran, Sampling
// Techniques, §6.3 and §2.12, for clusters that both samples share.
func (c Clusters) Minus(o Clusters) (difference Mean, independent float64) {
	c, o = shared(c, o)
	size, sum := c.Total()
	otherSize, otherSum := o.Total()
	unknown := Mean{Value: sum/size - otherSum/otherSize, SE: math.NaN()}
	if len(c.Size) < MinBatches {
		return unknown, math.NaN()
	}
	p := (sum + otherSum) / (size + otherSize)
	independent = math.Sqrt(p * (1 - p) * (1/size + 1/otherSize))
	d, others := c.deviations(), o.deviations()
	for i := range d {
		d[i] -= others[i]
	}
	out := Mean{Value: unknown.Value, SE: max(independent, MeanOf(d).SE), DF: float64(len(d) - 1)}
	if memoryOf(d, independent) == LastingMemory || dispersion(d, independent) <= dispersionLevel {
		out.SE = max(out.SE, lastingError(d))
	}
	return out, independent
}

// shared are the stretches in which both samples have values, at most [MaxBatches] of them.
func shared(c, o Clusters) (a, b Clusters) {
	n := min(len(c.Size), len(o.Size))
	k := min(n, MaxBatches)
	join := func(c Clusters, part int) (size, sum float64) {
		for i := part * n / k; i < (part+1)*n/k; i++ {
			size, sum = size+c.Size[i], sum+c.Sum[i]
		}
		return size, sum
	}
	for part := range k {
		size, sum := join(c, part)
		otherSize, otherSum := join(o, part)
		if size > 0 && otherSize > 0 {
			a.Size, a.Sum = append(a.Size, size), append(a.Sum, sum)
			b.Size, b.Sum = append(b.Size, otherSize), append(b.Sum, otherSum)
		}
	}
	return a, b
}

// P is the two-sided p of the hypothesis that the mean is 0; NaN where its error is not known.
func (m Mean) P() float64 {
	switch {
	case math.IsNaN(m.SE) || m.DF <= 0:
		return math.NaN()
	case m.Value == 0:
		return 1
	case m.SE == 0:
		return 0
	case math.IsInf(m.DF, 1):
		return 2 * normalSurvival(math.Abs(m.Value/m.SE))
	}
	return 2 * studentSurvival(math.Abs(m.Value/m.SE), m.DF)
}
