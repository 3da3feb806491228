package scenarios

import (
	"math"
	"slices"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stress-tool/stress/analyze"
)

// gateMetric is something that a gate can hold a run to.
type gateMetric struct {
	name  string
	of    quantity
	about string
}

// quantity is what a metric measures; its limits depend on it.
type quantity int

const (
	ofTime quantity = iota
	ofRate
	ofErrors
	ofRows
	quantities // how many there are
)

// gateMetrics are in the order in which a gate looks at them.
var gateMetrics = [...]gateMetric{
	{"p50", ofTime, "The median of the times: response times of an open load, service times of a closed one."},
	{"p90", ofTime, "Their 90th percentile."},
	{"p95", ofTime, "Their 95th percentile."},
	{"p99", ofTime, "Their 99th percentile."},
	{"p999", ofTime, "Their 99.9th percentile."},
	{"mean", ofTime, "Their mean."},
	{"rate_rps", ofRate, "Requests that ended per second; more is better. In an open load the plan sets it."},
	{"success_rps", ofRate, "Successes per second; more is better."},
	{"error_rate", ofErrors, "The share of requests that failed."},
	{"lost", ofRows, "Successful answers that wrote no row; needs a ledger."},
	{"extra", ofRows, "Rows that no request accounts for; needs a ledger."},
}

func gateKeys() []key[gateSpec] {
	var keys []key[gateSpec]
	for i, m := range gateMetrics {
		limit := limitForm
		limit.schema = reference(m.of.limitDef())
		keys = append(keys, field(m.name, limit, func(g *gateSpec) *at[limitSpec] { return &g[i] }, m.about))
	}
	return keys
}

// gate are the limits in the order of the table.
func (b *builder) gate(s scenarioSpec) []analyze.Limit {
	var out []analyze.Limit
	for i, m := range gateMetrics {
		if l := s.gate.value[i]; l.ok() {
			if m.of == ofRows && !s.ledger.given() {
				b.fault(l.node, "needs a ledger", "say under ledger where the service writes its rows")
			}
			out = append(out, b.limit(m, l))
		}
	}
	return out
}

func (b *builder) limit(m gateMetric, l at[limitSpec]) analyze.Limit {
	w := l.value
	if !w.worseBy.given() && !w.and.given() && !w.max.given() && !w.min.given() {
		b.fault(l.node, "asks for nothing", m.of.example())
	}
	out := analyze.Limit{Metric: m.name, And: b.amount(m, "and", w.and), Max: b.amount(m, "max", w.max), Min: b.amount(m, "min", w.min)}
	if w.worseBy.ok() {
		if message, hint := m.of.refuses("worse_by"); message != "" {
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
func (b *builder) amount(m gateMetric, key string, a at[amount]) *float64 {
	if !a.ok() {
		return nil
	}
	if message, hint := m.of.refuses(key); message != "" {
		b.fault(a.node, message, hint)
		return nil
	}
	if !m.of.takes(a.value) || m.of == ofRows && a.node.kind == text && !a.node.filled {
		b.fault(a.node, "must be "+m.of.words()+a.node.got(), "")
		return nil
	}
	return &a.value.value
}

// refuses says why a metric has no such limit, and what to use; "" where it has.
func (q quantity) refuses(key string) (message, hint string) {
	switch {
	case key == "worse_by" && q == ofErrors:
		return "is not for a share of errors: near 0 it has no ratio", "use `and`, in points above the baseline's, or `max`"
	case (key == "worse_by" || key == "and") && q == ofRows:
		return "is not for rows: each is counted, whatever the baseline's were", "use `max`"
	case key == "min" && q != ofRate:
		return "is for rates: here less is better", "use `max`"
	}
	return "", ""
}

func (q quantity) takes(a amount) bool {
	switch q {
	case ofTime:
		return a.unit == aTime
	case ofErrors:
		return a.unit == aShare
	case ofRate:
		return a.unit == bare || a.unit == aRate
	}
	return a.unit == bare && a.value == math.Trunc(a.value)
}

// limitDef is the name that the schema of a quantity's limits goes by.
func (q quantity) limitDef() string {
	return [...]string{"limit-time", "limit-rate", "limit-share", "limit-rows"}[q]
}

// limitSchema is that of [limitForm] with the keys and the units that a quantity has.
func (q quantity) limitSchema() *jsonschema.Schema {
	s := limitForm.schema.CloneSchemas()
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

func (q quantity) amountSchema() *jsonschema.Schema {
	least, most := 0.0, float64(maxClients)
	switch q {
	case ofTime:
		return duration(0).schema.CloneSchemas()
	case ofErrors:
		return percent(100).schema.CloneSchemas()
	case ofRate:
		return perSecond(false).schema.CloneSchemas()
	}
	return orVariable(&jsonschema.Schema{Type: "integer", Minimum: &least, Maximum: &most})
}

// words say what a limit looks like, after "must be".
func (q quantity) words() string {
	return [...]string{"a time such as 5ms", "a rate per second, such as 200 or 200/s", "a percentage such as 1%", "a whole number"}[q]
}

// example is a limit that could have been meant.
func (q quantity) example() string {
	return [...]string{
		"say worse_by: 10%, and: 5ms or max: 500ms", "say worse_by: 10% or min: 200",
		"say max: 1%, or and: 0.5% for points above the baseline's", "say max: 0",
	}[q]
}
