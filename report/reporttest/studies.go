package reporttest

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/capacity"
	"github.com/stress-tool/stress/analyze/queueing"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// Studies are one of two targets with a decision; one of each verdict, without; one of six sizes, whose
// saturation has a model; and one of texts that try to break the report.
func Studies(t testing.TB) map[string]*result.Study {
	t.Helper()
	return map[string]*result.Study{
		"study":         hypermarketStudy("Hypermarket", 1, 3),
		"study-sizes":   concluded(studyOf("lab by replicas", 1, 2, 3, 4, 6, 8), nil),
		"study-early":   earlyStudy(),
		"study-tainted": taintedStudy(),
	}
}

// loadOf is an estimate of so many answers.
func loadOf(v, spread float64, n uint64) result.Estimate {
	return result.Estimate{Value: v, Lo: result.Bound(v * (1 - spread)), Hi: result.Bound(v * (1 + spread)), Confidence: result.Confidence, N: n}
}

// studyOf is a study of replicas with four workers of 25 ms each, as queues have it.
func studyOf(name string, replicas ...int) *result.Study {
	began := time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC)
	s := &result.Study{
		Schema: result.StudySchema, Name: name, Started: began, Ended: began.Add(9*time.Minute + 30*time.Second),
		Tool: runlog.Tool{Version: "v1", Go: "go1.27"}, Machine: runlog.Machine{OS: "linux", Arch: "amd64", Kernel: "6.1", CPU: "a processor", CPUs: 4},
		SLO: []string{"p95 < 250ms", "error_rate < 1%", "lost == 0"}, Arrivals: "poisson", Precision: 0.05,
	}
	for _, n := range replicas {
		s.Configurations = append(s.Configurations, sizedConfiguration(fmt.Sprintf("replicas-%d", n), n))
	}
	return s
}

// sizedConfiguration carries 155/s a replica.
func sizedConfiguration(target string, n int) result.Capacity {
	full := 160 * float64(n)
	held, broken := math.Round(.97*full), full
	c := result.Capacity{Target: target, Replicas: n, Verdict: result.CapacityFound, HeldRPS: held, BrokenRPS: broken, Confirmed: true,
		Sentence: fmt.Sprintf("%s carries between %g/s and %g/s with p95 < 250ms, error_rate < 1%% and lost == 0", target, held, broken)}
	probe := func(kind result.ProbeKind, rate float64, clients int, verdict result.ProbeVerdict, why string, done, p95, mean float64) {
		failed, lost := result.Estimate{Lo: 0, Hi: .004, Confidence: result.Confidence, N: 800}, result.Estimate{N: 800}
		ended := loadOf(done, .02, 800)
		dir := fmt.Sprintf("probes/%03d-%s-%s", len(c.Probes)+1, target, kind)
		c.Probes = append(c.Probes, result.Probe{Dir: dir, Page: dir + "/report.html", Kind: kind, RateRPS: rate, Clients: clients, LoadS: 10, Verdict: verdict, Why: why, N: uint64(10 * done),
			Success: ended, P95: loadOf(p95, .06, 800), MeanMS: mean, InFlight: done * mean / 1000, Ended: &ended, ErrorRate: &failed, Lost: &lost})
	}
	probe(result.ProbeAlone, 0, 1, result.ProbeHeld, "", 39, 37, 25.6)
	probe(result.ProbeSearch, full/4, 0, result.ProbeHeld, "", full/4, 37, 25.7)
	probe(result.ProbeSearch, full/2, 0, result.ProbeHeld, "", full/2, 39, 26)
	probe(result.ProbeSearch, broken, 0, result.ProbeBroken, "p95 was 420 ms, above 250 ms", .99*full, 420, 210)
	probe(result.ProbeSearch, held, 0, result.ProbeHeld, "", held, 120, 60)
	probe(result.ProbeConfirm, held, 0, result.ProbeHeld, "", held, 128, 62)
	probe(result.ProbeSaturate, 0, 8*n, result.ProbeHeld, "", full, 62, 50)
	c.Alone = &c.Probes[0]
	saturation := c.Probes[len(c.Probes)-1].Success
	c.Saturation = &saturation
	return c
}

// aloneLegs are the times of one client of each target: log-normal, around 25 ms.
func aloneLegs(s *result.Study) map[string]*result.Leg {
	legs := map[string]*result.Leg{}
	for _, c := range s.Configurations {
		l := &result.Leg{Target: c.Target}
		l.Service.N = 390
		for i := range 200 {
			q := (float64(i) + .5) / 200
			l.Curve = append(l.Curve, result.CurvePoint{Q: q, MS: 24.2 * math.Exp(.25*math.Sqrt2*math.Erfinv(2*q-1))})
		}
		legs[c.Target] = l
	}
	return legs
}

// concluded is a study with what models say of it, and what follows.
func concluded(s *result.Study, of *capacity.Case) *result.Study {
	legs, workers := aloneLegs(s), capacity.Workers(s.Configurations)
	for i := range s.Configurations {
		if c := &s.Configurations[i]; c.Alone != nil {
			c.Forecast, _ = capacity.Expected(c, legs[c.Target], workers, queueing.Poisson, 0) // of a leg with a distribution
		}
		s.Configurations[i].Limits = []string{"34 % of the processors of this machine were taken: they are not the limit"}
	}
	growth, err := capacity.StudyGrowth(s)
	if s.Growth = growth; err != nil {
		s.NoGrowth = err.Error()
	}
	capacity.Conclude(s, of)
	return s
}

// hypermarketStudy decides between a server and containers.
func hypermarketStudy(name string, replicas ...int) *result.Study {
	s := studyOf(name, replicas...)
	price := func(amount float64, line int) capacity.Price {
		return capacity.Price{Amount: amount, Source: "a list", Date: time.Date(2026, 6, 9, 0, 0, 0, 0, time.UTC), Place: fmt.Sprintf("decision.yaml:%d", line)}
	}
	cloud := &capacity.Cloud{NodeHour: price(0.0832, 12), BalancerHour: price(0.0225, 13)}
	old := price(60, 8)
	old.Date = time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)
	profile := make([]float64, 24)
	for h := range profile {
		profile[h] = 1 + math.Sin(float64(h-12)*math.Pi/12)
	}
	of := capacity.Case{
		Name: name, Currency: "EUR", Limits: []string{"the database is not scaled"},
		Demand: capacity.Demand{Now: 170, Peak: 2, Profile: profile, Growth: 0.25, Years: 1},
		Options: []capacity.Option{
			{Name: "the single server", Target: "replicas-1", Month: old},
			{Name: "three containers", Target: "replicas-3", Cloud: cloud},
			{Name: "six containers", Nodes: 6, Held: 920, Cloud: cloud},
			{Name: "our own three", Nodes: 3, Held: 500, Own: &capacity.Own{Purchase: price(1400, 20), Years: 5, Spares: .05, Watts: 100, PUE: 1.5, KWh: price(0.12, 24), StaffHours: 2, StaffHour: price(50, 26)}},
			{Name: "a larger server", Nodes: 1, Held: 300, Month: price(310, 30)},
		},
	}
	return concluded(s, &of)
}

// earlyStudy ended before it was done: one target is doomed, one not measured, of one the generator was the limit.
func earlyStudy() *result.Study {
	s := studyOf("shop", 3)
	s.Stopped = "it was interrupted"
	c := &s.Configurations[0]
	c.Verdict, c.BrokenRPS, c.Confirmed = result.CapacityAtLeast, 0, false
	c.Sentence = "replicas-3 carries at least 466/s with p95 < 250ms, error_rate < 1% and lost == 0: at 960/s the generator was the limit"
	c.Notes = []string{"466/s was not shown to hold for longer than its probe"}
	for i := range c.Probes {
		if p := &c.Probes[i]; p.Verdict == result.ProbeBroken {
			p.RateRPS, p.Verdict, p.Why = 960, result.ProbeInvalid, "the generator was the limit: requests were sent late"
		}
	}
	s.Configurations = append(s.Configurations,
		result.Capacity{Target: "till", Verdict: result.CapacityDoomed, Sentence: "till does not keep p95 < 250ms even for one client by itself: p95 was 300 ms", Probes: []result.Probe{
			{Dir: "probes/008-till-alone-1-clients", Kind: result.ProbeAlone, Clients: 1, LoadS: 10, Verdict: result.ProbeBroken, Why: "p95 was 300 ms", N: 40, P95: loadOf(300, .1, 40), MeanMS: 250}}},
		result.Capacity{Target: "cluster", Verdict: result.CapacityUnknown, Sentence: "cluster was not measured: it was interrupted", Notes: []string{"the search ended before it was done: it was interrupted"}})
	return concluded(s, nil)
}

// taintedStudy has texts that try to break a report wherever others can put text.
func taintedStudy() *result.Study {
	s := hypermarketStudy(failing, 1, 3)
	for i := range s.Configurations {
		c := &s.Configurations[i]
		c.Target, c.Sentence, c.Notes, c.Limits = failing, failing, []string{failing}, []string{failing}
		for k := range c.Probes {
			p := &c.Probes[k]
			p.Dir, p.Page, p.Why = failing, failing, failing
		}
	}
	s.SLO, s.Arrivals, s.Stopped, s.Headline, s.Confidence, s.Limits, s.NoGrowth = []string{failing}, failing, failing, failing, failing, []string{failing}, failing
	s.Machine.CPU, s.Machine.Kernel, s.Tool.Version = failing, failing, failing
	for i := range s.Decision.Options {
		s.Decision.Options[i].Name, s.Decision.Options[i].Parts[0].From, s.Decision.Options[i].Parts[0].Formula = failing, failing, failing
	}
	return s
}
