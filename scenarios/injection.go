package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stress-tool/stress/attack/plan"
)

// injectionSpec is an item of the key faults.
type injectionSpec struct {
	when                            at[time.Duration]
	target                          at[string]
	kill, pause, stop, restart      at[string]
	drain, activate, demote, update at[string]
	partition, powerOff             at[string]
	scale, slow                     at[int]
	loseWrites                      at[float64]
}

// InjectionKind is what a fault does.
type InjectionKind string

// The kinds of faults, by the keys of the scenario.
const (
	Kill     InjectionKind = "kill"     // remove a container by force, as `docker rm --force`
	Stop     InjectionKind = "stop"     // stop a container in order, as `docker stop`
	Restart  InjectionKind = "restart"  // `docker restart`
	Pause    InjectionKind = "pause"    // freeze a container, as `docker pause`
	Drain    InjectionKind = "drain"    // move all tasks away from a node
	Activate InjectionKind = "activate" // let a node have tasks again
	Demote   InjectionKind = "demote"   // make a manager a worker
	Scale    InjectionKind = "scale"    // another number of replicas
	Update   InjectionKind = "update"   // another image, or the same anew

	// What only a lab can do that the cluster is a part of.
	Slow       InjectionKind = "slow"        // every replica takes so many times as long
	LoseWrites InjectionKind = "lose_writes" // answers succeed without a row
	Partition  InjectionKind = "partition"   // pull the cable of a node
	PowerOff   InjectionKind = "power_off"   // pull its plug
)

// OfLab reports that only a lab can do it.
func (k InjectionKind) OfLab() bool {
	return k == Slow || k == LoseWrites || k == Partition || k == PowerOff
}

// One and Force are values of faults that name nothing.
const (
	One   = "one"   // of the tasks, another one in each round
	Force = "force" // an update to what is there already
)

// Injection is a fault that is put into the cluster during each leg of its target.
type Injection struct {
	At     time.Duration // since the leg began
	Target string        // only legs of this target; "" is all
	Kind   InjectionKind
	// What is a task, a host or [One] for the faults of containers, a node, an image or [Force],
	// how many times as long for [Slow], or a percentage for [LoseWrites]; "" for [Scale].
	What     string
	Replicas int // of [Scale]
}

// Words say what the fault does, as the scenario has it: kill one, scale to 5.
func (i Injection) Words() string {
	if i.Kind == Scale {
		return fmt.Sprintf("scale to %d", i.Replicas)
	}
	return strings.ReplaceAll(string(i.Kind), "_", " ") + " " + i.What
}

var injectionForm = sync.OnceValue(func() form[injectionSpec] {
	container := func() form[string] {
		return textLike("one, a task such as web-server.2, or a host", `^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$`).described(func(s *jsonschema.Schema) { s.Examples = []any{One} })
	}
	node := func() form[string] { return textLike("the name of a node", `^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$`) }
	return object(
		field("at", duration(0), func(i *injectionSpec) *at[time.Duration] { return &i.when },
			"How long after the beginning of the leg.").required(),
		field("target", nameOfFolder("a target's name"), func(i *injectionSpec) *at[string] { return &i.target },
			"Only legs of this target.").or("every leg"),
		field("kill", container(), func(i *injectionSpec) *at[string] { return &i.kill },
			"Remove a container of the service by force. one takes another task in each round. The engine of its node must be among `cluster.docker`."),
		field("stop", container(), func(i *injectionSpec) *at[string] { return &i.stop },
			"The same in order: the container is asked to end."),
		field("restart", container(), func(i *injectionSpec) *at[string] { return &i.restart },
			"Restart a container, which the Swarm takes for the end of its task."),
		field("pause", container(), func(i *injectionSpec) *at[string] { return &i.pause },
			"Freeze a container: it keeps its connections and answers nothing."),
		field("drain", node(), func(i *injectionSpec) *at[string] { return &i.drain },
			"Move all tasks away from a node."),
		field("activate", node(), func(i *injectionSpec) *at[string] { return &i.activate },
			"Let a node have tasks again."),
		field("demote", node(), func(i *injectionSpec) *at[string] { return &i.demote },
			"Make a manager a worker."),
		field("scale", wholeNumber(0, maxReplicas), func(i *injectionSpec) *at[int] { return &i.scale },
			"Another number of replicas."),
		field("update", textLike("an image, or force", `^[^\s-][^\s]{0,255}$`), func(i *injectionSpec) *at[string] { return &i.update },
			"Update the service to another image; force replaces every task by one like it."),
		field("slow", wholeNumber(1, maxSlow), func(i *injectionSpec) *at[int] { return &i.slow },
			"Have every replica take so many times as long as it would. It needs `cluster.lab`, an embedded one."),
		field("lose_writes", percent(100), func(i *injectionSpec) *at[float64] { return &i.loseWrites },
			"Have so many of the answers succeed that wrote no row. It needs `cluster.lab`, an embedded one."),
		field("partition", node(), func(i *injectionSpec) *at[string] { return &i.partition },
			"Pull the cable of a node: it runs on, and nobody reaches it. It needs `cluster.lab`, a lab of machines."),
		field("power_off", node(), func(i *injectionSpec) *at[string] { return &i.powerOff },
			"Pull the plug of a node. It needs `cluster.lab`, a lab of machines."),
	).described(func(s *jsonschema.Schema) {
		for _, kind := range injectionKinds {
			s.OneOf = append(s.OneOf, &jsonschema.Schema{Required: []string{string(kind)}})
		}
	})
})

// maxSlow is how many times as long a replica may take.
const maxSlow = 1000

var injectionKinds = []InjectionKind{Kill, Stop, Restart, Pause, Drain, Activate, Demote, Scale, Update, Slow, LoseWrites, Partition, PowerOff}

// injections are the faults of the cluster that were asked for.
func (b *builder) injections(s scenarioSpec, out *Scenario) []Injection {
	var all []Injection
	for _, i := range s.injections.value {
		if !i.ok() {
			continue
		}
		if one, ok := b.injection(i); ok {
			b.inTime(i, out)
			b.knownTarget(i.value.target, out)
			all = append(all, one)
		}
	}
	if len(all) > 0 && !s.cluster.given() {
		b.fault(s.injections.node, "needs a cluster", "say under cluster which service the faults are for")
	}
	for _, i := range all {
		if i.Kind.OfLab() && s.cluster.given() && !s.cluster.value.lab.given() {
			b.fault(s.injections.node, fmt.Sprintf("has %q, which no cluster can do to itself, but only a lab that it is a part of", i.Words()),
				"give the lab's address as cluster.lab, as `stress lab` prints it, or kill, stop, pause, drain or scale instead")
			break
		}
	}
	scales := func(i Injection) bool { return i.Kind == Scale }
	if slices.ContainsFunc(all, scales) && slices.ContainsFunc(out.Targets, func(t Target) bool { return t.Of != "" }) {
		b.fault(s.injections.node, "scale the service to another number than the leg under way asks for", "leave out scale, or the list of replicas of the targets")
	}
	slices.SortStableFunc(all, func(a, b Injection) int { return int(a.At - b.At) })
	return all
}

// injection is a fault, if it is exactly one.
func (b *builder) injection(i at[injectionSpec]) (Injection, bool) {
	out := Injection{At: i.value.when.value, Target: i.value.target.value}
	n := 0
	for _, k := range []struct {
		kind InjectionKind
		what at[string]
	}{
		{Kill, i.value.kill}, {Stop, i.value.stop}, {Restart, i.value.restart}, {Pause, i.value.pause},
		{Drain, i.value.drain}, {Activate, i.value.activate}, {Demote, i.value.demote}, {Update, i.value.update},
		{Partition, i.value.partition}, {PowerOff, i.value.powerOff},
	} {
		if k.what.given() {
			n++
			out.Kind, out.What = k.kind, k.what.value
		}
	}
	if i.value.scale.given() {
		n++
		out.Kind, out.Replicas = Scale, i.value.scale.value
	}
	if i.value.slow.given() {
		n++
		out.Kind, out.What = Slow, strconv.Itoa(i.value.slow.value)
	}
	if i.value.loseWrites.given() {
		n++
		out.Kind, out.What = LoseWrites, number(100*i.value.loseWrites.value)+"%"
	}
	switch n {
	case 0:
		b.fault(i.node, "says not what is done", "write one of "+kindsSaid())
	case 1:
		return out, true
	default:
		b.fault(i.node, "is several faults", "write an item for each")
	}
	return out, false
}

// kindsSaid are the kinds of faults in a sentence.
func kindsSaid() string {
	var all []string
	for _, k := range injectionKinds {
		all = append(all, string(k))
	}
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}

// inTime finds a fault that would come when its load has ended.
func (b *builder) inTime(i at[injectionSpec], out *Scenario) {
	when := i.value.when
	for _, l := range out.Loads {
		if p, err := plan.New(l.Load); err == nil && when.ok() && when.value >= p.Duration() {
			b.fault(when.node, "is after the end of the load, which takes "+short(p.Duration()), "")
			return
		}
	}
}

func (b *builder) knownTarget(name at[string], out *Scenario) {
	if !name.ok() {
		return
	}
	var known []string
	for _, t := range out.Targets {
		if t.Name == name.value {
			return
		}
		known = append(known, t.Name)
	}
	b.fault(name.node, "is no target"+name.node.got(), suggestName(name.value, known))
}

// storedInjection is an item of the key in run.json.
type storedInjection struct {
	At     string `json:"at"`
	Target string `json:"target,omitempty"`
	Does   string `json:"does"`
}

func (s *Scenario) storedInjections() []storedInjection {
	var out []storedInjection
	for _, i := range s.Injections {
		out = append(out, storedInjection{i.At.String(), i.Target, s.shown(i.Words())})
	}
	return out
}
