package result

import (
	"cmp"
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/runlog"
)

// Fleet is how the agents did that put a leg's load on together.
type Fleet struct {
	Agents []Agent `json:"agents"`
	// AlignedMS is how far the same second of two agents may lie apart when the leg began: the bounds within which
	// their clocks are known, those of the two worst. DriftPPM is by how much the clock of one of them ran
	// faster or slower than the lead's, in microseconds per second, of the worst. nil: not measured.
	AlignedMS *float64 `json:"aligned_ms,omitempty"`
	DriftPPM  *float64 `json:"drift_ppm,omitempty"`
	// Words are the fleet in a line: "3 agents, clocks aligned within ±0.18 ms of each other (drift 3 µs/s)".
	Words string `json:"words"`
	// Shares says who has how much of the plan where that follows from what each could send when it was measured: "shares
	// by measured capacity: agent n1 has 78 % of the plan (57 000 requests/s) and agent n2 has 22 % of the plan
	// (16 000 requests/s)"; "" where it does not.
	Shares string `json:"shares,omitempty"`
	// Agreement says in words whether the agents' times agree, and Witness whether the witness agrees with the
	// others; "" without one.
	Agreement string `json:"agreement"`
	Witness   string `json:"witness,omitempty"`
}

// Agent is how one of several generators of a leg did.
type Agent struct {
	Name    string         `json:"name"`
	Version string         `json:"version"`
	Machine runlog.Machine `json:"machine"`
	Witness bool           `json:"witness,omitempty"`
	// CapacityRPS is what it could send when that was measured, in requests per second, where its share follows from
	// that; 0 where it does not. Clients is the most that its share of a closed load has at one time.
	CapacityRPS float64 `json:"capacity_rps,omitempty"`
	Clients     int     `json:"clients,omitempty"`
	// Planned = Sent + Dropped + Skipped, and Unsure is how many of Dropped a lost agent may have sent. UnknownS is for
	// how many seconds one of a closed load may have sent in which nobody counted.
	Planned  uint64  `json:"planned"`
	Sent     uint64  `json:"sent"`
	Dropped  uint64  `json:"dropped"`
	Skipped  uint64  `json:"skipped,omitempty"`
	Unsure   uint64  `json:"unsure,omitempty"`
	UnknownS float64 `json:"unknown_s,omitempty"`
	// Share is that of the leg's plan, 0 to 1, and Achieved how much of its own it sent; 0 of an agent without
	// a plan.
	Share    float64 `json:"share"`
	Achieved float64 `json:"achieved"`
	// Generator is its health, held to the limits of any generator.
	Generator Generator `json:"generator"`
	LagP50MS  float64   `json:"lag_p50_ms"`
	// Start and End are its clock against the lead's; nil where it was not measured.
	Start *Clock `json:"start,omitempty"`
	End   *Clock `json:"end,omitempty"`
	// Lost says why it did not come to the end of the leg, "" where it did, and LostS when that was noticed.
	Lost  string  `json:"lost,omitempty"`
	LostS float64 `json:"lost_s,omitempty"`
	// Deviations hold it against the other agents; those that there are too few requests for are not there.
	Deviations []Deviation `json:"deviations,omitempty"`
	// Deviates says in words by how much it differs from the others, "" where it does not by more than chance, or
	// by so little that it does not matter.
	Deviates string `json:"deviates,omitempty"`

	// Series is for drawing; it stays out of summary.json.
	Series []AgentPoint `json:"-"`
}

// Clock is an agent's clock − the lead's in milliseconds, right to ± BoundMS.
type Clock struct {
	OffsetMS float64 `json:"offset_ms"`
	BoundMS  float64 `json:"bound_ms"`
}

// Deviation holds one figure of an agent against that of the others in the same seconds.
type Deviation struct {
	Metric string  `json:"metric"` // p50, p95: in ms by the run's measure; error_rate: a share of 1
	Own    float64 `json:"own"`
	Others float64 `json:"others"`
	// Relative is own ÷ others − 1 of times, and own − others of error rates.
	Relative Estimate `json:"relative"`
	// P is that of the two being equal, adjusted for all that were tested in the leg (Holm).
	P float64 `json:"p"`
}

// AgentPoint is a part of a leg as one agent had it, for drawing. What is not known is negative.
type AgentPoint struct {
	T      float64 // its end, in seconds since the leg began
	Sent   float64 // requests per second, mean
	CPU    float64 // share of 1, mean
	LagP99 float64 // of its worst second, in ms
}

// mostDrawn is how many agents are drawn by themselves: more lines cannot be told apart.
const mostDrawn = 8

// DrawnAgents are the names of the agents that are drawn by themselves: the worst of each leg of the runs, in the
// order of their shares. left is how many are not.
func DrawnAgents(runs ...*Analysis) (names []string, left int) {
	var worst, all []string
	for _, a := range runs {
		for i := range a.Legs {
			f := a.Legs[i].Fleet
			if f == nil {
				continue
			}
			for _, of := range f.WorstFirst() {
				if len(worst) < mostDrawn && !slices.Contains(worst, of.Name) {
					worst = append(worst, of.Name)
				}
			}
			for _, of := range f.Agents {
				if !slices.Contains(all, of.Name) {
					all = append(all, of.Name)
				}
			}
		}
	}
	left = len(all) - len(worst)
	return slices.DeleteFunc(all, func(name string) bool { return !slices.Contains(worst, name) }), left
}

// States of an agent in a leg, the worst first.
const (
	AgentLost     = "lost"
	AgentLimited  = "at its limit"
	AgentDeviates = "deviates"
	AgentWell     = "well"
)

// State is the worst that is known of the agent.
func (a *Agent) State() string {
	switch {
	case a.Lost != "":
		return AgentLost
	case a.Generator.Limited:
		return AgentLimited
	case a.Deviates != "":
		return AgentDeviates
	}
	return AgentWell
}

// InOrder are the agents in the order of their shares.
func (f *Fleet) InOrder() []*Agent {
	all := make([]*Agent, len(f.Agents))
	for i := range f.Agents {
		all[i] = &f.Agents[i]
	}
	return all
}

// WorstFirst are the agents in the order in which a reader must look at them: those that were lost, those at a
// limit, those that deviate, and then by their lag.
func (f *Fleet) WorstFirst() []*Agent {
	rank := func(a *Agent) int {
		return slices.Index([]string{AgentLost, AgentLimited, AgentDeviates, AgentWell}, a.State())
	}
	all := f.InOrder()
	slices.SortStableFunc(all, func(a, b *Agent) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.Generator.LagP99MS, a.Generator.LagP99MS))
	})
	return all
}

// DroppedByLost is how many requests were dropped with agents that were lost; 0 of no fleet.
func (f *Fleet) DroppedByLost() (n uint64) {
	if f == nil {
		return 0
	}
	for _, a := range f.Agents {
		if a.Lost != "" {
			n += a.Dropped
		}
	}
	return n
}

// Well reports that no agent was lost, at a limit, or deviates.
func (f *Fleet) Well() bool {
	return !slices.ContainsFunc(f.Agents, func(a Agent) bool { return a.State() != AgentWell })
}

// Held is how a figure of the agent stands to the others'; nil where it could not be told.
func (a *Agent) Held(of metric.Metric) *Deviation {
	for i := range a.Deviations {
		if a.Deviations[i].Metric == of.Key {
			return &a.Deviations[i]
		}
	}
	return nil
}
