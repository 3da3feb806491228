package plan_test

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/attack/plan"
)

const second = time.Second

// drawLoad draws any valid load of at most a few thousand starts.
func drawLoad(t *rapid.T) plan.Load {
	l := plan.Load{
		Type:     rapid.SampledFrom([]plan.Type{plan.ClientsPerTest, plan.ClientsPerSecond, plan.MaintainClientLoad, plan.Rate, plan.Stages}).Draw(t, "type"),
		Arrivals: rapid.SampledFrom([]plan.Arrivals{"", plan.Even, plan.Burst, plan.Poisson}).Draw(t, "arrivals"),
		Seed:     rapid.Uint64().Draw(t, "seed"),
	}
	duration := rapid.OneOf(rapid.Int64Range(1, 100), rapid.Int64Range(1, int64(30*second)))
	switch l.Type {
	case plan.Rate:
		l.Rate = rapid.Float64Range(1e-3, 100).Draw(t, "rate")
	case plan.Stages:
		l.ByRate = rapid.Bool().Draw(t, "by rate")
		for range rapid.IntRange(1, 6).Draw(t, "stages") {
			s := plan.Stage{Duration: second * time.Duration(rapid.IntRange(0, 10).Draw(t, "seconds"))}
			if l.ByRate {
				s.Rate = rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 50)).Draw(t, "level")
			} else {
				s.Clients = rapid.IntRange(0, 40).Draw(t, "level")
			}
			if l.Arrivals != plan.Burst {
				s.Duration += time.Duration(rapid.Int64Range(0, int64(second)).Draw(t, "fraction"))
			}
			l.Stages = append(l.Stages, s)
		}
		l.Stages[0].Duration += second
		if l.ByRate {
			l.Stages[0].Rate++
		} else {
			l.Stages[0].Clients += 2
		}
	default:
		l.Clients = rapid.IntRange(1, 50).Draw(t, "clients")
		if l.Type == plan.MaintainClientLoad && rapid.Bool().Draw(t, "has from") {
			l.HasFrom, l.From = true, rapid.IntRange(0, 50).Draw(t, "from")
		}
	}
	if l.Type != plan.Stages {
		l.Duration = time.Duration(duration.Draw(t, "duration"))
	}
	if l.Arrivals == plan.Poisson && (l.Type == plan.MaintainClientLoad || l.Type == plan.Stages && !l.ByRate) {
		l.Arrivals = plan.Even
	}
	if l.Type == plan.MaintainClientLoad && l.HasFrom && l.From == 0 {
		l.Duration += 100 * time.Nanosecond // else nobody may join in time
	}
	return l
}

func drawPlan(t *rapid.T) plan.Plan {
	p, err := plan.New(drawLoad(t))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestStartsAreNumberedOrderedAndWithinTheLoad(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		var n uint64
		var last time.Duration
		for s := range p.Starts() {
			if s.N != n {
				t.Fatalf("start %d is numbered %d", n, s.N)
			}
			if s.Due < last || s.Due >= p.Duration() {
				t.Fatalf("start %d is due at %v, after %v, in a load of %v", n, s.Due, last, p.Duration())
			}
			if p.Open() && s.Until != 0 {
				t.Fatalf("start %d of an open load has Until %v", n, s.Until)
			}
			if !p.Open() && (s.Until <= s.Due || s.Until > p.Duration()) {
				t.Fatalf("start %d works from %v until %v in a load of %v", n, s.Due, s.Until, p.Duration())
			}
			last = s.Due
			n++
		}
		if n != p.Count() {
			t.Fatalf("%d starts, Count promised %d", n, p.Count())
		}
	})
}

func TestStartsReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		again, err := plan.New(p.Load())
		if err != nil {
			t.Fatal(err)
		}
		first := slices.Collect(p.Starts())
		if !slices.Equal(first, slices.Collect(p.Starts())) || !slices.Equal(first, slices.Collect(again.Starts())) {
			t.Fatal("the same plan gave other starts")
		}
	})
}

func TestStartsMayBeLeftEarly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		want := min(uint64(rapid.IntRange(1, 20).Draw(t, "want")), p.Count())
		var n uint64
		for range p.Starts() {
			if n++; n == want {
				break
			}
		}
		if n != want {
			t.Fatalf("%d starts, want %d", n, want)
		}
	})
}

func TestBurstStartsOnWholeSeconds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLoad(t)
		l.Arrivals = plan.Burst
		for i := range l.Stages {
			l.Stages[i].Duration = l.Stages[i].Duration.Round(second)
		}
		p, err := plan.New(l)
		var f *plan.Fault
		if errors.As(err, &f) && f.Key == "duration" && l.HasFrom && l.From == 0 && l.Duration < second {
			return // its only whole second is 0, where nobody is at work
		} else if err != nil {
			t.Fatal(err)
		}
		even := l
		even.Arrivals = plan.Even
		if l.Type != plan.MaintainClientLoad {
			if e := must(t, even); p.Open() && e.Count() != p.Count() {
				t.Fatalf("%d starts in bursts, %d evenly", p.Count(), e.Count())
			}
		}
		for s := range p.Starts() {
			if s.Due%second != 0 {
				t.Fatalf("start %d is due at %v", s.N, s.Due)
			}
			if !p.Open() && s.Until != p.Duration() && s.Until%second != 0 {
				t.Fatalf("start %d works until %v", s.N, s.Until)
			}
		}
	})
}

func TestEvenStartsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.IntRange(1, 3000).Draw(t, "clients")
		d := time.Duration(rapid.Int64Range(1, int64(second)).Draw(t, "duration"))
		for s := range must(t, plan.Load{Type: plan.ClientsPerTest, Clients: c, Duration: d}).Starts() {
			if want := time.Duration(int64(s.N) * int64(d) / int64(c)); s.Due != want {
				t.Fatalf("start %d of %d in %v is due at %v, want %v", s.N, c, d, s.Due, want)
			}
		}
		every := must(t, plan.Load{Type: plan.ClientsPerSecond, Clients: c, Duration: d})
		for s := range every.Starts() {
			if want := time.Duration(int64(s.N) * int64(second) / int64(c)); s.Due != want {
				t.Fatalf("start %d of %d a second is due at %v, want %v", s.N, c, s.Due, want)
			}
		}
		// The next one would be due at the end or after it.
		if after := int64(every.Count()) * int64(second); after < int64(d)*int64(c) {
			t.Fatalf("%d starts of %d a second do not fill %v", every.Count(), c, d)
		}
	})
}

// A whole rate, the same rate as a curve, and so many clients every second are one
// load in three spellings.
func TestRateIsTheSameHoweverItIsSpelled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.IntRange(1, 500).Draw(t, "rate")
		d := time.Duration(rapid.Int64Range(1, int64(10*second)).Draw(t, "duration"))
		clients := slices.Collect(must(t, plan.Load{Type: plan.ClientsPerSecond, Clients: c, Duration: d}).Starts())
		rate := slices.Collect(must(t, plan.Load{Type: plan.Rate, Rate: float64(c), Duration: d}).Starts())
		stages := slices.Collect(must(t, plan.Load{Type: plan.Stages, ByRate: true, Stages: []plan.Stage{
			{Rate: float64(c)}, {Rate: float64(c), Duration: d},
		}}).Starts())
		if !slices.Equal(clients, rate) {
			t.Fatal("rate differs from clients-per-second")
		}
		if len(stages) != len(rate) {
			t.Fatalf("%d starts from stages, %d from a rate", len(stages), len(rate))
		}
		for i := range stages {
			if diff := stages[i].Due - rate[i].Due; diff < -1 || diff > 1 {
				t.Fatalf("start %d is due at %v by stages, at %v by rate", i, stages[i].Due, rate[i].Due)
			}
		}
	})
}

// By any instant, the starts due are the area below the rate: never one off.
func TestStartsFollowTheRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLoad(t)
		l.Arrivals = plan.Even
		p := must(t, l)
		if !p.Open() {
			return
		}
		const steps = 20_000
		step := p.Duration() / steps
		if step < 1000 {
			return
		}
		area, i, starts := 0.0, 0, slices.Collect(p.Starts())
		for at := time.Duration(0); at < p.Duration(); at += step {
			for i < len(starts) && starts[i].Due <= at {
				i++
			}
			if tolerance := 1.01 + 0.002*area; math.Abs(float64(i)-area) > tolerance {
				t.Fatalf("%d starts by %v, the rate asks for %v", i, at, area)
			}
			area += p.Rate(at+step/2) * step.Seconds()
		}
	})
}

func TestStageRampHasAClosedForm(t *testing.T) {
	// 0 to 10/s over 10 s is t²/2 starts: start n is due at √(2n).
	p := must(t, plan.Load{Type: plan.Stages, ByRate: true, Stages: []plan.Stage{
		{Rate: 10, Duration: 10 * second}, {Duration: 10 * second}, {Duration: 5 * second}, {Rate: 1}, {Rate: 1, Duration: 2 * second},
	}})
	if p.Count() != 102 {
		t.Fatalf("%d starts, want 50 + 50 + 0 + 2", p.Count())
	}
	for s := range p.Starts() {
		if s.N < 50 {
			want := time.Duration(math.Round(math.Sqrt(2*float64(s.N)) * 1e9))
			if diff := s.Due - want; diff < -1 || diff > 1 {
				t.Fatalf("start %d is due at %v, want %v", s.N, s.Due, want)
			}
		}
		// Start 100 comes with the area 100 already reached at 20 s: it waits for
		// the pause to end.
		if s.N == 100 && s.Due != 25*second || s.N == 101 && s.Due != 26*second {
			t.Fatalf("start %d is due at %v", s.N, s.Due)
		}
	}
}

func TestLoaderIOsDrawing(t *testing.T) {
	// 0 to 50 clients over 20 s: first at 1 s, two or three more each second, the
	// fiftieth at 19 s.
	p := must(t, plan.Load{Type: plan.MaintainClientLoad, HasFrom: true, Clients: 50, Duration: 20 * second, Arrivals: plan.Burst})
	perSecond := map[time.Duration]int{}
	var last plan.Start
	for s := range p.Starts() {
		perSecond[s.Due]++
		last = s
	}
	if perSecond[0] != 0 || last.N != 49 || last.Due != 19*second {
		t.Fatalf("%d at 0 s, client %d last at %v", perSecond[0], last.N, last.Due)
	}
	for at := second; at <= 19*second; at += second {
		if n := perSecond[at]; n < 2 || n > 3 {
			t.Errorf("%d new clients at %v", n, at)
		}
	}
}

func TestTheSeedsForm(t *testing.T) {
	p := must(t, plan.Load{Type: plan.ClientsPerTest, Clients: 50, Duration: time.Minute})
	starts := slices.Collect(p.Starts())
	if len(starts) != 50 || starts[1].Due != 1200*time.Millisecond || starts[49].Due != 58800*time.Millisecond {
		t.Fatalf("50 clients over a minute: %v", starts)
	}
	if math.Abs(p.Rate(0)-50.0/60) > 1e-12 || p.Rate(time.Minute) != 0 || p.Rate(-1) != 0 || p.Population(0) != 0 {
		t.Fatalf("rate %v at 0, %v at the end, population %d", p.Rate(0), p.Rate(time.Minute), p.Population(0))
	}
}

func TestStagesRecreateClients(t *testing.T) {
	p := must(t, plan.Load{Type: plan.Stages, Stages: []plan.Stage{
		{Clients: 2}, {Clients: 2, Duration: second}, {Clients: 1}, {Clients: 1, Duration: second}, {Clients: 7}, {Clients: 3}, {Clients: 3, Duration: second},
	}})
	want := []plan.Start{
		{N: 0, Due: 0, Until: 3 * second}, {N: 1, Due: 0, Until: second},
		{N: 2, Due: 2 * second, Until: 3 * second}, {N: 3, Due: 2 * second, Until: 3 * second},
	}
	if got := slices.Collect(p.Starts()); !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

// A plan keeps nothing of the caller's.
func TestPlanOwnsItsStages(t *testing.T) {
	stages := []plan.Stage{{Clients: 2}, {Clients: 2, Duration: second}}
	p := must(t, plan.Load{Type: plan.Stages, Stages: stages})
	stages[0].Clients = 9
	p.Load().Stages[1].Clients = 9
	if got := p.Words(); got != "at once 2 clients, 2 clients for 1s" {
		t.Fatal(got)
	}
}

type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

func must(t fataler, l plan.Load) plan.Plan {
	t.Helper()
	p, err := plan.New(l)
	if err != nil {
		t.Fatalf("%+v: %v", l, err)
	}
	return p
}
