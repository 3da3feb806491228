package stats

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

// The distributions are those of gonum, to the last digit but one.
func TestDistributionsAreGonums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.Float64Range(1e-9, 1-1e-9).Draw(t, "p")
		z := rapid.Float64Range(-9, 9).Draw(t, "z")
		df := rapid.Float64Range(0.5, 200).Draw(t, "df")
		k := rapid.IntRange(0, 300).Draw(t, "k")
		lambda := rapid.Float64Range(0.01, 200).Draw(t, "lambda")
		student := distuv.StudentsT{Sigma: 1, Nu: df}
		x := rapid.SliceOfN(rapid.Float64Range(1, 1e6), 2, 40).Draw(t, "x")
		m, variance := meanVariance(x)
		wantMean, wantVariance := stat.MeanVariance(x, nil)
		for name, c := range map[string]struct{ got, want float64 }{
			"normal quantile":     {normalQuantile(p), distuv.UnitNormal.Quantile(p)},
			"normal survival":     {normalSurvival(z), distuv.UnitNormal.Survival(z)},
			"student quantile":    {studentQuantile(p, df), student.Quantile(p)},
			"student survival":    {studentSurvival(z, df), student.Survival(z)},
			"chi-square survival": {chiSquareSurvival(z, df), distuv.ChiSquared{K: df}.Survival(z)},
			"F survival":          {FSurvival(max(0, z), df, 7), distuv.F{D1: df, D2: 7}.Survival(max(0, z))},
			"chi-square quantile": {chiSquareQuantile(p, df), distuv.ChiSquared{K: df}.Quantile(p)},
			"poisson":             {poissonProbability(k, lambda), distuv.Poisson{Lambda: lambda}.Prob(float64(k))},
			"mean":                {m, wantMean},
			"variance":            {variance, wantVariance},
		} {
			if math.Abs(c.got-c.want) > 1e-12*math.Abs(c.want) {
				t.Errorf("%s: %v, gonum %v", name, c.got, c.want)
			}
		}
	})
	if q := studentQuantile(0.5, 3); q != 0 {
		t.Errorf("the median is %v", q)
	}
}
