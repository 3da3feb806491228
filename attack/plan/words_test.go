package plan_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack/plan"
)

func TestWords(t *testing.T) {
	for want, l := range map[string]plan.Load{
		"50 clients spread evenly over 1m0s":                   {Type: plan.ClientsPerTest, Clients: 50, Duration: time.Minute},
		"1 client in bursts on whole seconds over 1m0s":        {Type: plan.ClientsPerTest, Clients: 1, Duration: time.Minute, Arrivals: plan.Burst},
		"50 clients at random over 1m0s":                       {Type: plan.ClientsPerTest, Clients: 50, Duration: time.Minute, Arrivals: plan.Poisson},
		"50 new clients every second for 20s":                  {Type: plan.ClientsPerSecond, Clients: 50, Duration: 20 * second},
		"50 new clients every second for 20s, at random":       {Type: plan.ClientsPerSecond, Clients: 50, Duration: 20 * second, Arrivals: plan.Poisson},
		"50 clients at work for 1m0s":                          {Type: plan.MaintainClientLoad, Clients: 50, Duration: time.Minute},
		"0 to 50 clients over 20s":                             {Type: plan.MaintainClientLoad, HasFrom: true, Clients: 50, Duration: 20 * second},
		"0 to 50 clients over 20s, in bursts on whole seconds": {Type: plan.MaintainClientLoad, HasFrom: true, Clients: 50, Duration: 20 * second, Arrivals: plan.Burst},
		"200 requests/s for 30s":                               {Type: plan.Rate, Rate: 200, Duration: 30 * second},
		"0.5 requests/s for 30s":                               {Type: plan.Rate, Rate: 0.5, Duration: 30 * second},
		"0 to 5 clients over 1s, 5 clients for 2s, at once 1 client, 1 client for 3s": {Type: plan.Stages, Stages: []plan.Stage{
			{Clients: 5, Duration: second}, {Clients: 5, Duration: 2 * second}, {Clients: 1}, {Clients: 1, Duration: 3 * second}}},
		"0 to 10 requests/s over 1s, 10 to 0 requests/s over 2s": {Type: plan.Stages, ByRate: true, Stages: []plan.Stage{
			{Rate: 10, Duration: second}, {Duration: 2 * second}}},
	} {
		if got := must(t, l).Words(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestFaultsAreAllNamed(t *testing.T) {
	for _, c := range []struct {
		load plan.Load
		want []string
	}{
		{plan.Load{}, []string{"type: must be one of"}},
		{plan.Load{Type: plan.ClientsPerTest, Clients: -3, Duration: -1, Arrivals: "odd", From: 1}, []string{
			"clients: must be at least 1, got -3", "duration: must be above 0", "from: has no meaning", "arrivals: must be one of"}},
		{plan.Load{Type: plan.ClientsPerSecond, Clients: 2_000_000_000, Duration: 1, Stages: make([]plan.Stage, 1)}, []string{
			"clients: must be at most 1000000000", "stages: has no meaning"}},
		{plan.Load{Type: plan.Rate, Duration: 1, Clients: 3}, []string{"rate: must be above 0", "clients: has no meaning"}},
		{plan.Load{Type: plan.Rate, Rate: math.NaN(), Duration: 1}, []string{"rate: must be a number"}},
		{plan.Load{Type: plan.Rate, Rate: math.Inf(1), Duration: 1}, []string{"rate: must be a number"}},
		{plan.Load{Type: plan.Rate, Rate: -1, Duration: 1}, []string{"rate: must not be negative"}},
		{plan.Load{Type: plan.Rate, Rate: 1e10, Duration: 1}, []string{"rate: must be at most"}},
		{plan.Load{Type: plan.MaintainClientLoad, Clients: 1, HasFrom: true, From: -1, Duration: 1}, []string{"from: must be at least 0, got -1"}},
		{plan.Load{Type: plan.MaintainClientLoad, Clients: 1, Duration: 1, Arrivals: plan.Poisson}, []string{"arrivals: poisson is for open loads"}},
		{plan.Load{Type: plan.MaintainClientLoad, Clients: 1, HasFrom: true, Duration: 1}, []string{"duration: too short"}},
		{plan.Load{Type: plan.Stages, Duration: 1}, []string{"stages: must name at least one stage", "duration: has no meaning"}},
		{plan.Load{Type: plan.Stages, Stages: []plan.Stage{{Clients: 1}}}, []string{"stages: must last some time"}},
		{plan.Load{Type: plan.Stages, Stages: []plan.Stage{{Duration: 1}}}, []string{"stages: must rise above 0"}},
		{plan.Load{Type: plan.Stages, ByRate: true, Stages: []plan.Stage{{Duration: -1, Rate: -2, Clients: 1}, {Duration: 2, Rate: 1}}}, []string{
			"stages.0.duration: must not be negative", "stages.0.rate: must not be negative", "stages.0.clients: stages name clients or a rate"}},
		{plan.Load{Type: plan.Stages, Stages: []plan.Stage{{Duration: 1, Rate: 1, Clients: -1}}}, []string{"stages.0.rate: stages name", "stages.0.clients: must be at least 0"}},
		{plan.Load{Type: plan.Stages, Stages: []plan.Stage{{Duration: math.MaxInt64, Clients: 1}, {Duration: 1}}}, []string{"stages.1.duration: all stages together"}},
		{plan.Load{Type: plan.Stages, Arrivals: plan.Burst, Stages: []plan.Stage{{Duration: 1500 * time.Millisecond, Clients: 1}}}, []string{"stages.0.duration: must be whole seconds"}},
	} {
		_, err := plan.New(c.load)
		if err == nil {
			t.Errorf("%+v was accepted", c.load)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: %q is missing from\n%v", c.load, want, err)
			}
		}
		if n := strings.Count(err.Error(), "\n") + 1; n != len(c.want) {
			t.Errorf("%+v: %d faults, want %d:\n%v", c.load, n, len(c.want), err)
		}
		var f *plan.Fault
		if !errors.As(err, &f) || f.Key == "" {
			t.Errorf("%+v: no *Fault in %v", c.load, err)
		}
	}
}
