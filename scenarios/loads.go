package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/runlog"
)

// loads fills in every load: that under load, or those under loads.
func (b *builder) loads(root *node, s scenarioSpec) []NamedLoad {
	written := s.loads.value
	switch {
	case s.load.given() && s.loads.given():
		b.faults.add(s.loads.node.where(), "loads", "stands beside load", "one load stands under load, several under loads")
		return nil
	case s.load.given():
		written = []at[namedLoadSpec]{{namedLoadSpec{loadSpec: s.load.value}, s.load.node}}
	case s.onlySearches():
		return []NamedLoad{{Workload: searchedLoad(), Thresholds: []string{}}}
	case !s.loads.given():
		if root.lacks(scenarioForm().key("load")) && root.lacks(scenarioForm().key("loads")) {
			b.faults.add(root.where(), "load", "is missing", "say under load, or in a list under loads, how much load there is, of which kind, for how long")
		}
	}
	common := b.thresholds(s, s.thresholds)
	var out []NamedLoad
	for _, l := range written {
		if !l.ok() {
			continue
		}
		name := l.value.name
		if name.ok() && slices.ContainsFunc(out, func(o NamedLoad) bool { return o.Name == name.value }) {
			b.fault(name.node, "is the name of another load too", "")
		}
		load := NamedLoad{Name: name.value, Workload: b.load(at[loadSpec]{l.value.loadSpec, l.node})}
		if every := l.value.resolveEvery; every.ok() && len(out) > 0 && every.value != out[0].ResolveEvery {
			b.fault(every.node, "is another than that of the first load, and names are looked up for the whole run", "write the same for every load")
		}
		load.Thresholds = slices.Concat(common, b.thresholds(s, l.value.thresholds))
		unasked := !s.thresholds.given() && !l.value.thresholds.given()
		if unasked {
			load.Thresholds = b.unwrittenThresholds(s, load.Name)
		}
		load.Decide = decide(s, unasked)
		out = append(out, load)
	}
	return out
}

// thresholds are those of a list, checked; never nil.
func (b *builder) thresholds(s scenarioSpec, written at[[]at[threshold.Threshold]]) []string {
	out := []string{}
	for _, t := range written.value {
		if t.ok() {
			b.threshold(s, t)
			out = append(out, t.node.text)
		}
	}
	return out
}

// unwrittenThresholds are those of a load for which the scenario names none.
func (b *builder) unwrittenThresholds(s scenarioSpec, load string) []string {
	out := []string{"error_rate < 1%"}
	if s.ledger.given() {
		out = append(out, "lost == 0")
	}
	of := ""
	if load != "" {
		of = " of load " + load
	}
	b.note("no thresholds%s given: %s applies", of, strings.Join(out, " and "))
	return out
}

// decide is what thresholds are judged by. Defaults that nobody asked for make no sample
// too small.
func decide(s scenarioSpec, unasked bool) string {
	switch {
	case s.decide.value == runlog.DecideObserved:
		return runlog.DecideObserved
	case unasked && !s.decide.given():
		return runlog.DecideUnasked
	}
	return ""
}

// LoadFlag is the File of faults in [Options.Loads].
const LoadFlag = "--load"

// loadNodes are the loads of a scenario as it is written: that under load, or else those under
// loads, of these names if there are names.
func (n *node) loadNodes(names []string) []*node {
	if one := n.field("load"); one != nil {
		return []*node{one}
	}
	if several := n.field("loads"); several != nil {
		return slices.DeleteFunc(slices.Clone(several.items), func(l *node) bool {
			return len(names) > 0 && !slices.Contains(names, l.loadName())
		})
	}
	return nil
}

// loadName is the name of an item of loads; "" for none.
func (n *node) loadName() string {
	if name := n.field("name"); name != nil {
		return name.raw
	}
	return ""
}

// chooseLoads leaves only the loads of these names, all for none.
func (n *node) chooseLoads(names []string, fs *faults) {
	several := n.field("loads")
	if len(names) == 0 {
		return
	}
	if several == nil {
		fs.add(place{file: LoadFlag}, "", fmt.Sprintf("there is no load %q: the scenario's load has no name", shorten(names[0])), "leave the flag out")
		return
	}
	var known []string
	for _, l := range several.items {
		known = append(known, l.loadName())
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			fs.add(place{file: LoadFlag}, "", fmt.Sprintf("there is no load %q", shorten(name)), suggestName(name, known))
			return
		}
	}
	several.items = slices.DeleteFunc(several.items, func(l *node) bool { return !slices.Contains(names, l.loadName()) })
}

// kindOfLoad are the keys that make one kind of load of another: no value of theirs is right for
// several loads.
var kindOfLoad = []string{"type", "rate", "stages"}

// overrideLoads sets a key of every load that runs, from a path that begins with load where the
// scenario has loads.
func (o *overrider) overrideLoads(root *node, names []string, value string) {
	loads := root.loadNodes(names)
	if key := o.segments[1]; len(loads) > 1 && slices.ContainsFunc(kindOfLoad, func(kind string) bool { return loadForm().key(kind).names(key) }) {
		o.fault("is for one load, and the scenario has several",
			fmt.Sprintf("pick one with --load, such as --load %s, or write --set loads.0.%s=…", loads[0].loadName(), key))
		return
	}
	for _, l := range loads {
		if slot, shape, ok := o.find(l, namedLoadForm().shape, 1); ok {
			o.assign(slot, shape, value)
		}
	}
}
