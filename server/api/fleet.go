package api

import (
	"net/http"
	"time"

	"github.com/stress-tool/stress/fleet/roster"
	"github.com/stress-tool/stress/server/store"
)

// fleet is where tests with generators get their agents.
type fleet struct {
	Broker string  `json:"broker,omitempty"` // none where agents are started for each run
	Most   int     `json:"most_agents"`
	Agents []agent `json:"agents"`
	// Problem says why nobody knows who is there.
	Problem     string `json:"problem,omitempty"`
	Calibrating bool   `json:"calibrating"`
	Calibrated  string `json:"calibration_problem,omitempty"`
}

type agent struct {
	Name         string        `json:"name"`
	Version      string        `json:"version"`
	Free         bool          `json:"free"`
	CPUs         int           `json:"cpus"`
	CPU          string        `json:"cpu,omitempty"`
	MaxRate      float64       `json:"max_rate,omitempty"`
	MaxClients   int           `json:"max_clients,omitempty"`
	Targets      []string      `json:"targets,omitempty"`
	Private      bool          `json:"private"`
	Calibrations []calibration `json:"calibrations"`
}

type calibration struct {
	CapacityRPS float64   `json:"capacity_rps"`
	LagP99MS    float64   `json:"lag_p99_ms"`
	Engine      string    `json:"engine"`
	Version     string    `json:"version"`
	At          time.Time `json:"at"`
}

func agentOf(a roster.Agent) agent {
	v := agent{a.Name, a.Version, a.Run == "", a.CPUs, a.CPU, a.MaxRate, a.MaxClients, a.Targets, a.Private, []calibration{}}
	for _, c := range a.Calibrations {
		v.Calibrations = append(v.Calibrations, calibration{c.CapacityRPS, c.LagP99MS, c.Engine, c.Version, c.At})
	}
	return v
}

func (a *API) fleet(r *http.Request) (any, error) {
	who := a.Control.Who(r.Context())
	if who == nil {
		return nil, store.ErrNotFound
	}
	v := fleet{Broker: who.Broker, Most: who.Most, Agents: []agent{}, Problem: who.Problem, Calibrating: who.Calibrating, Calibrated: who.Calibrated}
	if who.Roster != nil {
		for _, one := range who.Agents {
			v.Agents = append(v.Agents, agentOf(one))
		}
	}
	return v, nil
}

// calibrate begins to measure the agents; how far that is, [API.fleet] says.
func (a *API) calibrate(r *http.Request) (any, error) {
	if err := a.Control.Calibrate(r.Context()); err != nil {
		return nil, err
	}
	return a.fleet(r)
}
