package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// probeTable is a row for each probe, in the order in which they were made.
func (d *document) probeTable(c *result.Capacity, o Options) *table {
	tab := &table{Columns: []column{left("probe"), right("load"), left("verdict"), right("n"), right("successes (/s)"), right(metric.P95.Title), right("error rate"), right("rows lost"), right("under way")}}
	for i := range c.Probes {
		p := &c.Probes[i]
		load := words.Counted(p.Clients, "client")
		if p.Open() {
			load = metric.PerSecond.Cell(p.RateRPS)
		}
		name := cell{Text: string(p.Kind), Link: o.link(p.Page)}
		tab.Rows = append(tab.Rows, []cell{
			name, {Text: load, Sub: "for " + words.TableSeconds(p.LoadS)}, d.probeVerdict(p),
			textCell(words.TableCount(p.N)), withInterval(p.Success, digits3), withInterval(p.P95, millis), failedCell(p), lostCell(p), underWayCell(p),
		})
	}
	return tab
}

// probeVerdict is what a probe says of its load, where that was its question, and why.
func (d *document) probeVerdict(p *result.Probe) cell {
	switch {
	case p.Verdict == result.ProbeInvalid:
		return cell{Text: string(p.Verdict), Mark: d.note(p.Why), Tone: unsure}
	case p.Kind == result.ProbeOverload || p.Kind == result.ProbeSaturate:
		return cell{Text: "–", Tone: faint}
	}
	return cell{Text: string(p.Verdict), Mark: d.note(p.Why), Tone: map[result.ProbeVerdict]tone{result.ProbeHeld: good, result.ProbeBroken: bad, result.ProbeUnclear: unsure}[p.Verdict]}
}

func failedCell(p *result.Probe) cell {
	if p.ErrorRate == nil || p.ErrorRate.N == 0 {
		return missing()
	}
	return withInterval(*p.ErrorRate, percent)
}

func lostCell(p *result.Probe) cell {
	if p.Lost == nil {
		return missing()
	}
	if p.Lost.Lo < p.Lost.Hi {
		return textCell(between(p.Lost.Lo, p.Lost.Hi, digits3))
	}
	return textCell(digits3(p.Lost.Value))
}

// underWayCell are the requests under way as they were counted, and as Little's law has them.
func underWayCell(p *result.Probe) cell {
	c := textCell(digits3(p.InFlight))
	if p.ByLittle > 0 {
		c.Sub = digits3(p.ByLittle) + " by λW"
	}
	return c
}

// withInterval is a figure with its interval below it.
func withInterval(e result.Estimate, show func(float64) string) cell {
	if !e.Known() {
		return missing()
	}
	return cell{Text: show(e.Value), Sub: between(e.Lo, e.Hi, show)}
}

// studyCSV writes a figure per line: target, probe, metric, value, lo, hi, n, unit. The answers of a target have
// no probe. Numbers are written as those of a run's CSV.
func studyCSV(w io.Writer, s *result.Study, _ Options) error {
	c := &studySheet{csv: csv.NewWriter(w)}
	c.write("target", "probe", "kind", "verdict", "metric", "value", "lo", "hi", "n", "unit")
	for i := range s.Configurations {
		c.of = &s.Configurations[i]
		c.probe = &result.Probe{}
		c.answers()
		for k := range c.of.Probes {
			c.probe = &c.of.Probes[k]
			c.figures()
		}
	}
	c.csv.Flush()
	if err := c.csv.Error(); err != nil {
		return fmt.Errorf("study as CSV: %w", err)
	}
	return nil
}

// studySheet writes the figures of one configuration, or of one of its probes, after the other.
type studySheet struct {
	csv   *csv.Writer
	of    *result.Capacity
	probe *result.Probe
}

func (c *studySheet) write(fields ...string) { _ = c.csv.Write(fields) }

func (c *studySheet) figure(name string, e result.Estimate, unit string) {
	lo, hi, n := "", "", ""
	if e.Confidence > 0 {
		lo, hi = bound(e.Lo), bound(e.Hi)
	}
	if e.N > 0 {
		n = strconv.FormatUint(e.N, 10)
	}
	if words.Finite(e.Value) {
		c.write(guard(c.of.Target), guard(c.probe.Dir), string(c.probe.Kind), string(c.probe.Verdict), name, decimal(e.Value), lo, hi, n, unit)
	}
}

func (c *studySheet) value(name string, v float64, unit string) {
	if v != 0 {
		c.figure(name, result.Estimate{Value: v}, unit)
	}
}

func (c *studySheet) answers() {
	c.value("replicas", float64(c.of.Replicas), "replicas")
	c.value("held_rps", c.of.HeldRPS, "/s")
	c.value("broken_rps", c.of.BrokenRPS, "/s")
	if c.of.Saturation != nil {
		c.figure("saturation_rps", *c.of.Saturation, "/s")
	}
}

func (c *studySheet) figures() {
	p := c.probe
	c.value("asked_rps", p.RateRPS, "/s")
	c.value("clients", float64(p.Clients), "clients")
	c.value("load_s", p.LoadS, "s")
	for _, f := range []struct {
		m metric.Metric
		e *result.Estimate
	}{{metric.Rate, p.Ended}, {metric.Successes, &p.Success}, {metric.P95, &p.P95}, {metric.ErrorRate, p.ErrorRate}, {metric.Lost, p.Lost}} {
		if f.e != nil && f.e.N > 0 {
			c.figure(f.m.Key, *f.e, string(f.m.Unit))
		}
	}
	c.value(metric.Mean.Key, p.MeanMS, string(metric.Mean.Unit))
	c.value("in_flight", p.InFlight, "requests")
	c.value("by_little", p.ByLittle, "requests")
	c.value("backlog_rps", p.BacklogRPS, "/s")
}
