package run

import (
	"fmt"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/wire"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// Load is what a leg puts on its target.
type Load struct {
	// Name is what the scenario calls it; "" where it has one load.
	Name string
	Plan plan.Plan
	attack.Settings
	// ErrorThreshold is the share of failures, 0 to 1, that aborts a leg; 0 never does.
	ErrorThreshold float64
}

// loadsOf are the loads of a scenario.
func loadsOf(sc *scenarios.Scenario) ([]Load, error) {
	var loads []Load
	for _, l := range sc.Loads {
		p, err := plan.New(l.Load)
		if err != nil {
			return nil, fmt.Errorf("load %s: %w", l.Name, err)
		}
		loads = append(loads, Load{l.Name, p, l.Settings, l.ErrorThreshold})
	}
	return loads, nil
}

// stored is the load of passes of these requests in plain values.
func (l *Load) stored(requests []attack.Request) runlog.Load {
	asked := l.Plan.Load()
	pace := pace{l, requests}
	out := runlog.Load{
		Name: l.Name, Type: string(asked.Type), Words: l.Plan.Words() + pace.words(), Open: l.Plan.Open(), Arrivals: string(asked.Arrivals),
		Seed: asked.Seed, Clients: asked.Clients, RatePerS: asked.Rate, DurationS: l.Plan.Duration().Seconds(),
		TimeoutS: l.Timeout.Seconds(), ErrorThreshold: l.ErrorThreshold, Connections: string(l.Connections),
		PauseS: pace.pauses().Seconds(), EveryS: l.Every.Seconds(), ClientS: l.Plan.ClientSeconds(), Requests: len(requests),
	}
	out.Ramp = asked.Type == plan.MaintainClientLoad && asked.From != asked.Clients
	if out.Open {
		out.Pacing = string(l.Pacing)
	}
	if l.Connections == attack.Shared {
		out.MaxConnections = wire.MaxConnections(&attack.Job{Settings: l.Settings})
	}
	return out
}

// RoundTime is how long a round of a scenario takes by its plans: a leg of each of the targets
// named, empty for all, under each load, with its warm-up and its pause.
func RoundTime(sc *scenarios.Scenario, targets []string) (time.Duration, error) {
	loads, err := loadsOf(sc)
	if err != nil {
		return 0, err
	}
	chosen, err := choose(sc.Targets, targets)
	if err != nil {
		return 0, err
	}
	var all time.Duration
	for _, l := range loads {
		all += l.Plan.Duration()
		if sc.Compare != nil {
			all += sc.Compare.WarmUp + sc.Compare.CoolDown
		}
	}
	return time.Duration(len(chosen)) * all, nil
}
