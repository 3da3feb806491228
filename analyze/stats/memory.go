package stats

import "math"

// Memory is for how long what was, goes on: how far stretches of time that follow one
// another resemble one another. It decides how far a figure of these stretches tells of
// others.
type Memory int

const (
	// ShortMemory: stretches do not resemble their neighbours more than others.
	ShortMemory Memory = iota
	// UnknownMemory: stretches differ by more than chance, and are too few to show for
	// how long.
	UnknownMemory
	// LastingMemory: stretches resemble their neighbours.
	LastingMemory
)

const (
	// fewestLags is how many stretches a correlation between neighbours takes to be
	// seen, and enoughLags how many take it for granted that a lasting one is.
	fewestLags = 8
	enoughLags = 20
	// Levels of the two tests. Each is laxer than it would be alone: in a sample of
	// independent values both together find something in one of a hundred.
	dispersionLevel = 0.10
	neighbourLevel  = 0.05
	// shortLevel is that of the first test where nothing but it is to be had.
	shortLevel = 0.005
	// mostlyBrief is how likely it is, before anybody looks, that stretches which differ by
	// more than independent values would have no memory of each other.
	mostlyBrief = 0.75
)

// Memory judges how long the level of the sample lasts. independent is how far the ratio
// would err if all values were independent, 0 where that is not known.
func (c Clusters) Memory(independent float64) Memory {
	c = c.Batch(MaxBatches)
	if len(c.Size) < MinBatches {
		return ShortMemory
	}
	return memoryOf(c.deviations(), independent)
}

// memoryOf makes two tests of deviations: whether they differ by more than independent
// values would (chi-square, of the dispersion), and whether neighbours resemble one
// another (von Neumann's ratio, in the form of the lag-1 correlation, whose mean is −1/k
// and whose variance (k−2)/(k²−1) where nothing does).
//
// Source: J. von Neumann, Ann. Math. Statist. 12 (1941) 367.
func memoryOf(d []float64, independent float64) Memory {
	k := float64(len(d))
	differ := 0.
	if independent > 0 {
		differ = dispersion(d, independent)
	}
	if len(d) >= fewestLags && differ <= dispersionLevel {
		resemble := (AutoCorrelation(d, 1) + 1/k) * math.Sqrt((k*k-1)/(k-2))
		if normalSurvival(resemble) <= neighbourLevel {
			return LastingMemory
		}
	}
	if independent > 0 && len(d) < enoughLags && differ <= shortLevel {
		return UnknownMemory
	}
	return ShortMemory
}

// dispersion is the p of the first test; 1 where it is not known how far independent values
// would err.
func dispersion(d []float64, independent float64) float64 {
	if independent <= 0 {
		return 1
	}
	k := float64(len(d))
	return chiSquareSurvival((k-1)*square(MeanOf(d).SE/independent), k-1)
}

// Models of a level that lasts: a share of the variance of a stretch is that of a
// first-order autoregression whose correlation falls to 1/e within so many stretches,
// given as a part of all of them; the rest is the stretch's own.
var (
	lastingParts  = []float64{1. / 60, 1. / 40, 1. / 25, 1. / 16, 1. / 10, 1. / 6, 1. / 4, 1. / 2.5, 1. / 1.6}
	lastingShares = []float64{0.2, 0.4, 0.6, 0.8, 1}
)

// leastLasting is the shortest memory in stretches that is told from none.
const leastLasting = 0.4

// lastingError is the standard error of the mean of deviations whose level may last, such that
// Student's t with k − 1 degrees of freedom makes a 95 % interval of it.
//
// A lag-1 correlation alone, as (1+r)/(1−r), misses most of the error where the memory
// is long: r is estimated too low, and what it is not known by counts most. So all models
// of [lastingParts], and one without memory, are weighed by how well they explain the cosine
// transform of the deviations, whose terms are all but independent, with the variance that
// each model gives them; and the interval is that of the mixture.
//
// Source: U. K. Müller, J. Bus. Econ. Statist. 32 (2014) 311, for inference on the cosine
// transform of a series near a first-order autoregression; P. Whittle, Ark. Mat. 2 (1953)
// 423, for the likelihood.
func lastingError(d []float64) float64 {
	power := cosinePower(d)
	k := float64(len(d))
	var models []lasting
	for _, part := range lastingParts {
		if part*k < leastLasting {
			continue
		}
		for _, share := range lastingShares {
			models = append(models, weigh(power, math.Exp(-1/(part*k)), share))
		}
	}
	brief := weigh(power, 0, 0)
	brief.likelihood += math.Log(float64(len(models)) * mostlyBrief / (1 - mostlyBrief))
	models = append(models, brief)
	const confidence = 0.95
	return mixedHalfWidth(models, k-1, confidence) / T(confidence, k-1)
}

// lasting is a model: the standard error of the mean that it gives, and the logarithm of
// how likely the data is under it.
type lasting struct{ se, likelihood float64 }

// weigh fits a model's variance to the powers of the cosine transform.
func weigh(power []float64, rho, share float64) lasting {
	k := float64(len(power) + 1)
	var sum, logs float64
	for j, p := range power {
		omega := math.Pi * float64(j+1) / k
		s := 1 - share + share*(1-rho*rho)/(1+rho*rho-2*rho*math.Cos(omega))
		sum += p / s
		logs += math.Log(s)
	}
	// The variance of the mean of k values of an autoregression, in units of theirs ÷ k.
	level := (1+rho)/(1-rho) - 2*rho*(1-math.Pow(rho, k))/(k*square(1-rho))
	return lasting{
		se:         math.Sqrt(sum / (k - 1) * (1 - share + share*level) / k),
		likelihood: -logs/2 - (k-1)/2*math.Log(sum),
	}
}

// cosinePower are the squared coefficients of the discrete cosine transform, but for the
// mean's.
func cosinePower(d []float64) []float64 {
	k := len(d)
	power := make([]float64, k-1)
	for j := range power {
		var sum float64
		for i, v := range d {
			sum += v * math.Cos(math.Pi*float64(j+1)*(float64(i)+0.5)/float64(k))
		}
		power[j] = sum * sum * 2 / float64(k)
	}
	return power
}

// mixedHalfWidth is the half-width that the models together, each Student's t of its own
// scale, exceed with a chance of 1 − confidence.
func mixedHalfWidth(models []lasting, df, confidence float64) float64 {
	best, widest := math.Inf(-1), 0.
	for _, m := range models {
		best, widest = max(best, m.likelihood), max(widest, m.se)
	}
	beyond := func(half float64) float64 {
		var all, out float64
		for _, m := range models {
			if weight := math.Exp(m.likelihood - best); weight > 1e-6 {
				all += weight
				out += weight * 2 * studentSurvival(half/m.se, df)
			}
		}
		return out / all
	}
	lo, hi := 0., widest*T(confidence, df)
	for range 40 {
		if middle := (lo + hi) / 2; beyond(middle) > 1-confidence {
			lo = middle
		} else {
			hi = middle
		}
	}
	return hi
}
