// Package calibration is what each agent of a fleet can send: measured once, kept, and held against a plan before
// any load is sent.
package calibration

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/untrusted"
)

// Schema is the version of a stored [Record].
const Schema = 1

// Record is what one agent could send to a server that does nothing.
type Record struct {
	Schema  int            `json:"schema"`
	Agent   string         `json:"agent"` // its name
	Machine runlog.Machine `json:"machine"`
	// Engine is what sent, "rawhttp" or "nethttp", and Version the program's.
	Engine  string `json:"engine"`
	Version string `json:"version"`
	// CapacityRPS is how many requests per second were answered when a fixed number of clients, each on a connection of its
	// own, asked again as soon as it had its answer: the throughput of a closed loop, in which the server had a part of the
	// machine. It is no rate that was offered, and nothing was looked for beyond which the generator is late. LagP99MS is
	// how late one request in a hundred was sent then, in milliseconds.
	CapacityRPS float64   `json:"capacity_rps"`
	LagP99MS    float64   `json:"lag_p99_ms"`
	At          time.Time `json:"at"`
}

// Parse reads a stored record. It may come from anyone: one of another schema, or with values that no agent
// can have, is an error.
func Parse(b []byte) (Record, error) {
	var r Record
	if err := untrusted.CheckSchema(b, "calibration", Schema); err != nil {
		return r, err
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return Record{}, fmt.Errorf("calibration: %w", err)
	}
	err := untrusted.Check(&r)
	switch {
	case err != nil:
	case r.Agent == "":
		err = fmt.Errorf("agent: %w empty", untrusted.ErrBounds)
	case !(r.CapacityRPS > 0):
		err = fmt.Errorf("capacity_rps: %w %v: measure anew", untrusted.ErrBounds, r.CapacityRPS)
	case r.LagP99MS < 0:
		err = fmt.Errorf("lag_p99_ms: %w %v", untrusted.ErrBounds, r.LagP99MS)
	}
	if err != nil {
		return Record{}, fmt.Errorf("calibration: %w", err)
	}
	return r, nil
}

// Share is a part of a plan and the agent that is to have it.
type Share struct {
	Agent   string
	Machine runlog.Machine // where it is now
	Weight  float64        // how much larger than a share of weight 1; 0 is 1
	Engine  string         // what will send it
	Capped  bool           // it was started with --max-rate, and so is not measured
}

// Reserve is how much more than its share an agent must be able to send: a target takes more of a processor than
// a server that does nothing, and a calibration is of another day.
const Reserve = 1.3

// Check is what a fleet can send, held against a plan.
type Check struct {
	// RPS is the greatest rate of which no agent's share exceeds its capacity, in requests per second; 0 where nothing
	// is known of an agent.
	RPS float64
	// Enough says that it is [Reserve] times what was asked, or that it is not known.
	Enough bool
	// Words say it: "3 agents can send about 140 000/s, 200 000/s were asked".
	Words string
}

// Of holds the shares of a plan of so many requests per second, at its busiest, against what was measured of their
// agents, whichever record of an agent with its engine on its machine is the newest. A plan without a rate asks for 0, as one of
// clients does, and is enough. A share that nothing is known of is said.
func Of(records []Record, shares []Share, asked float64) Check {
	var weights float64
	for _, s := range shares {
		weights += s.weight()
	}
	most, weakest, unknown, remedy := math.Inf(1), "", []string(nil), "; one with --max-rate is not measured"
	for _, s := range shares {
		r, known := s.newest(records)
		if !known {
			if unknown = append(unknown, s.Agent); !s.Capped {
				remedy = ": measure it with stress fleet calibrate"
			}
			continue
		}
		if can := r.CapacityRPS / (s.weight() / weights); can < most {
			most, weakest = can, s.Agent
		}
	}
	fleet := words.Counted(len(shares), "agent")
	switch {
	case len(shares) == 0:
		return Check{Enough: true}
	case len(unknown) > 0:
		return Check{Enough: true, Words: fmt.Sprintf("it is not known what %s can send (%s)%s", fleet, words.List(unknown, 3), remedy)}
	}
	c := Check{RPS: most, Enough: asked*Reserve <= most}
	c.Words = fmt.Sprintf("%s can send about %s/s", fleet, rate(most))
	if asked > 0 {
		c.Words += fmt.Sprintf(", %s/s were asked", rate(asked))
	}
	if !c.Enough && asked <= most {
		c.Words += fmt.Sprintf(": less than %s times as much, which a target that does something takes", words.Times(Reserve))
	}
	if !c.Enough && len(shares) > 1 {
		c.Words += "; " + runlog.AgentNamed(weakest) + " is the first at its limit"
	}
	return c
}

func (s Share) weight() float64 {
	if s.Weight > 0 {
		return s.Weight
	}
	return 1
}

// newest is the newest record of the agent of a share, on its machine and by the engine that will send it.
func (s Share) newest(records []Record) (found Record, known bool) {
	for _, r := range records {
		if r.Agent == s.Agent && r.Engine == s.Engine && sameMachine(r.Machine, s.Machine) && (!known || r.At.After(found.At)) {
			found, known = r, true
		}
	}
	return found, known
}

// sameMachine reports that two machines are of one kind, as far as sending load goes: a kernel may be newer.
func sameMachine(a, b runlog.Machine) bool {
	return a.OS == b.OS && a.Arch == b.Arch && a.CPU == b.CPU && a.CPUs == b.CPUs && a.Quota == b.Quota
}

// Capacities are what the agents of shares can send, in requests per second, in their order. The error names those of
// which that is not known, and says what to do.
func Capacities(records []Record, shares []Share) ([]float64, error) {
	all := make([]float64, len(shares))
	var unknown []string
	remedy := "measure it with `stress fleet calibrate`, or leave shares out"
	for i, s := range shares {
		r, known := s.newest(records)
		if all[i] = r.CapacityRPS; !known {
			if unknown = append(unknown, s.Agent); s.Capped {
				remedy = "one with --max-rate is not measured: start it without, or leave shares out"
			}
		}
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("generators.shares: capacity: it is not known what %s can send with the engine %s on the machines that they are on: %s",
			words.List(unknown, 3), shares[0].Engine, remedy)
	}
	return all, nil
}

// rate writes a rate with two digits: nobody measures it more exactly.
func rate(v float64) string { return words.Significant(v, 2) }
