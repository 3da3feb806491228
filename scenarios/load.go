package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
)

// load fills in the load and what surrounds it.
func (b *builder) load(l at[loadSpec]) Workload {
	w := l.value
	out := Workload{
		Load: plan.Load{
			Type: loadType(w), Clients: w.clients.value, From: w.from.value, HasFrom: w.from.given(), Rate: w.rate.value,
			Duration: w.duration.value, Arrivals: plan.Even, Seed: uint64(w.seed.value),
		},
		Settings: attack.Settings{Timeout: DefaultTimeout, Pacing: attack.Precise}, ErrorThreshold: DefaultErrorThreshold, ResolveEvery: DefaultResolveEvery,
	}
	if w.arrivals.ok() {
		out.Arrivals = plan.Arrivals(w.arrivals.value)
	}
	if w.timeout.ok() {
		out.Timeout = w.timeout.value
	}
	if w.errorThreshold.ok() {
		out.ErrorThreshold = w.errorThreshold.value
	}
	if w.pacing.ok() {
		out.Pacing = attack.Pacing(w.pacing.value)
	}
	if w.resolveEvery.ok() {
		out.ResolveEvery = w.resolveEvery.value
	}
	for _, a := range w.localAddresses.value {
		if a.ok() {
			out.LocalAddresses = append(out.LocalAddresses, a.value)
		}
	}
	out.Pause, out.Every = w.pause.value, w.every.value
	b.stages(w, &out.Load)
	b.connections(w, &out)
	b.plan(l, out.Load)
	return out
}

// loadType is the type as given, else the one that follows from the keys; "" when there is
// none.
func loadType(w loadSpec) plan.Type {
	switch {
	case w.kind.given():
		return plan.Type(w.kind.value)
	case w.stages.given():
		return plan.Stages
	case w.rate.given():
		return plan.Rate
	}
	return ""
}

// stages fills the stages in. In a plan a level of 0 and no level are the same, so the levels
// are checked here.
func (b *builder) stages(w loadSpec, out *plan.Load) {
	for i, s := range w.stages.value {
		if !s.ok() {
			continue
		}
		v := s.value
		message, hint := "", ""
		switch {
		case v.clients.given() && v.rate.given():
			message, hint = "names both clients and a rate", "leave one of them out"
		case !v.clients.given() && !v.rate.given():
			message, hint = "names no level", "add clients or a rate"
		case i > 0 && v.rate.given() != w.stages.value[0].value.rate.given():
			message, hint = "is counted otherwise than the first stage", "all stages name clients, or all name a rate"
		}
		if message != "" {
			b.fault(s.node, message, hint)
			s.node.broken = true
		}
		out.ByRate = out.ByRate || i == 0 && v.rate.given()
		out.Stages = append(out.Stages, plan.Stage{Duration: v.duration.value, Clients: v.clients.value, Rate: v.rate.value})
	}
}

func (b *builder) connections(w loadSpec, out *Workload) {
	kind := out.Type
	closed := kind == plan.MaintainClientLoad || kind == plan.Stages && !out.ByRate
	out.Connections, out.MaxConnections = attack.PerClient, w.maxConnections.value
	if kind == plan.Rate || out.ByRate {
		out.Connections = attack.Shared
	}
	if w.connections.ok() {
		out.Connections = attack.Connections(w.connections.value)
		if closed && out.Connections == attack.Shared {
			b.fault(w.connections.node, "cannot be shared here: clients that are maintained keep their own", "leave the key out")
		}
	}
	if w.maxConnections.ok() && out.Connections != attack.Shared {
		b.fault(w.maxConnections.node, "bounds a shared pool, and here connections are per client", "leave it out, or add connections: shared")
	}
	out.NoKeepAlive, out.RequestsPerConnection = w.keepAlive.ok() && !w.keepAlive.value, w.perConnection.value
	if out.NoKeepAlive && w.perConnection.ok() {
		b.fault(w.perConnection.node, "says nothing beside keep_alive: false, with which every request has its own connection", "leave one of them out")
	}
	if closed && w.pacing.ok() {
		b.fault(w.pacing.node, "is for open loads: clients that are maintained send when they are ready", "leave the key out")
	}
	if !closed && kind != "" && w.every.ok() {
		b.fault(w.every.node, "is for clients that are maintained: here the plan says when passes begin", "leave the key out")
	}
}

// plan checks the load with package plan, which will run it, and reports each fault at its key.
// It does not ask when a key of the plan is broken: half a load makes false faults.
func (b *builder) plan(l at[loadSpec], load plan.Load) {
	if load.Type == "" && l.node.lacks(loadForm().key("type")) {
		b.faults.add(l.node.where(), join(l.node.path, "type"), "is missing", "add a type, such as clients-per-test")
		return
	}
	for _, name := range needs(load.Type) {
		if l.node.lacks(loadForm().key(name)) {
			b.faults.add(l.node.where(), join(l.node.path, name), fmt.Sprintf("is missing: type %s needs it", load.Type), hintOfNeed(name, l.value))
			l.node.broken = true
		}
	}
	if l.node.broken || slices.ContainsFunc(l.node.fields, func(e *entry) bool {
		return !outsidePlan(e.name) && e.value.holdsBroken()
	}) {
		return
	}
	_, err := plan.New(load)
	for _, e := range eachError(err) {
		b.planFault(l.node, e)
	}
}

// planKeys are the keys of a load that its plan is made of.
var planKeys = []string{"type", "clients", "from", "rate", "duration", "stages", "arrivals", "seed"}

// outsidePlan reports that a name is a key of a load that is not part of its plan. An unknown
// key is not outside: it may be a key of the plan, misspelt.
func outsidePlan(name string) bool {
	return slices.ContainsFunc(namedLoadForm().keys, func(k description) bool {
		return k.names(name) && !slices.Contains(planKeys, k.name)
	})
}

// needs are the keys that a type requires.
func needs(t plan.Type) []string {
	switch t {
	case plan.ClientsPerTest, plan.ClientsPerSecond, plan.MaintainClientLoad:
		return []string{"clients", "duration"}
	case plan.Rate:
		return []string{"rate", "duration"}
	case plan.Stages:
		return []string{"stages"}
	}
	return nil
}

// hintOfNeed says what to write in place of keys that another type of load has; "" for nothing.
func hintOfNeed(name string, l loadSpec) string {
	if name == "rate" && l.clients.given() {
		return "say how many passes begin per second, in place of clients"
	}
	return ""
}

func (n *node) holdsBroken() bool {
	return n.broken ||
		slices.ContainsFunc(n.fields, func(e *entry) bool { return e.value.holdsBroken() }) ||
		slices.ContainsFunc(n.items, (*node).holdsBroken)
}

// holdsVariable reports that a variable filled in a value at or below n.
func (n *node) holdsVariable() bool {
	return len(n.variables) > 0 ||
		slices.ContainsFunc(n.fields, func(e *entry) bool { return e.value.holdsVariable() }) ||
		slices.ContainsFunc(n.items, (*node).holdsVariable)
}

// planFault reports a fault of package plan at the key that it names. A value that a
// variable filled in is not shown.
func (b *builder) planFault(load *node, err error) {
	f := (*plan.Fault)(nil)
	if !errors.As(err, &f) {
		b.fault(load, err.Error(), "")
		return
	}
	n, message := load.find(f.Key), f.Text
	switch {
	case !n.holdsVariable() && f.Got != "":
		message += ", got " + f.Got
	case n.holdsVariable() && n.scalar():
		message += n.got()
	}
	b.fault(n, message, "")
}

// find is the value at a path of canonical names below n, or the nearest value above it that
// exists.
func (n *node) find(path string) *node {
	for name := range strings.SplitSeq(path, ".") {
		next := n.child(name)
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

// child is a field under any of its spellings, or an item by its index.
func (n *node) child(name string) *node {
	for i, item := range n.items {
		if fmt.Sprint(i) == name {
			return item
		}
	}
	for _, e := range n.fields {
		if e.name == name || spelled(loadForm().keys, e.name) == name {
			return e.value
		}
	}
	return nil
}

// spelled is the canonical name of a key, or the name itself.
func spelled(keys []description, name string) string {
	for _, k := range keys {
		if k.names(name) {
			return k.name
		}
	}
	return name
}

// eachError undoes errors.Join.
func eachError(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}
