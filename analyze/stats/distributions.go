package stats

import (
	"math"

	gonum "gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mathext"
)

// The distributions, by gonum's special functions. Its packages stat and stat/distuv have the
// same, and import its linear algebra, which is 2 MB of every binary.

// normalQuantile is the z below which a standard normal variable lies with probability p.
func normalQuantile(p float64) float64 { return mathext.NormalQuantile(p) }

// normalSurvival is P(X ≥ z) of a standard normal variable.
func normalSurvival(z float64) float64 { return 0.5 * (1 - math.Erf(z/math.Sqrt2)) }

// studentQuantile is the t below which a variable of Student's distribution with df degrees of
// freedom lies with probability p: P(|X| ≥ t) is the regularised incomplete beta function
// I(df/2, 1/2) at df/(t² + df).
func studentQuantile(p, df float64) float64 {
	if p == 0.5 {
		return 0
	}
	x := mathext.InvRegIncBeta(df/2, 0.5, 2*min(p, 1-p))
	return math.Copysign(math.Sqrt(df*(1-x)/x), p-0.5)
}

// studentSurvival is P(X ≥ t) of Student's distribution.
func studentSurvival(t, df float64) float64 {
	tail := 0.5 * mathext.RegIncBeta(df/2, 0.5, df/(t*t+df))
	if t < 0 {
		return 1 - tail
	}
	return tail
}

// chiSquareSurvival is P(X ≥ x) of a chi-square variable with df > 0 degrees of freedom.
func chiSquareSurvival(x, df float64) float64 { return mathext.GammaIncRegComp(df/2, max(0, x)/2) }

// chiSquareQuantile is the x below which a chi-square variable lies with probability p.
func chiSquareQuantile(p, df float64) float64 { return 2 * mathext.GammaIncRegInv(df/2, p) }

// poissonProbability is P(X = k) of a Poisson variable with the mean lambda.
func poissonProbability(k int, lambda float64) float64 {
	logFactorial, _ := math.Lgamma(float64(k) + 1)
	return math.Exp(float64(k)*math.Log(lambda) - lambda - logFactorial)
}

func mean(x []float64) float64 { return gonum.Sum(x) / float64(len(x)) }

// meanVariance is the mean and the variance with n − 1, in two passes with the correction for
// the rounding of the mean (Chan, Golub, LeVeque, The American Statistician 37, 1983).
func meanVariance(x []float64) (m, variance float64) {
	m = mean(x)
	var squares, rounding float64
	for _, v := range x {
		d := v - m
		squares, rounding = squares+d*d, rounding+d
	}
	n := float64(len(x))
	return m, (squares - rounding*rounding/n) / (n - 1)
}
