package scenarios

import (
	"sync"
	"time"

	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
)

// capacitySpec is the key capacity.
type capacitySpec struct {
	slo                      at[[]at[threshold.Threshold]]
	arrivals                 at[string]
	precision, firstRate     at[float64]
	probe, longestProbe      at[time.Duration]
	warmUp, coolDown, budget at[time.Duration]
}

// Search is how `stress capacity` looks for the load that each target carries.
type Search struct {
	// SLO is what must hold for a rate to count as carried; threshold.Parse reads each. At
	// least one.
	SLO      []string
	Arrivals plan.Arrivals
	// Precision is how close to each other the largest rate that holds and the smallest that
	// breaks are to be brought: a share above 0.
	Precision float64
	// FirstRate is the rate to begin with, per second; 0 is found.
	FirstRate float64
	// Probe is the least time of a probe, LongestProbe the most. WarmUp is the beginning of
	// the same load before each, which no figure counts, CoolDown the pause before that.
	Probe, LongestProbe, WarmUp, CoolDown time.Duration
	// Budget is the time for all of it; 0 is no bound.
	Budget time.Duration
	// Alone says that the scenario has no load but those of the search.
	Alone bool
}

// The defaults of a search.
const (
	defaultPrecision    = 0.05
	defaultProbe        = 10 * time.Second
	defaultLongestProbe = 2 * time.Minute
	defaultProbeWarmUp  = 2 * time.Second
	defaultProbePause   = time.Second
)

var capacityForm = sync.OnceValue(func() form[capacitySpec] {
	return object(
		field("slo", listOf(thresholdForm(), "a list of at least one threshold", 1), func(c *capacitySpec) *at[[]at[threshold.Threshold]] { return &c.slo },
			"What must hold for a rate to count as carried: thresholds, each judged by the interval of its figure.").required(),
		field("arrivals", oneOf(string(plan.Poisson), string(plan.Even)), func(c *capacitySpec) *at[string] { return &c.arrivals },
			"How requests arrive. poisson: at random, as those of people who know nothing of each other do; even: at equal distances, under which the same service carries up to twice as much.").or(`"poisson"`),
		field("precision", percent(100), func(c *capacitySpec) *at[float64] { return &c.precision },
			"How close to each other the largest rate that holds and the smallest that breaks are to be brought.").or(`"5%"`),
		field("first_rate", perSecond(true), func(c *capacitySpec) *at[float64] { return &c.firstRate },
			"The rate to begin with, in requests per second.").or("what the replicas do when each serves one request after the other"),
		field("probe", duration(1), func(c *capacitySpec) *at[time.Duration] { return &c.probe },
			"The least time of a probe. It lasts longer where the slo and the precision ask for that: a queue that grows by half the precision must show in every time that the slo bounds.").or(`"10s"`),
		field("longest_probe", duration(1), func(c *capacitySpec) *at[time.Duration] { return &c.longestProbe },
			"The most time of a probe.").or(`"2m"`),
		field("warm_up", duration(0), func(c *capacitySpec) *at[time.Duration] { return &c.warmUp },
			"Before each probe, the beginning of the same load, this long; no figure counts it.").or(`"2s"`),
		field("cool_down", duration(0), func(c *capacitySpec) *at[time.Duration] { return &c.coolDown },
			"Pause before each probe.").or(`"1s"`),
		field("budget", duration(1), func(c *capacitySpec) *at[time.Duration] { return &c.budget },
			"Time for the whole search, shared by the targets. What it did not suffice for is said."),
	)
})

// search is the search that was asked for; nil for none.
func (b *builder) search(s scenarioSpec) *Search {
	if !s.capacity.ok() {
		return nil
	}
	c := s.capacity.value
	out := &Search{
		SLO: b.thresholds(s, c.slo), Arrivals: plan.Poisson, Precision: defaultPrecision, FirstRate: c.firstRate.value,
		Probe: defaultProbe, LongestProbe: defaultLongestProbe, WarmUp: defaultProbeWarmUp, CoolDown: defaultProbePause,
		Budget: c.budget.value, Alone: s.onlySearches(),
	}
	if c.arrivals.ok() {
		out.Arrivals = plan.Arrivals(c.arrivals.value)
	}
	for into, d := range map[*time.Duration]at[time.Duration]{&out.Probe: c.probe, &out.LongestProbe: c.longestProbe, &out.WarmUp: c.warmUp, &out.CoolDown: c.coolDown} {
		if d.ok() {
			*into = d.value
		}
	}
	if c.precision.ok() {
		if out.Precision = c.precision.value; out.Precision < 0.01 {
			b.fault(c.precision.node, "must be at least 1%", "a search that is to be closer ends nowhere")
		}
	}
	if out.LongestProbe < out.Probe {
		at := c.longestProbe
		if !at.given() {
			at = c.probe
		}
		b.fault(at.node, "makes the longest probe shorter than the least: "+out.LongestProbe.String()+" and "+out.Probe.String(), "")
	}
	return out
}

// onlySearches reports that the loads of a scenario are left to its search.
func (s scenarioSpec) onlySearches() bool {
	return s.capacity.given() && !s.load.given() && !s.loads.given()
}

// searchedLoad stands for the load of a scenario that only searches: every probe has a load of its own,
// with these settings.
func searchedLoad() Workload {
	return Workload{
		Load:     plan.Load{Type: plan.Rate, Rate: 1, Duration: defaultProbe, Arrivals: plan.Even},
		Settings: attack.Settings{Timeout: DefaultTimeout, Pacing: attack.Precise, Connections: attack.Shared},

		ErrorThreshold: DefaultErrorThreshold, ResolveEvery: DefaultResolveEvery,
	}
}

// storedSearch is the key in run.json.
type storedSearch struct {
	SLO          []string      `json:"slo"`
	Arrivals     plan.Arrivals `json:"arrivals"`
	Precision    float64       `json:"precision"` // of 1
	FirstRate    float64       `json:"first_rate,omitempty"`
	Probe        string        `json:"probe"`
	LongestProbe string        `json:"longest_probe"`
	WarmUp       string        `json:"warm_up"`
	CoolDown     string        `json:"cool_down"`
	Budget       string        `json:"budget,omitempty"`
}

func storeSearch(s *Search) *storedSearch {
	if s == nil {
		return nil
	}
	out := &storedSearch{
		SLO: s.SLO, Arrivals: s.Arrivals, Precision: s.Precision, FirstRate: s.FirstRate, Probe: s.Probe.String(),
		LongestProbe: s.LongestProbe.String(), WarmUp: s.WarmUp.String(), CoolDown: s.CoolDown.String(),
	}
	if s.Budget > 0 {
		out.Budget = s.Budget.String()
	}
	return out
}
