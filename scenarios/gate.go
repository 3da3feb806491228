package scenarios

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/runlog"
)

// gateKeys are a key for each metric that a gate can hold a run to, in the order in which
// it looks at them.
func gateKeys() []key[gateSpec] {
	var keys []key[gateSpec]
	for _, m := range metric.Kept {
		limit := limitForm()
		limit.schema = reference(limitOf(m).def()).CloneSchemas
		k := field(m.Name, limit, func(g *gateSpec) *at[limitSpec] { return g.limit(m.Name) }, m.About)
		k.single, k.whole = m.Whole == "", m.Whole
		ofAll := k.decode
		k.decode = func(d *decoder, n *node, g *gateSpec) {
			if _, rest := metric.CutRequest(strings.TrimPrefix(n.path, "gate.")); rest != "" {
				of := gateSpec{}
				ofAll(d, n, &of)
				(*g.limit(m.Name + rest)) = *of.limit(m.Name)
				return
			}
			ofAll(d, n, g)
		}
		keys = append(keys, k)
	}
	return keys
}

// gate are the limits in the order of the table, those of all requests before those of one, which
// are in the order of the requests.
func (b *builder) gate(s scenarioSpec, requests []attack.Request) []runlog.Limit {
	var out []runlog.Limit
	for _, m := range metric.Kept {
		if l := s.gate.value[m.Name]; l != nil && l.ok() {
			if m.Ledger && !s.ledger.given() {
				b.fault(l.node, "needs a ledger", "say under ledger where the service writes its rows")
			}
			out = append(out, b.limit(m, "", *l))
		}
	}
	names := requestNames(requests)
	for _, name := range names {
		for _, m := range metric.Kept {
			if l := s.gate.value[m.Written(name)]; l != nil && l.ok() {
				out = append(out, b.limit(m, name, *l))
			}
		}
	}
	for _, written := range slices.Sorted(maps.Keys(s.gate.value)) {
		_, rest := metric.CutRequest(written)
		if name := strings.Trim(rest, "{}"); rest != "" && !slices.Contains(names, name) && len(names) > 0 {
			b.faults.add(s.gate.value[written].node.key, s.gate.value[written].node.path, "is about a request that there is not", suggestName(name, names))
		}
	}
	return out
}

func requestNames(requests []attack.Request) []string {
	var names []string
	for _, r := range requests {
		names = append(names, r.Name)
	}
	return names
}

func (b *builder) limit(m metric.Metric, request string, l at[limitSpec]) runlog.Limit {
	w, of := l.value, limitOf(m)
	if !w.worseBy.given() && !w.and.given() && !w.max.given() && !w.min.given() {
		b.fault(l.node, "asks for nothing", of.example())
	}
	out := runlog.Limit{Metric: m.Name, Request: request, And: b.amount(of, "and", w.and), Max: b.amount(of, "max", w.max), Min: b.amount(of, "min", w.min)}
	if w.worseBy.ok() {
		if message, hint := of.refuses("worse_by"); message != "" {
			b.fault(w.worseBy.node, message, hint)
		} else {
			out.WorseBy = &w.worseBy.value
		}
	}
	if out.Min != nil && out.Max != nil && *out.Max < *out.Min {
		b.fault(w.min.node, "is above max: nothing lies between", "")
	}
	return out
}

// amount is a limit in the metric's unit, nil where there is none.
func (b *builder) amount(of limited, key string, a at[amount]) *float64 {
	if !a.ok() {
		return nil
	}
	if message, hint := of.refuses(key); message != "" {
		b.fault(a.node, message, hint)
		return nil
	}
	if !of.takes(a.value) || of.is(metric.Counts) && a.node.kind == text && !a.node.filled {
		b.fault(a.node, "must be "+of.words()+a.node.got(), "")
		return nil
	}
	return &a.value.value
}

// limited is what limits of a metric look like: that depends on the class of its unit, and on
// whether it is the worst of a run.
type limited struct {
	class metric.Class
	worst bool
}

// everyLimited are all that there are.
func everyLimited() (all []limited) {
	for _, m := range metric.Kept {
		if q := limitOf(m); !slices.Contains(all, q) {
			all = append(all, q)
		}
	}
	return all
}

func limitOf(m metric.Metric) limited { return limited{m.Unit.Class(), m.Worst} }

func (q limited) is(c metric.Class) bool { return q.class == c }

// refuses says why a metric has no such limit, and what to use; "" where it has.
func (q limited) refuses(key string) (message, hint string) {
	switch {
	case (key == "worse_by" || key == "and") && q.worst:
		return "is not for the worst of a run, which no baseline excuses", "use `max`"
	case key == "worse_by" && q.is(metric.Shares):
		return "is not for a share of errors: near 0 it has no ratio", "use `and`, in points above the baseline's, or `max`"
	case (key == "worse_by" || key == "and") && q.is(metric.Counts):
		return "is not for rows: each is counted, whatever the baseline's were", "use `max`"
	case key == "min" && !q.is(metric.Rates):
		return "is for rates: here less is better", "use `max`"
	}
	return "", ""
}

func (q limited) takes(a amount) bool {
	switch {
	case q.is(metric.Rates):
		return a.of == metric.Rates || a.of == metric.Counts
	case q.is(metric.Counts):
		return a.of == metric.Counts && a.value == math.Trunc(a.value)
	}
	return q.is(a.of)
}

// def is the name that the schema of a class's limits goes by.
func (q limited) def() string {
	if q.worst {
		return "limit-worst"
	}
	return [...]string{metric.Times: "limit-time", metric.Rates: "limit-rate", metric.Shares: "limit-share", metric.Counts: "limit-rows"}[q.class]
}

// limitSchema is that of [limitForm] with the keys and the units that a class has.
func (q limited) limitSchema() *jsonschema.Schema {
	s := limitForm().schema()
	least := 1
	s.MinProperties = &least
	for _, name := range s.PropertyOrder {
		if message, _ := q.refuses(name); message != "" {
			delete(s.Properties, name)
		} else if name != "worse_by" {
			amount := q.amountSchema()
			amount.Description = s.Properties[name].Description
			s.Properties[name] = amount
		}
	}
	s.PropertyOrder = slices.DeleteFunc(slices.Clone(s.PropertyOrder), func(name string) bool { return s.Properties[name] == nil })
	return s
}

func (q limited) amountSchema() *jsonschema.Schema {
	least, most := 0.0, float64(plan.MaxClients)
	switch q.class {
	case metric.Times:
		return duration(0).schema()
	case metric.Shares:
		return percent(100).schema()
	case metric.Rates:
		return perSecond(false).schema()
	}
	return orVariable(&jsonschema.Schema{Type: "integer", Minimum: &least, Maximum: &most})
}

// words say what a limit looks like, after "must be".
func (q limited) words() string {
	return [...]string{
		metric.Times: "a time such as 5ms", metric.Rates: "a rate per second, such as 200 or 200/s",
		metric.Shares: "a percentage such as 1%", metric.Counts: "a whole number",
	}[q.class]
}

// example is a limit that could have been meant.
func (q limited) example() string {
	if q.worst {
		return "say max: 5s"
	}
	return [...]string{
		metric.Times: "say worse_by: 10%, and: 5ms or max: 500ms", metric.Rates: "say worse_by: 10% or min: 200",
		metric.Shares: "say max: 1%, or and: 0.5% for points above the baseline's", metric.Counts: "say max: 0",
	}[q.class]
}
