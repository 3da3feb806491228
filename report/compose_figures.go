package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// thresholds shows the verdict on each threshold of the scenario.
func (c *composer) thresholds() {
	t := &table{Columns: []column{left("threshold"), left("target"), right("observed"), right("interval"), right("n"), left("verdict")}}
	for _, s := range c.a.Thresholds {
		target := s.Target
		if c.a.LastRound() > 1 && s.Round > 0 {
			target = fmt.Sprintf("%s, round %d", s.Target, s.Round)
		}
		verdict := cell{Text: string(s.Verdict), Tone: toneOf(s.Verdict)}
		if !s.Observed.Known() || s.ByInterval != "" && s.ByInterval != s.Verdict {
			verdict.Mark = c.note(s.Words)
		}
		show := s.Unit.Cell
		t.Rows = append(t.Rows, append([]cell{textCell(s.Threshold), textCell(target)},
			append(c.estimate(s.Observed, show), verdict)...))
	}
	if len(t.Rows) > 0 {
		c.add("Thresholds", block{Table: t}, block{Text: c.decided()})
	}
}

// decided says what the verdicts on thresholds stand on, and what that is worth.
func (c *composer) decided() string {
	if !c.a.Run.ByObserved() {
		return "An end of an interval is a bound at 95 % or more by itself, and the verdict is by the end that the threshold asks for."
	}
	borne := 0
	for _, s := range c.a.Thresholds {
		if s.ByInterval == s.Verdict {
			borne++
		}
	}
	return fmt.Sprintf("Decided by the figure of each leg as it was: that says what happened, not what would happen again. Their intervals bear %s of these %s verdicts.",
		count(borne), count(len(c.a.Thresholds)))
}

// estimate is a figure in three cells: value, interval, sample size.
func (c *composer) estimate(e result.Estimate, show func(float64) string) []cell {
	if !e.Known() {
		return []cell{missing(), {Text: "–", Tone: faint}, textCell("0")}
	}
	interval := cell{Text: "–", Tone: faint}
	if e.Lo != e.Hi {
		if s := between(e.Lo, e.Hi, show); s != "" {
			interval = textCell(s)
		}
	}
	return []cell{{Text: show(e.Value), Mark: c.note(e.Warnings...)}, interval, textCell(count(e.N))}
}

// latencyFigures are the rows for one distribution of a leg, over so many of what.
func (c *composer) latencyFigures(what string, of func(*result.Leg) *result.Latency) []legRow {
	figures := []legRow{{what, each(func(l *result.Leg) cell {
		if n := of(l).N; n > 0 {
			return textCell(count(n))
		}
		return missing()
	})}}
	add := func(title, interval string, value func(*result.Latency) float64) {
		figures = append(figures, legRow{title, c.timesRow(of, value, interval)})
	}
	at := func(m metric.Metric) func(*result.Latency) float64 {
		return func(l *result.Latency) float64 { return l.At(m) }
	}
	for _, m := range metric.Percentiles {
		add(m.Title, m.Name, at(m))
	}
	add(metric.Max.Title, "", at(metric.Max))
	add(metric.Mean.Title, "", at(metric.Mean))
	add(metric.Min.Title, "", at(metric.Min))
	add("standard deviation", "", func(l *result.Latency) float64 { return l.StdDev })
	return figures
}

// timesRow shows one quantile of several legs in a common unit, each with its
// interval below.
func (c *composer) timesRow(of func(*result.Leg) *result.Latency, value func(*result.Latency) float64, key string) func([]*result.Leg) ([]cell, string) {
	return func(legs []*result.Leg) ([]cell, string) {
		var values []float64
		for _, l := range legs {
			if of(l).N > 0 {
				values = append(values, value(of(l)))
			}
		}
		s := timeScale(values...)
		cells := make([]cell, len(legs))
		for i, l := range legs {
			cells[i] = c.timeCell(of(l), value, key, s)
		}
		return cells, s.Unit
	}
}

func (c *composer) timeCell(l *result.Latency, value func(*result.Latency) float64, key string, s words.Scale) cell {
	if l.N == 0 || !words.Finite(value(l)) {
		return missing()
	}
	out := textCell(s.Cell(value(l)))
	if e, ok := l.Intervals[key]; ok {
		out.Mark = c.note(e.Warnings...)
		if e.Confidence > 0 {
			out.Sub = between(openAtZero(e.Lo), e.Hi, s.Cell)
			out.How = &how{N: count(e.N), Method: result.MethodPercentile}
		}
	}
	return out
}

// times shows how long answers took.
func (c *composer) times() {
	if len(c.a.Legs) == 0 {
		return
	}
	measured := func(l *result.Leg) *result.Latency { m := c.a.Measured(l); return &m }
	blocks := []block{{Text: sentence(words.Capital(c.a.Run.MeasureWhy)) + " A figure is exact for these requests; below it stands the 95 % interval for others under the same load. What changes more slowly than a leg lasts is in no interval of a leg: rounds show it."}}
	blocks = append(blocks, c.byLeg(c.a.Run.Measure, c.latencyFigures("answers", measured))...)
	c.add(words.Capital(c.a.Run.Measure), blocks...)
}

// clocks shows the parts of the time apart.
func (c *composer) clocks() {
	if len(c.a.Legs) == 0 {
		return
	}
	if c.a.Run.Load.Open {
		service := func(l *result.Leg) *result.Latency { return &l.Service }
		c.add("Service time, from sent to done", c.byLeg("service time", c.latencyFigures("answers", service))...)
		lag := func(l *result.Leg) *result.Latency { return &l.Lag }
		c.add("Lag, from due to sent", c.byLeg("lag", c.latencyFigures("requests", lag))...)
	}
	if slices.ContainsFunc(c.a.Legs, func(l result.Leg) bool { return l.FirstByte.N > 0 }) {
		first := func(l *result.Leg) *result.Latency { return &l.FirstByte }
		c.add("Time to first byte, from sent to the first of the answer", c.byLeg("time to first byte", c.latencyFigures("answers", first))...)
	}
	connect := func(l *result.Leg) *result.Latency { return &l.Connect }
	blocks := c.byLeg("connect time", c.latencyFigures("connections", connect))
	if slices.ContainsFunc(c.a.Legs, func(l result.Leg) bool { return l.Handshake.N > 0 }) {
		handshake := func(l *result.Leg) *result.Latency { return &l.Handshake }
		blocks = append(blocks, block{Text: "Of that, the handshakes of TLS took:"})
		blocks = append(blocks, c.byLeg("TLS handshake", c.latencyFigures("connections", handshake))...)
	}
	c.add("Opening connections", blocks...)
}

// rates shows how much was done.
func (c *composer) rates() {
	lasting := func(show func(*result.Leg) string) func([]*result.Leg) ([]cell, string) {
		return each(func(l *result.Leg) cell {
			if l.DurationS <= 0 {
				return missing()
			}
			return textCell(show(l))
		})
	}
	blocks := []block{{Text: "Rates are per second of the load. What ended after it is in no rate."}}
	blocks = append(blocks, c.byLeg("throughput", []legRow{
		{"load lasted", lasting(func(l *result.Leg) string { return seconds(cmp.Or(l.LoadS, l.DurationS)) })},
		{"last answer after it", each(drain)},
		{"requests ended per second", each(c.rate(metric.Rate))},
		{"successes per second", each(c.rate(metric.Successes))},
		{"error rate", each(func(l *result.Leg) cell {
			e := l.ErrorRate
			if e.N == 0 {
				return missing()
			}
			out := cell{Text: percent(e.Value), Mark: c.note(e.Warnings...)}
			if e.Confidence > 0 {
				out.Sub = between(e.Lo, e.Hi, percent)
				out.How = &how{N: count(e.N), Method: result.MethodErrorRate}
			}
			return out
		})},
		{"longest time without a success", each(longestOutage)},
		{"seconds without a success", each(silentSeconds)},
		{"bytes sent", each(func(l *result.Leg) cell { return textCell(bytesOf(l.BytesSent)) })},
		{"bytes received", each(func(l *result.Leg) cell { return textCell(bytesOf(l.BytesReceived)) })},
		{"connections opened", each(func(l *result.Leg) cell { return textCell(count(l.Connects)) })},
	})...)
	var spent []string
	for i := range c.a.Legs {
		if l := &c.a.Legs[i]; l.ClientTime != nil {
			spent = append(spent, legName(c.a, l)+": "+l.ClientTime.Words)
		}
	}
	if len(spent) > 0 {
		blocks = append(blocks, block{Text: "What clients did with their time, by Little's law:"}, block{List: spent})
	}
	c.add("Throughput", blocks...)
}

// drain shows how long after the load the last answer came, and how many came then.
func drain(l *result.Leg) cell {
	if l.LoadS <= 0 {
		return missing()
	}
	out := textCell(seconds(l.DrainS))
	if l.Drained > 0 {
		out.Sub = words.Table.Counted(float64(l.Drained), "requests")
	}
	return out
}

// longestOutage shows when a leg was longest without a success.
func longestOutage(l *result.Leg) cell {
	o := l.Outage
	if o == nil {
		return missing()
	}
	out := cell{Text: millis(1000 * o.LongestS), Sub: fmt.Sprintf("from second %.1f on", o.FromS)}
	switch whole := o.ResolutionS >= 1; { // of a run of another version
	case whole && o.LongestS == 0:
		out = textCell("under 2" + thin + "s")
	case whole:
		out.Text = "≥ " + out.Text
	}
	if o.Exceeds {
		out.Tone = bad
	}
	return out
}

// silentSeconds shows the share of the seconds without a success.
func silentSeconds(l *result.Leg) cell {
	o := l.Outage
	if o == nil || o.Asked == 0 {
		return missing()
	}
	return cell{Text: percent(float64(o.Silent) / float64(o.Asked)), Sub: fmt.Sprintf("%d of %d", o.Silent, o.Asked)}
}

// rate shows events per second of load.
func (c *composer) rate(of metric.Metric) func(*result.Leg) cell {
	return func(l *result.Leg) cell {
		if l.DurationS <= 0 {
			return missing()
		}
		e := l.Rate(of)
		out := cell{Text: digits3(e.Value), Mark: c.note(e.Warnings...)}
		if e.Confidence > 0 {
			out.Sub = between(e.Lo, e.Hi, digits3)
			out.How = &how{N: count(e.N), Method: result.MethodRate}
		}
		return out
	}
}

// openAtZero makes a lower end of 0 an open one: no time and no ratio is below 0, so that
// end bounds nothing.
func openAtZero(b result.Bound) result.Bound {
	if b == 0 {
		return result.Bound(math.Inf(-1))
	}
	return b
}
