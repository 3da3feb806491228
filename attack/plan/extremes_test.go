package plan_test

import (
	"math"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack/plan"
)

func TestExtremes(t *testing.T) {
	const most = 1_000_000_000
	long := time.Duration(math.MaxInt64)
	for _, l := range []plan.Load{
		{Type: plan.ClientsPerTest, Clients: 1_000_000, Duration: 1},
		{Type: plan.ClientsPerTest, Clients: 1_000_000, Duration: 24 * time.Hour},
		{Type: plan.ClientsPerTest, Clients: most, Duration: long},
		{Type: plan.ClientsPerSecond, Clients: most, Duration: 1},
		{Type: plan.ClientsPerSecond, Clients: most, Duration: long},
		{Type: plan.Rate, Rate: most, Duration: long},
		{Type: plan.Rate, Rate: most - 0.5, Duration: long},
		{Type: plan.Rate, Rate: 1e-9, Duration: 1},
		{Type: plan.MaintainClientLoad, Clients: 1_000_000, Duration: 1},
		{Type: plan.MaintainClientLoad, HasFrom: true, Clients: most, Duration: long},
		{Type: plan.MaintainClientLoad, HasFrom: true, From: most, Clients: 1, Duration: long},
		{Type: plan.MaintainClientLoad, HasFrom: true, Clients: most, Duration: long, Arrivals: plan.Burst},
		{Type: plan.Stages, Stages: []plan.Stage{{Clients: most, Duration: long - 1}, {Duration: 1}}},
		{Type: plan.Stages, ByRate: true, Stages: []plan.Stage{{Rate: most, Duration: long - 1}, {Duration: 1}}},
		{Type: plan.ClientsPerSecond, Clients: 1_000_000, Duration: long, Arrivals: plan.Poisson},
		{Type: plan.ClientsPerSecond, Clients: most, Duration: long, Arrivals: plan.Burst},
	} {
		p := must(t, l)
		n, last := 0, time.Duration(0)
		for s := range p.Starts() {
			if s.Due < last || s.Due >= p.Duration() || !p.Open() && (s.Until <= s.Due || s.Until > p.Duration()) {
				t.Fatalf("%s: %+v after %v", p.Words(), s, last)
			}
			last = s.Due
			if n++; n == 10_000 {
				break
			}
		}
		if p.Count() == 0 || uint64(n) > p.Count() {
			t.Fatalf("%s: count %d, saw %d starts", p.Words(), p.Count(), n)
		}
		for _, at := range []time.Duration{0, 1, p.Duration() / 2, p.Duration() - 1} {
			if n := p.Population(at); n < 0 || n > most {
				t.Fatalf("%s: population %d at %v", p.Words(), n, at)
			}
			if r := p.Rate(at); math.IsNaN(r) || math.IsInf(r, 0) || r < 0 {
				t.Fatalf("%s: rate %v at %v", p.Words(), r, at)
			}
		}
	}
}

func TestAMillionPoissonStarts(t *testing.T) {
	p := must(t, plan.Load{Type: plan.ClientsPerTest, Clients: 1_000_000, Duration: 24 * time.Hour, Arrivals: plan.Poisson})
	var n uint64
	for range p.Starts() {
		n++
	}
	if n != 1_000_000 {
		t.Fatalf("%d starts", n)
	}
}

func TestNothingIsAllocatedPerStart(t *testing.T) {
	allocs := func(l plan.Load) float64 {
		p := must(t, l)
		return testing.AllocsPerRun(5, func() {
			for range p.Starts() {
			}
		})
	}
	for _, arrivals := range []plan.Arrivals{plan.Even, plan.Burst, plan.Poisson} {
		for _, load := range []func(n int) plan.Load{
			func(n int) plan.Load { return plan.Load{Type: plan.ClientsPerTest, Clients: n, Duration: time.Minute} },
			func(n int) plan.Load { return plan.Load{Type: plan.Rate, Rate: float64(n) + 0.5, Duration: second} },
			func(n int) plan.Load {
				return plan.Load{Type: plan.MaintainClientLoad, HasFrom: true, Clients: n, Duration: time.Minute}
			},
		} {
			few, many := load(10), load(10_000)
			few.Arrivals, many.Arrivals = arrivals, arrivals
			if arrivals == plan.Poisson && few.Type == plan.MaintainClientLoad {
				continue
			}
			if a, b := allocs(few), allocs(many); a != b {
				t.Errorf("%s, %s: %v allocations for 10 starts, %v for 10 000", few.Type, arrivals, a, b)
			}
		}
	}
}
