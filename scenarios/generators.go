package scenarios

import (
	"sync"

	"github.com/stress-tool/stress/runlog"
)

// generatorsSpec is the key generators.
type generatorsSpec struct {
	agents          at[int]
	witness         at[float64]
	shares          at[string]
	nats, nkey, ca  at[string]
	toleratesLosses at[bool]
}

// Generators say which machines put the load on, other than this one.
type Generators struct {
	// Agents is how many there are; at least 1.
	Agents int
	// Witness is the share of the plan, from [leastWitness] to [mostWitness], that the last of them by name gets
	// and nothing else, so that it is never busy; 0 is none such.
	Witness float64
	// ByCapacity divides the plan among the others by what each of them could send when that was measured; without it
	// their shares are equal.
	ByCapacity bool
	// NATS is the address of the broker over which they are reached, which may hold a user and a password;
	// "" has this program start them, as processes of this machine.
	NATS string
	// Nkey is a file with the seed of the key that lets this program in, and CA one with who may sign the
	// broker's certificate; "" is none.
	Nkey, CA string
	// TolerateLoss says that a leg is no INVALID by itself when one of them is lost.
	TolerateLoss bool
}

var generatorsForm = sync.OnceValue(func() form[generatorsSpec] {
	return object(
		field("agents", wholeNumber(1, runlog.MaxAgents), func(g *generatorsSpec) *at[int] { return &g.agents },
			"How many agents put the load on. It is divided among them, start by start, and not multiplied: the load is the same, however many there are. `max_connections` and `local_addresses` are for each of them.").required(),
		field("witness", percent(10), func(g *generatorsSpec) *at[float64] { return &g.witness },
			"The share of the plan that one of them gets, the last by name, from 0.1% to 10%: so little that it is never busy. The others have the rest, in equal parts or as `shares` says. Where its times are below theirs, their own delays may be in them, and the report says so. Of a closed load it is that share of the clients.").or("none"),
		field("shares", oneOf(equalShares, sharesByCapacity), func(g *generatorsSpec) *at[string] { return &g.shares },
			"How the plan is divided among them: in equal shares, or by what `stress fleet calibrate` has measured that each of them can send (`capacity`), for machines that are not alike. An agent that was not measured, or with another engine or on another machine, is an error before any load.").or(equalShares),
		field("nats", textLike("an address of a NATS server, such as nats://10.0.0.4:4222", `^(nats|tls)://[^\s,]+$`), func(g *generatorsSpec) *at[string] { return &g.nats },
			"The NATS server, with JetStream, that the agents are connected to: `stress agent --nats ADDRESS` on each machine. A user and a password may stand in it, best as a ${VARIABLE}.").or("agents are processes of this machine"),
		field("nkey", anyText("a file name", 1), func(g *generatorsSpec) *at[string] { return &g.nkey },
			"A file with the seed of the NATS key that lets this program in, relative to the scenario's file."),
		field("ca", anyText("a file name", 1), func(g *generatorsSpec) *at[string] { return &g.ca },
			"A PEM file, relative to the scenario's file, with who may sign the NATS server's certificate; TLS is required then.").or("the system's authorities"),
		field("tolerate_loss", truth(), func(g *generatorsSpec) *at[bool] { return &g.toleratesLosses },
			"Let a leg count in which an agent was lost. The report says what its load really was. Without it such a leg is INVALID.").or("false"),
	)
})

// How a plan may be divided.
const equalShares, sharesByCapacity = "equal", "capacity"

// A witness with less would see nothing, and one with more be no witness.
const leastWitness, mostWitness = 0.001, 0.1

// generators are the machines that were asked for; nil for this one alone.
func (b *builder) generators(s scenarioSpec) *Generators {
	if !s.generators.ok() {
		return nil
	}
	w := s.generators.value
	for _, key := range []at[string]{w.nkey, w.ca} {
		if key.given() && !w.nats.given() {
			b.fault(key.node, "is for a NATS server, and there is none", "name it under generators.nats")
		}
	}
	if w.shares.value == sharesByCapacity && !w.nats.given() {
		b.fault(w.shares.node, "is for agents that were measured, and those that a run starts itself are not", "name their NATS server under generators.nats")
	}
	if share := w.witness; share.ok() {
		switch {
		case share.value < leastWitness || share.value > mostWitness:
			b.fault(share.node, "must be from 0.1% to 10%"+share.node.got(), "most loads are well with 1%")
		case w.agents.ok() && w.agents.value < 2:
			b.fault(share.node, "is for a load that others put on too", "give the scenario two agents or more")
		}
	}
	g := &Generators{
		Agents: w.agents.value, Witness: w.witness.value, ByCapacity: w.shares.value == sharesByCapacity,
		NATS: w.nats.value, TolerateLoss: w.toleratesLosses.value,
	}
	if w.nkey.ok() {
		g.Nkey = b.beside(w.nkey.value)
	}
	if w.ca.ok() {
		g.CA = b.beside(w.ca.value)
	}
	return g
}

// storedGenerators is the key in run.json.
type storedGenerators struct {
	Agents       int     `json:"agents"`
	Witness      float64 `json:"witness,omitempty"`
	ByCapacity   bool    `json:"by_capacity,omitempty"`
	NATS         string  `json:"nats,omitempty"`
	TolerateLoss bool    `json:"tolerate_loss,omitempty"`
}

func (s *Scenario) storedGenerators() *storedGenerators {
	g := s.Generators
	if g == nil {
		return nil
	}
	return &storedGenerators{g.Agents, g.Witness, g.ByCapacity, blotForm(s.shown(g.NATS), userinfoForm), g.TolerateLoss}
}
