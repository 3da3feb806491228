package plan_test

import (
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/stats"
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
			if _, level := stats.AndersonExponential(gaps(p)); level <= 0.05 {
				shape++
			}
			if _, level := stats.AndersonExponentialKnown(gaps(p), p.Duration().Seconds()/float64(p.Count())); level <= 0.01 {
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
		if _, level := stats.AndersonExponential(gaps(even)); level > 0.01 {
			t.Errorf("%s: taken for random at %v", even.Words(), level)
		}
		if _, level := stats.AndersonExponentialKnown(gaps(even), even.Duration().Seconds()/float64(even.Count())); level > 0.01 {
			t.Errorf("%s: taken for random at %v", even.Words(), level)
		}
	}
}
