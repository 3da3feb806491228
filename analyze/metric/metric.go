// Package metric is the table of the metrics by which runs are judged: what each is
// called, in which unit it is, which direction is better, and where it is used. Whoever
// reads, judges or shows a metric looks it up here, so that a new one is a line of [All].
package metric

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/stress-tool/stress/internal/lazy"
)

// Direction says which change of a metric is an improvement.
type Direction string

// The directions.
const (
	Lower  Direction = "lower"
	Higher Direction = "higher"
)

// Metric is one figure by which runs are judged.
type Metric struct {
	// Name is what scenarios and flags call it, in its one spelling: "p95", "error_rate".
	Name string
	// Alias is another spelling that a user may type, "" for none.
	Alias string
	// Key is its name in every file that is written: "p95_ms". Of a time it is the name
	// with the unit, of others the name.
	Key string
	// Label is its name in a sentence about a limit: "p99.9" for p999.
	Label string
	// Title is its name in tables: "median"; Phrase in a sentence of its own: "lost rows".
	Title, Phrase string
	// About says in a sentence what it is, for documents.
	About string
	// Bench is its unit in Go's benchmark format; "" for one that is not written there.
	Bench string

	Unit   Unit
	Better Direction
	// Quantile is the q of a percentile, in (0,1); 0 for every other metric.
	Quantile float64
	// Kept says that a stored summary has it for every leg: then it can be held against
	// a baseline by a gate, and has a trend.
	Kept bool
	// Compared says that it has a row wherever two runs are compared.
	Compared bool
	// Worst says that of several rounds it is the worst, exactly, and that no baseline
	// excuses it: a gate only bounds it.
	Worst bool
	// Ledger says that it takes the rows of a database, Served that it takes the hosts which
	// served: by those rows, or by answers that name them.
	Ledger, Served bool
	// Whole says why it is not known of a single request of a pass; "" where it is.
	Whole string
}

// Why metrics are those of all requests alone.
const (
	wholeRows   = "rows do not tell which request of a pass wrote them"
	wholeHosts  = "who served is not counted by request"
	wholeOutage = "times without a success are not kept by request"
	wholeDrops  = "what is dropped was never given to a request"
)

// The metrics that code asks for by itself.
var (
	P50       = percentile("50", "The median of the times: response times of an open load, service times of a closed one.").titled("median").compared()
	P90       = percentile("90", "Their 90th percentile.").compared()
	P95       = percentile("95", "Their 95th percentile.").compared()
	P99       = percentile("99", "Their 99th percentile.").compared()
	Mean      = Metric{Name: "mean", Unit: Milliseconds, Kept: true, Compared: true, About: "Their mean."}.filled()
	Rate      = Metric{Name: "rate_rps", Alias: "rate", Unit: PerSecond, Kept: true, Compared: true, Title: "requests ended", Phrase: "requests per second", Bench: "req/s", About: "Requests that ended per second; more is better. In an open load the plan sets it."}.filled()
	Successes = Metric{Name: "success_rps", Unit: PerSecond, Kept: true, Compared: true, Title: "successes", Phrase: "successes per second", Bench: "success/s", About: "Successes per second; more is better."}.filled()
	ErrorRate = Metric{Name: "error_rate", Unit: Share, Kept: true, Compared: true, Title: "error rate", Phrase: "error rate", Bench: "errors/req", About: "The share of requests that failed."}.filled()
	Lost      = Metric{Name: "lost", Unit: Rows, Kept: true, Compared: true, Ledger: true, Whole: wholeRows, Title: "rows lost", Phrase: "lost rows", Bench: "lost-rows", About: "Successful answers that wrote no row; needs a ledger."}.filled()
	Extra     = Metric{Name: "extra", Unit: Rows, Kept: true, Ledger: true, Whole: wholeRows, Title: "rows extra", Phrase: "extra rows", About: "Rows that no request accounts for; needs a ledger."}.filled()
	Outage    = Metric{Name: "outage", Unit: Milliseconds, Kept: true, Worst: true, Whole: wholeOutage, Phrase: "longest time without a success", About: "The longest time without a success while load was put on, of the worst round."}.filled()

	Min          = Metric{Name: "min", Unit: Milliseconds}.filled()
	Max          = Metric{Name: "max", Unit: Milliseconds}.filled()
	MaxDeviation = Metric{Name: "max_deviation", Unit: Share, Served: true, Whole: wholeHosts}.filled()
	Dropped      = Metric{Name: "dropped", Unit: Requests, Whole: wholeDrops}.filled()
	Skipped      = Metric{Name: "skipped", Unit: Requests}.filled()
	Hosts        = Metric{Name: "hosts", Unit: Hosted, Served: true, Better: Higher, Whole: wholeHosts}.filled()
)

// All is the table, in the order in which metrics are listed. Percentiles stand first and
// ascend. Thresholds take every other percentile too: see [Named].
var All = []Metric{
	P50, P90, P95, P99,
	percentile("99.9", "Their 99.9th percentile."),
	Mean, Rate, Successes, ErrorRate, Lost, Extra, Outage, Min, Max, MaxDeviation, Dropped, Skipped, Hosts,
}

// percentile is one that every leg has, of so many percent.
func percentile(percent, about string) Metric {
	m := quantile(percent)
	m.Kept, m.About = true, about
	return m
}

// quantile is the percentile of so many percent, as a decimal number: p99.9 is written
// p999, as the field does.
func quantile(percent string) Metric {
	q, _ := strconv.ParseFloat(percent+"e-2", 64)
	name := "p" + percent
	m := Metric{Name: name, Label: name, Unit: Milliseconds, Quantile: q}
	if percent == "99.9" {
		m.Name = "p999"
	}
	return m.filled()
}

func (m Metric) titled(title string) Metric { m.Title = title; return m }
func (m Metric) compared() Metric           { m.Compared = true; return m }

// filled says the rest of what follows from the name and the unit.
func (m Metric) filled() Metric {
	m.Key = m.Name
	if m.Unit == Milliseconds {
		m.Key, m.Bench = m.Name+"_ms", m.Name+"-sec"
	}
	m.Label = cmp.Or(m.Label, m.Name)
	m.Title, m.Phrase = cmp.Or(m.Title, m.Label), cmp.Or(m.Phrase, m.Label)
	if m.Better == "" {
		m.Better = Lower
		if m.Unit.Class() == Rates {
			m.Better = Higher
		}
	}
	return m
}

// Difference reports that two figures are held against each other by their difference:
// shares and counts near 0 have no ratio.
func (m Metric) Difference() bool {
	return m.Unit.Class() == Shares || m.Unit.Class() == Counts
}

// Fewest is how many requests a figure takes to be that of its name: the p95 of fewer
// than 20 is their maximum.
func (m Metric) Fewest() uint64 {
	// The guard keeps a quotient that rounding made too large from rising by one.
	return uint64(math.Ceil(1 / (1 - m.Quantile) * (1 - 0x1p-40)))
}

var percentileForm = lazy.Regexp(`^p([0-9]{1,2}|9[0-9]{2,5})(?:\.([0-9]{1,4}))?$`)

// Named is the metric of a name in any of its spellings; false if there is none. Every
// percentile above p0 has one: p42, p99.95, which is p9995 too.
func Named(name string) (Metric, bool) {
	i := slices.IndexFunc(All, func(m Metric) bool { return m.Name == name || m.Alias == name })
	if i >= 0 && name != "" {
		return All[i], true
	}
	form := percentileForm().FindStringSubmatch(name)
	if form == nil || len(form[1]) > 2 && form[2] != "" {
		return Metric{}, false
	}
	whole, fraction := form[1], form[2]
	if len(whole) > 2 {
		whole, fraction = whole[:2], whole[2:]
	}
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	percent := cmp.Or(whole, "0")
	if fraction != "" {
		percent += "." + fraction
	}
	if percent == "0" {
		return Metric{}, false
	}
	m := quantile(percent)
	if i := slices.IndexFunc(All, func(other Metric) bool { return other.Name == m.Name }); i >= 0 {
		return All[i], true
	}
	return m, true
}

// Of is the metric of a name; of an unknown one a bare number of that name.
func Of(name string) Metric {
	if m, ok := Named(name); ok {
		return m
	}
	return Metric{Name: name, Key: name, Label: name, Title: name, Phrase: name, Better: Lower}
}

// Keyed is the metric of a key in a stored file; see [Of].
func Keyed(key string) Metric {
	if i := slices.IndexFunc(All, func(m Metric) bool { return m.Key == key }); i >= 0 {
		return All[i]
	}
	return Metric{Name: key, Key: key, Label: key, Title: key, Phrase: key, Better: Lower}
}

// Called is the metric in a sentence, of a single request if one is named: "p95 of login".
func (m Metric) Called(request string) string {
	if request == "" {
		return m.Label
	}
	return m.Label + " of " + request
}

// Written is the metric as users write it, of a single request if one is named: "p95{login}".
func (m Metric) Written(request string) string {
	if request == "" {
		return m.Name
	}
	return m.Name + "{" + request + "}"
}

// Where are the metrics of the table for which ok holds, in its order.
func Where(ok func(Metric) bool) []Metric {
	return slices.DeleteFunc(slices.Clone(All), func(m Metric) bool { return !ok(m) })
}

// Kept are the metrics that a stored summary has.
var Kept = Where(func(m Metric) bool { return m.Kept })

// Percentiles are the quantiles of every distribution, ascending.
var Percentiles = Where(func(m Metric) bool { return m.Kept && m.Quantile > 0 })

// Names are those of the metrics.
func Names(ms []Metric) []string {
	names := make([]string, len(ms))
	for i, m := range ms {
		names[i] = m.Name
	}
	return names
}
