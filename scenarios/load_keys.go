package scenarios

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
)

type loadSpec struct {
	kind           at[string]
	clients        at[int]
	from           at[int]
	rate           at[float64]
	duration       at[time.Duration]
	stages         at[[]at[stageSpec]]
	arrivals       at[string]
	seed           at[int]
	timeout        at[time.Duration]
	errorThreshold at[float64]
	connections    at[string]
	maxConnections at[int]
	keepAlive      at[bool]
	perConnection  at[int]
	pacing         at[string]
	pause          at[plan.Pause]
	every          at[time.Duration]
	localAddresses at[[]at[netip.Addr]]
	resolveEvery   at[time.Duration]
}

// namedLoadSpec is an item of loads.
type namedLoadSpec struct {
	name       at[string]
	thresholds at[[]at[threshold.Threshold]]
	loadSpec
}

type stageSpec struct {
	duration at[time.Duration]
	clients  at[int]
	rate     at[float64]
}

var loadForm = sync.OnceValue(func() form[loadSpec] { return object(loadKeys()...) })

var namedLoadForm = sync.OnceValue(func() form[namedLoadSpec] {
	return object(slices.Concat(
		[]key[namedLoadSpec]{
			field("name", nameOfFolder("small letters, digits, - and _, a letter or digit first"), func(l *namedLoadSpec) *at[string] { return &l.name },
				"What reports and `--load` call the load; unique.").required(),
		},
		within(func(l *namedLoadSpec) *loadSpec { return &l.loadSpec }, loadKeys()),
		[]key[namedLoadSpec]{
			field("thresholds", listOf(thresholdForm(), "a list of thresholds", 0), func(l *namedLoadSpec) *at[[]at[threshold.Threshold]] { return &l.thresholds },
				"What must hold under this load, beside the scenario's thresholds.").or("none of its own"),
		},
	)...)
})

var loadKeys = sync.OnceValue(func() []key[loadSpec] {
	return []key[loadSpec]{
		field("type", enum(loadTypes, loaderioTypes), func(l *loadSpec) *at[string] { return &l.kind },
			"The kind of load. clients-per-test: that many clients spread over the duration, one pass each. clients-per-second: that many new clients every second, one pass each. maintain-client-load: from → clients at work at once, each looping. rate: passes per second. stages: levels one after the other. loader.io's API names per-test, non-cycling, per-second, maintain-load and cycling are understood too.").
			or("stages or rate where that key is given"),
		field("clients", wholeNumber(1, plan.MaxClients), func(l *loadSpec) *at[int] { return &l.clients },
			"Clients over the whole test, per second, or at work at the end, as the type has it.").aka("total"),
		field("from", wholeNumber(0, plan.MaxClients), func(l *loadSpec) *at[int] { return &l.from },
			"maintain-client-load only: clients at work at the start.").aka("initial").or("the same as clients"),
		field("rate", perSecond(true), func(l *loadSpec) *at[float64] { return &l.rate },
			"type rate only: passes per second."),
		field("duration", duration(1), func(l *loadSpec) *at[time.Duration] { return &l.duration },
			"How long clients start; what is in flight at the end may finish."),
		field("stages", listOf(stageForm(), "a list of at least one stage", 1), func(l *loadSpec) *at[[]at[stageSpec]] { return &l.stages },
			"type stages only: straight lines from level to level, from 0."),
		field("arrivals", oneOf(string(plan.Even), string(plan.Burst), string(plan.Poisson)), func(l *loadSpec) *at[string] { return &l.arrivals },
			"How starts lie within a second: equally spaced, all on the whole second as loader.io has them, or at random.").or(`"even"`),
		field("seed", wholeNumber(0, maxSeed), func(l *loadSpec) *at[int] { return &l.seed },
			"Of `arrivals: poisson`, and of random values in requests: the same seed gives the same instants and values. Of values 0 draws new ones for every leg.").or("0"),
		field("timeout", duration(time.Millisecond), func(l *loadSpec) *at[time.Duration] { return &l.timeout },
			"The longest a request may go without any data; at most 20m. It may take six times that in all: an answer that drips is cut off there. And it is how long after its end an open load still sends what the generator owes; what is later is dropped.").or(`"10s"`),
		field("error_threshold", percent(100), func(l *loadSpec) *at[float64] { return &l.errorThreshold },
			"The share of failures that aborts a leg; 0% never does.").or(`"50%"`),
		field("connections", oneOf(string(attack.PerClient), string(attack.Shared)), func(l *loadSpec) *at[string] { return &l.connections },
			"Whether each client of an open load opens its own connections or all share a pool. Clients that are maintained always keep their own.").
			or("per-client; shared for a rate"),
		field("max_connections", wholeNumber(1, maxConnections), func(l *loadSpec) *at[int] { return &l.maxConnections },
			"Most connections of a shared pool.").or("10000"),
		field("keep_alive", truth(), func(l *loadSpec) *at[bool] { return &l.keepAlive },
			"false: every request asks with Connection: close for an end of its connection, and each has its own. Not over HTTP/2.").or("true"),
		field("requests_per_connection", wholeNumber(1, maxConnections), func(l *loadSpec) *at[int] { return &l.perConnection },
			"After how many requests a client closes a connection, without announcing it, and opens another: so a balancer that assigns connections, and not requests, is seen. Not over HTTP/2.").or("as many as the server allows"),
		field("pacing", oneOf(string(attack.Precise), string(attack.Batch)), func(l *loadSpec) *at[string] { return &l.pacing },
			"Of an open load: wake for every request that is due, or once a millisecond, which takes less processor time and adds up to a millisecond of lag.").or(`"precise"`),
		field("pause", pause(), func(l *loadSpec) *at[plan.Pause] { return &l.pause },
			"How long a client thinks after each request, before its next one is due: always as long (2s), from one length to another (1s..3s), or exponentially distributed with a mean (exponential 2s). Clients that are maintained pause between passes too; with other loads a pass that has begun is finished, and nothing follows its last request. Lengths are drawn by `seed`. `stress capacity` leaves pauses out.").or(`"0s"`),
		field("every", duration(0), func(l *loadSpec) *at[time.Duration] { return &l.every },
			"The pace of clients that are maintained: how long after the beginning of a pass the next one begins. After a pass that took longer, pauses included, the next begins at once; reports say how many did.").or(`"0s"`),
		field("local_addresses", listOf(localAddress(), "a list of at least one IP address", 1), func(l *loadSpec) *at[[]at[netip.Addr]] { return &l.localAddresses },
			"IP addresses of this machine that connections start from, in turn. Each allows some 28000 connections to one target.").or("the system's choice"),
		field("resolve_every", duration(0), func(l *loadSpec) *at[time.Duration] { return &l.resolveEvery },
			"How old the addresses of a name may become before it is looked up again; 0s keeps them for the whole run. New connections begin at each address in turn.").or(`"30s"`),
	}
})

var loadTypes = []string{
	string(plan.ClientsPerTest), string(plan.ClientsPerSecond), string(plan.MaintainClientLoad),
	string(plan.Rate), string(plan.Stages),
}

// loaderioTypes are the names that loader.io's API has for its three types.
var loaderioTypes = map[string]string{
	"per-test": string(plan.ClientsPerTest), "non-cycling": string(plan.ClientsPerTest),
	"per-second":    string(plan.ClientsPerSecond),
	"maintain-load": string(plan.MaintainClientLoad), "cycling": string(plan.MaintainClientLoad),
}

var stageForm = sync.OnceValue(func() form[stageSpec] {
	return object(
		field("duration", duration(0), func(s *stageSpec) *at[time.Duration] { return &s.duration },
			"How long the line to the level takes; 0s jumps there.").required(),
		field("clients", wholeNumber(0, plan.MaxClients), func(s *stageSpec) *at[int] { return &s.clients },
			"Clients at work at the end of the stage."),
		field("rate", perSecond(false), func(s *stageSpec) *at[float64] { return &s.rate },
			"Starts per second at the end of the stage, in place of clients."),
	)
})
