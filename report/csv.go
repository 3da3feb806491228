package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
)

// runCSV writes a figure per line: leg, round, metric, value, lo, hi, n, unit. Numbers
// have a decimal point and no thousands; what was not measured has no line, and an
// interval or sample size that does not exist is empty. A comparison's legs are
// "candidate/baseline", without a round. A run of several loads has the load as well.
func runCSV(w io.Writer, a *result.Analysis, _ Options) error {
	c := &sheet{csv: csv.NewWriter(w)}
	if len(a.Loads) > 0 {
		c.load = "load"
	}
	c.write("leg", "round", "metric", "value", "lo", "hi", "n", "unit")
	for _, part := range a.Parts() {
		if len(a.Loads) > 0 {
			c.load = guard(part.Run.Load.Name)
		}
		for i := range part.Legs {
			c.leg(&part.Legs[i])
		}
		c.comparison(part.Comparison)
		for _, r := range part.Replicas {
			c.replicas(r)
		}
	}
	c.csv.Flush()
	if err := c.csv.Error(); err != nil {
		return fmt.Errorf("report as CSV: %w", err)
	}
	return nil
}

// sheet writes figures of one leg after the other. A csv.Writer keeps its first
// error until the end.
type sheet struct {
	csv         *csv.Writer
	name, round string // of the leg
	load        string // of the leg, in a last column; "" is a run of one load
}

func (c *sheet) write(fields ...string) {
	if c.load != "" {
		fields = append(fields, c.load)
	}
	_ = c.csv.Write(fields)
}

func (c *sheet) figure(name string, value string, e result.Estimate, unit string) {
	lo, hi, n := "", "", ""
	if e.Confidence > 0 {
		lo, hi = bound(e.Lo), bound(e.Hi)
	}
	if e.N > 0 {
		n = strconv.FormatUint(e.N, 10)
	}
	c.write(guard(c.name), c.round, guard(name), value, lo, hi, n, guard(unit))
}

// metric is a figure of the table of metrics.
func (c *sheet) metric(m metric.Metric, v float64, e result.Estimate) {
	if words.Finite(v) {
		c.figure(m.Key, decimal(v), e, string(m.Unit))
	}
}

func (c *sheet) count(name string, n uint64, unit string) {
	c.figure(name, strconv.FormatUint(n, 10), result.Estimate{}, unit)
}

func (c *sheet) value(name string, v float64, unit string) {
	if words.Finite(v) {
		c.figure(name, decimal(v), result.Estimate{}, unit)
	}
}

func (c *sheet) leg(l *result.Leg) {
	c.name, c.round = l.Target, strconv.Itoa(l.Round)
	for _, f := range []struct {
		name string
		n    uint64
	}{
		{"planned", l.Planned}, {"sent", l.Sent}, {"completed", l.Completed}, {"dropped", l.Dropped},
		{"success", l.Outcomes.Success}, {"http_4xx", l.Outcomes.HTTP4xx}, {"http_5xx", l.Outcomes.HTTP5xx},
		{"unexpected", l.Outcomes.Unexpected}, {"too_slow", l.Outcomes.TooSlow}, {"timeout", l.Outcomes.Timeout}, {"network", l.Outcomes.Network},
		{"cut", l.Outcomes.Cut},
	} {
		c.count(f.name, f.n, "requests")
	}
	for _, s := range l.SkippedFor {
		c.count("skipped:"+s.Value, s.Requests, "requests")
	}
	if l.ErrorRate.N > 0 {
		c.metric(metric.ErrorRate, l.ErrorRate.Value, l.ErrorRate)
	}
	if l.DurationS > 0 {
		c.value("duration_s", l.DurationS, "s")
		if l.LoadS > 0 {
			c.value("load_s", l.LoadS, "s")
			c.value("drain_s", l.DrainS, "s")
			c.count("drained", l.Drained, "requests")
		}
		for _, m := range []metric.Metric{metric.Rate, metric.Successes} {
			e := l.Rate(m)
			c.metric(m, e.Value, e)
		}
	}
	if o := l.Outage; o != nil {
		c.metric(metric.Outage, 1000*o.LongestS, result.Estimate{})
		if o.Asked > 0 {
			c.value("silent_share", float64(o.Silent)/float64(o.Asked), "share")
		}
	}
	for _, s := range l.Statuses {
		code := "others"
		if s.Code != 0 {
			code = strconv.Itoa(s.Code)
		}
		c.count("status:"+code, s.Answers, "answers")
	}
	c.count("bytes_sent", l.BytesSent, "B")
	c.count("bytes_received", l.BytesReceived, "B")
	c.count("connects", l.Connects, "connections")
	c.latency("response", &l.Response)
	c.latency("service", &l.Service)
	c.latency("first_byte", &l.FirstByte)
	c.latency("lag", &l.Lag)
	c.latency("connect", &l.Connect)
	c.latency("handshake", &l.Handshake)
	c.latency("queue", &l.Queue)
	c.latency("user_space", &l.UserSpace)
	for _, r := range l.Requests {
		if r.Share != nil {
			c.figure("request:"+r.Name+":share", decimal(r.Share.Value), *r.Share, "share")
		}
		if r.ErrorRate.N > 0 {
			c.figure("request:"+r.Name+":"+metric.ErrorRate.Key, decimal(r.ErrorRate.Value), r.ErrorRate, string(metric.ErrorRate.Unit))
		}
		for _, m := range []metric.Metric{metric.Rate, metric.Successes} {
			if e, kept := r.Rates[m.Name]; kept {
				c.figure("request:"+r.Name+":"+m.Key, decimal(e.Value), e, string(m.Unit))
			}
		}
		if r.Skipped > 0 {
			c.count("request:"+r.Name+":skipped", r.Skipped, "requests")
		}
		c.latency("request:"+r.Name, &r.Response)
		c.latency("request:"+r.Name+":service", &r.Service)
	}
	c.rows(l)
	c.generator(l)
	c.agents(l.Fleet)
}

func (c *sheet) generator(l *result.Leg) {
	g := &l.Generator
	if g.CPU >= 0 {
		c.value("generator_cpu", g.CPU, "share")
	}
	if g.Steal >= 0 {
		c.value("steal", g.Steal, "share")
	}
	if l.Completed > 0 {
		c.value("stamped", l.Stamped, "share")
	}
	c.value("standstill_s", g.StandstillS, "s")
	c.value("gc_pause_ms", g.GCPauseMS, "ms")
	if g.Retransmits != nil {
		c.count("retransmits", *g.Retransmits, "segments")
	}
	c.count("waited", g.Waited, "requests")
}

// agents are the generators of a leg, each by its name.
func (c *sheet) agents(f *result.Fleet) {
	if f == nil {
		return
	}
	for i := range f.Agents {
		a := &f.Agents[i]
		name := "agent:" + a.Name + ":"
		c.count(name+"planned", a.Planned, "requests")
		c.count(name+"sent", a.Sent, "requests")
		c.count(name+"dropped", a.Dropped, "requests")
		if a.Skipped > 0 {
			c.count(name+"skipped", a.Skipped, "requests")
		}
		if a.Unsure > 0 {
			c.count(name+"unsure", a.Unsure, "requests")
		}
		c.value(name+"share", a.Share, "share")
		if a.CapacityRPS > 0 {
			c.value(name+"capacity", a.CapacityRPS, "requests/s")
		}
		if a.Generator.CPU >= 0 {
			c.value(name+"cpu", a.Generator.CPU, "share")
		}
		if a.Sent > 0 {
			c.figure(name+"lag_p50", decimal(a.LagP50MS), result.Estimate{N: a.Sent}, "ms")
			c.figure(name+"lag_p99", decimal(a.Generator.LagP99MS), result.Estimate{N: a.Sent}, "ms")
		}
		c.value(name+"queue_p99", a.Generator.QueueP99MS, "ms")
		if a.Generator.Steal >= 0 {
			c.value(name+"steal", a.Generator.Steal, "share")
		}
		c.value(name+"gc_pause_ms", a.Generator.GCPauseMS, "ms")
		c.clock(name+"clock_start", a.Start)
		c.clock(name+"clock_end", a.End)
		if a.Lost != "" {
			c.value(name+"lost_s", a.LostS, "s")
		}
		for _, d := range a.Deviations {
			c.figure(name+"against_others_"+metric.Keyed(d.Metric).Name, decimal(d.Relative.Value), d.Relative, "share")
		}
	}
}

// clock is an agent's clock − the lead's, within its bound.
func (c *sheet) clock(name string, k *result.Clock) {
	if k != nil {
		within := result.Estimate{Lo: result.Bound(k.OffsetMS - k.BoundMS), Hi: result.Bound(k.OffsetMS + k.BoundMS), Confidence: 1}
		c.figure(name, decimal(k.OffsetMS), within, "ms")
	}
}

func (c *sheet) latency(name string, l *result.Latency) {
	if l.N == 0 {
		return
	}
	for _, m := range metric.Percentiles {
		e := l.Intervals[m.Name]
		e.N = l.N
		c.figure(name+"_"+m.Name, decimal(l.At(m)), e, string(m.Unit))
	}
	for _, f := range []struct {
		name string
		v    float64
	}{{metric.Mean.Name, l.Mean}, {"stddev", l.StdDev}, {metric.Min.Name, l.Min}, {metric.Max.Name, l.Max}} {
		c.figure(name+"_"+f.name, decimal(f.v), result.Estimate{N: l.N}, string(metric.Milliseconds))
	}
}

func (c *sheet) rows(l *result.Leg) {
	for _, h := range l.Hosts {
		if l.Spread == nil || l.Spread.Of != result.OfAnswers {
			c.figure("rows:"+h.Host, strconv.FormatInt(h.Rows, 10), result.Estimate{}, "rows")
		}
		if h.Answers > 0 {
			c.figure("answers:"+h.Host, strconv.FormatUint(h.Answers, 10), result.Estimate{}, "answers")
		}
		c.figure("share:"+h.Host, decimal(h.Share), result.Estimate{
			Lo: result.Bound(h.ShareLo), Hi: result.Bound(h.ShareHi), Confidence: 0.95,
		}, "share")
	}
	if s := l.Spread; s != nil {
		c.metric(metric.Hosts, float64(s.Hosts), result.Estimate{})
		if s.Hosts > 1 {
			c.metric(metric.MaxDeviation, s.MaxDeviation, result.Estimate{
				Lo: result.Bound(s.MaxDeviationLo), Hi: result.Bound(s.MaxDeviationHi), Confidence: 0.95,
			})
			c.value("chi2_p", s.P, "")
		}
	}
	if r := l.Reconcile; r != nil && r.Verdict.Known() {
		c.figure("rows", strconv.FormatInt(r.Rows, 10), result.Estimate{}, "rows")
		for _, m := range []metric.Metric{metric.Lost, metric.Extra} {
			e := r.Range(m)
			c.metric(m, e.Value, e)
		}
	}
}

func (c *sheet) comparison(cmp *result.Comparison) {
	if cmp == nil {
		return
	}
	c.name, c.round = cmp.Candidate+"/"+cmp.Baseline, ""
	c.compared("", cmp.Metrics)
	for _, r := range cmp.Requests {
		c.compared("request:"+r.Name+":", r.Metrics)
		for _, p := range []struct {
			of string
			p  result.Bound
		}{{r.Time, r.TimeP}, {metric.ErrorRate.Key, r.ErrorsP}} {
			if p.p.Finite() {
				c.value("request:"+r.Name+":"+p.of+":p_after_holm", float64(p.p), "")
			}
		}
	}
}

// compared are the rows of a comparison.
func (c *sheet) compared(prefix string, rows []result.Metric) {
	for _, m := range rows {
		if !m.Ratio.Finite() {
			continue
		}
		unit := "ratio"
		if m.Difference {
			unit = "difference in " + string(m.Unit)
		}
		c.figure(prefix+m.Name, bound(m.Ratio), result.Estimate{Lo: m.Lo, Hi: m.Hi, Confidence: 0.95, N: m.CandidateN}, unit)
	}
}

// replicas have the names of their targets for a leg, and no round.
func (c *sheet) replicas(r result.ReplicaCurve) {
	for _, s := range r.Sizes {
		c.name, c.round = s.Target, ""
		c.count("replicas", uint64(s.Replicas), "replicas")
		for _, f := range []struct {
			name string
			*result.Estimate
			unit metric.Unit
		}{
			{metric.Successes.Key, s.Successes, metric.Successes.Unit}, {metric.P95.Key, s.P95, metric.P95.Unit},
			{"speed_up", s.SpeedUp, "ratio"}, {"efficiency", s.Efficiency, "share"},
		} {
			if f.Estimate != nil && words.Finite(f.Value) {
				c.figure(f.name, decimal(f.Value), *f.Estimate, string(f.unit))
			}
		}
	}
}

// decimal writes a number for programs; NaN and infinite numbers are "".
func decimal(v float64) string {
	if !words.Finite(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

func bound(b result.Bound) string { return decimal(float64(b)) }

// guard keeps a spreadsheet from taking a text for a formula (CWE-1236).
func guard(s string) string {
	s = plain.Line(s)
	if t := strings.TrimSpace(s); t != "" && strings.ContainsAny(t[:1], "=+-@|%") {
		return "'" + s
	}
	return s
}
