package plan_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack/plan"
)

// gaps are the seconds between neighbouring starts.
func gaps(p plan.Plan) []float64 {
	var out []float64
	last := time.Duration(-1)
	for s := range p.Starts() {
		if last >= 0 {
			out = append(out, (s.Due - last).Seconds())
		}
		last = s.Due
	}
	return out
}

// A Poisson process has exponential gaps. With the rate of each drawing estimated
// the test must refuse as many drawings as its level says: fewer would be more even
// than chance. Held against the rate that was asked for it refuses hardly any, for
// the number of starts is not left to chance.
func TestPoissonGapsAreExponential(t *testing.T) {
	for _, l := range []plan.Load{
		{Type: plan.ClientsPerTest, Clients: 500, Duration: time.Minute},
		{Type: plan.ClientsPerSecond, Clients: 50, Duration: 10 * time.Second},
		{Type: plan.Rate, Rate: 8.25, Duration: time.Minute},
	} {
		const drawings = 400
		shape, rate := 0, 0
		for seed := range uint64(drawings) {
			l.Arrivals, l.Seed = plan.Poisson, seed
			p := must(t, l)
			if _, level := andersonExponential(gaps(p)); level <= 0.05 {
				shape++
			}
			if _, level := andersonExponentialKnown(gaps(p), p.Duration().Seconds()/float64(p.Count())); level <= 0.01 {
				rate++
			}
		}
		words := must(t, l).Words()
		t.Logf("%s: %d and %d of %d drawings refused", words, shape, rate, drawings)
		if shape < 7 || shape > 33 { // three standard deviations about 20
			t.Errorf("%s: %d of %d drawings refused at 5 %%", words, shape, drawings)
		}
		if rate > 4 {
			t.Errorf("%s: %d of %d drawings refused at 1 %% and the rate asked for", words, rate, drawings)
		}
		l.Arrivals = plan.Even
		even := must(t, l)
		if _, level := andersonExponential(gaps(even)); level > 0.01 {
			t.Errorf("%s: taken for random at %v", even.Words(), level)
		}
		if _, level := andersonExponentialKnown(gaps(even), even.Duration().Seconds()/float64(even.Count())); level > 0.01 {
			t.Errorf("%s: taken for random at %v", even.Words(), level)
		}
	}
}

func TestPoissonCountsAreUniform(t *testing.T) {
	const n, cells = 20_000, 20
	for _, l := range []plan.Load{
		{Type: plan.ClientsPerTest, Clients: n, Duration: time.Minute},
		{Type: plan.Rate, Rate: 333.25, Duration: time.Minute},
	} {
		l.Arrivals, l.Seed = plan.Poisson, 7
		p := must(t, l)
		var counts [cells]float64
		for s := range p.Starts() {
			counts[int64(s.Due)*cells/int64(p.Duration())]++
		}
		want, chi2 := float64(p.Count())/cells, 0.0
		for _, c := range counts {
			chi2 += (c - want) * (c - want) / want
		}
		if chi2 > 43.8 { // 0.999 of chi-square with 19 degrees
			t.Errorf("%s: chi-square %.1f over %d cells", p.Words(), chi2, cells)
		}
	}
}

func TestPoissonDependsOnItsSeed(t *testing.T) {
	l := plan.Load{Type: plan.ClientsPerTest, Clients: 20, Duration: time.Minute, Arrivals: plan.Poisson, Seed: 1}
	one := slices.Collect(must(t, l).Starts())
	l.Seed = 2
	if slices.Equal(one, slices.Collect(must(t, l).Starts())) {
		t.Fatal("two seeds, one sequence")
	}
}
