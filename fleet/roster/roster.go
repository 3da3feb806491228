// Package roster is who a fleet has: its agents, as their leases and calibrations tell.
package roster

import (
	"cmp"
	"context"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/stress-tool/stress/fleet/calibration"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/internal/words"
)

// Schema is the version of a [Roster] as JSON. Fields may be added, none is renamed.
const Schema = 1

// Roster are the agents of a broker.
type Roster struct {
	Schema int     `json:"schema"` // [Schema]
	Broker string  `json:"broker"` // its address, without a password
	Agents []Agent `json:"agents"` // by their names; never nil
}

// Agent is one of them. Limits of zero are none.
type Agent struct {
	Name       string   `json:"name"`
	Version    string   `json:"version"`
	CPUs       int      `json:"cpus"`
	CPU        string   `json:"cpu,omitempty"`
	Quota      float64  `json:"cpu_quota,omitempty"`
	MemoryMB   int64    `json:"memory_mb,omitempty"`
	MaxRate    float64  `json:"max_rate,omitempty"`
	MaxClients int      `json:"max_clients,omitempty"`
	Targets    []string `json:"targets,omitempty"`
	Private    bool     `json:"private"`       // nobody on its way to the broker reads what it is sent
	Run        string   `json:"run,omitempty"` // that it is at work for; "" waits for one
	LeaseAgeS  float64  `json:"lease_age_s"`
	// Calibrations are what it can send, one for each engine; empty where nobody has measured that.
	Calibrations []calibration.Record `json:"calibrations,omitempty"`
}

// Of asks a broker who is there. It sends no load.
func Of(ctx context.Context, conn *nats.Conn) (*Roster, error) {
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	leases, _, err := link.Buckets(ctx, js)
	if err != nil {
		return nil, err
	}
	all := &Roster{Schema: Schema, Broker: link.Shown(conn.ConnectedUrl()), Agents: []Agent{}}
	held, err := link.Leases(ctx, leases)
	if err != nil {
		return nil, fmt.Errorf("broker %s: %w", all.Broker, err)
	}
	measured, err := link.Calibrations(ctx, js)
	if err != nil {
		return nil, err
	}
	for _, l := range held {
		m := l.Machine
		a := Agent{
			Name: l.Name, Version: l.Version, CPUs: m.CPUs, CPU: m.CPU, Quota: m.Quota, MemoryMB: m.MemoryMB, MaxRate: l.MaxRate,
			MaxClients: l.MaxClients, Targets: l.Targets, Private: l.Private, Run: l.Run, LeaseAgeS: l.Age.Seconds(),
		}
		if a.Calibrations, err = link.Measured(ctx, measured, l.Name); err != nil {
			return nil, fmt.Errorf("broker %s: %w", all.Broker, err)
		}
		all.Agents = append(all.Agents, a)
	}
	return all, nil
}

// Free are the names of the agents that wait for a run.
func (r *Roster) Free() []string {
	var all []string
	for _, a := range r.Agents {
		if a.Run == "" {
			all = append(all, a.Name)
		}
	}
	return all
}

// Processors are how many an agent may use: "4", or "0.5 of 4" where its control group gives it less than its
// machine has.
func (a Agent) Processors() string {
	if a.Quota > 0 {
		return fmt.Sprintf("%s of %d", words.Significant(a.Quota, 3), a.CPUs)
	}
	return fmt.Sprint(a.CPUs)
}

// Limits are those that an agent was started with, in words.
func (a Agent) Limits() string {
	return cmp.Or(wire.Hello{MaxRate: a.MaxRate, MaxClients: a.MaxClients, Targets: a.Targets}.Limits(), "none")
}
