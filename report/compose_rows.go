package report

import (
	"fmt"
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
)

// hosts shows who did the work: a table per leg, and with several rounds one of all rounds of a
// target together.
func (c *composer) hosts() {
	var blocks []block
	for i := range c.a.Legs {
		l := &c.a.Legs[i]
		if l.Spread == nil && len(l.Hosts) == 0 {
			continue
		}
		blocks = append(blocks, block{Table: hostTable(legName(c.a, l), l.Hosts, l.Spread)}, block{Text: spreadWords(l.Spread)})
	}
	for _, p := range c.a.Pools {
		if p.Spread != nil {
			blocks = append(blocks, block{Table: hostTable(allRounds(p), p.Hosts, p.Spread)}, block{Text: spreadWords(p.Spread)})
		}
	}
	c.add("Who served, host by host", blocks...)
}

// allRounds names what a target's rounds show together.
func allRounds(p result.Pool) string {
	return fmt.Sprintf("%s, %s", p.Target, words.Counted(int64(p.Rounds), "round"))
}

// hostTable shows hosts by their rows or answers, or by both where both are known.
func hostTable(caption string, hosts []result.Host, s *result.Spread) *table {
	t := &table{Caption: caption, Columns: []column{left("host")}}
	tasks := slices.ContainsFunc(hosts, func(h result.Host) bool { return h.Task != "" })
	if tasks {
		t.Columns = append(t.Columns, left("task"), left("node"))
	}
	rows := s == nil || s.Of != result.OfAnswers
	answers := slices.ContainsFunc(hosts, func(h result.Host) bool { return h.Answers > 0 })
	if rows {
		t.Columns = append(t.Columns, right("rows"))
	}
	if answers {
		t.Columns = append(t.Columns, right("answers"))
	}
	t.Columns = append(t.Columns, right("share"), right("95 % interval"), right("fair share"))
	fair := textCell("–")
	if s != nil && s.FairShare > 0 {
		fair = textCell(percent(s.FairShare))
	}
	for _, h := range hosts {
		interval := "–"
		if h.ShareLo < h.ShareHi {
			interval = between(result.Bound(h.ShareLo), result.Bound(h.ShareHi), percent)
		}
		line := []cell{textCell(plain.Name(h.Host))}
		if tasks {
			line = append(line, nameCell(h.Task), nameCell(h.Node))
		}
		if rows {
			line = append(line, textCell(count(h.Rows)))
		}
		if answers {
			line = append(line, textCell(count(h.Answers)))
		}
		t.Rows = append(t.Rows, append(line, textCell(percent(h.Share)), textCell(interval), fair))
	}
	if len(t.Rows) == 0 {
		t.Rows = append(t.Rows, []cell{missing(), textCell("0"), textCell("–"), textCell("–"), fair})
	}
	return t
}

// spreadWords is the sentence below a table of hosts.
func spreadWords(s *result.Spread) string {
	if s == nil {
		return ""
	}
	return sentence(words.Capital(s.Words))
}

// outcomes shows what became of every request. Rows of zeros stay: that nothing was
// dropped is worth knowing. Only where nothing is captured can nothing be skipped.
func (c *composer) outcomes() {
	number := func(name string, of func(*result.Leg) uint64, t tone) legRow {
		return legRow{name, each(func(l *result.Leg) cell {
			n := of(l)
			if n == 0 {
				return cell{Text: "0", Tone: faint}
			}
			return cell{Text: count(n), Tone: t}
		})}
	}
	rows := []legRow{
		number("planned", func(l *result.Leg) uint64 { return l.Planned }, neutral),
		number("sent", func(l *result.Leg) uint64 { return l.Sent }, neutral),
		number("dropped (never sent)", func(l *result.Leg) uint64 { return l.Dropped }, bad),
	}
	for _, value := range c.skippedFor() {
		rows = append(rows, number("skipped (no value for "+value+")", func(l *result.Leg) uint64 { return skippedFor(l, value) }, bad))
	}
	rows = append(rows,
		number("completed (got an answer)", func(l *result.Leg) uint64 { return l.Completed }, neutral),
		number("success", func(l *result.Leg) uint64 { return l.Outcomes.Success }, good),
		number("HTTP 4xx", func(l *result.Leg) uint64 { return l.Outcomes.HTTP4xx }, bad),
		number("HTTP 5xx", func(l *result.Leg) uint64 { return l.Outcomes.HTTP5xx }, bad),
		number("unexpected answer", func(l *result.Leg) uint64 { return l.Outcomes.Unexpected }, bad),
	)
	if c.anyTooSlow() {
		rows = append(rows, number("too slow", func(l *result.Leg) uint64 { return l.Outcomes.TooSlow }, bad))
	}
	c.add("What became of the requests", c.byLeg("requests", append(rows,
		number("timeout", func(l *result.Leg) uint64 { return l.Outcomes.Timeout }, bad),
		number("network error", func(l *result.Leg) uint64 { return l.Outcomes.Network }, bad),
		number("cut (in flight at an abort)", func(l *result.Leg) uint64 { return l.Outcomes.Cut }, unsure),
	))...)
}

// anyTooSlow reports that an answer took longer than its request may.
func (c *composer) anyTooSlow() bool {
	return slices.ContainsFunc(c.a.Legs, func(l result.Leg) bool { return l.Outcomes.TooSlow > 0 })
}

// skippedFor are the values that were missing in a leg.
func (c *composer) skippedFor() []string {
	var values []string
	for i := range c.a.Legs {
		for _, s := range c.a.Legs[i].SkippedFor {
			if !slices.Contains(values, s.Value) {
				values = append(values, s.Value)
			}
		}
	}
	return values
}

// skippedFor is how many requests of a leg were skipped because a value was missing.
func skippedFor(l *result.Leg, value string) uint64 {
	for _, s := range l.SkippedFor {
		if s.Value == value {
			return s.Requests
		}
	}
	return 0
}

// reconcile compares the answers that claimed a write with the rows.
func (c *composer) reconcile() {
	t := &table{Columns: []column{
		left("leg"), right("answers"), right("unknown"), right("rows"), right("lost"), right("extra"), left("verdict"),
	}}
	var saying []string
	for i := range c.a.Legs {
		l := &c.a.Legs[i]
		r := l.Reconcile
		if r == nil {
			continue
		}
		name := legName(c.a, l)
		verdict := cell{Text: r.Verdict.Word(), Tone: toneOf(r.Verdict)}
		rows, lost, extra := missing(), missing(), missing()
		if r.Verdict.Known() {
			rows, lost, extra = textCell(count(r.Rows)), faultRange(r.Range(metric.Lost)), faultRange(r.Range(metric.Extra))
		}
		t.Rows = append(t.Rows, []cell{textCell(name), textCell(count(r.Successes)), textCell(count(r.Unknown)), rows, lost, extra, verdict})
		saying = append(saying, name+": "+sentence(r.Words+inBrackets(r.Cause)))
	}
	c.add("Answers against rows", block{Table: t}, block{List: saying})
}

// faultRange is a count that should be 0, or the range that it lies in; where only part of that
// is above 0 it is in doubt.
func faultRange(e result.Estimate) cell {
	if e.Confidence == 0 {
		return faultCount(int64(e.Value))
	}
	tone := unsure
	if e.Lo > 0 {
		tone = bad
	}
	return cell{Text: between(e.Lo, e.Hi, func(v float64) string { return count(int64(v)) }), Tone: tone}
}

// faultCount is a count that should be 0: any other is shown as bad.
func faultCount(n int64) cell {
	if n == 0 {
		return textCell("0")
	}
	return cell{Text: count(n), Tone: bad}
}

// requests shows each request of a pass, for scenarios with several: those of a mix with the share that
// their weights ask for.
func (c *composer) requests() {
	title, mixed := "Requests of a pass", func(l *result.Leg) bool { return len(l.Requests) > 0 && l.Requests[0].Asked > 0 }
	shown := []metric.Metric{metric.P50, metric.P95, metric.P99, metric.Max}
	for i := range c.a.Legs {
		l := &c.a.Legs[i]
		t := &table{Columns: []column{
			left("request"), right("ended"), right("success"), right("failed"),
		}}
		if l.Skipped > 0 {
			t.Columns = append(t.Columns, right("skipped"))
		}
		if mixed(l) {
			title = "Requests of the mix"
			t.Columns = append(t.Columns, right("asked"), right("share"))
		}
		for _, m := range shown {
			t.Columns = append(t.Columns, right(m.Title))
		}
		for _, r := range l.Requests {
			row := []cell{textCell(r.Name), textCell(count(r.Outcomes.Ended())), textCell(count(r.Outcomes.Success)), failedOf(&r)}
			if l.Skipped > 0 {
				row = append(row, faultCount(int64(r.Skipped)))
			}
			if mixed(l) {
				row = append(row, textCell(percent(r.Asked)), c.estimated(r.Share, percent))
			}
			for _, m := range shown {
				if r.Response.N == 0 {
					row = append(row, missing())
				} else {
					row = append(row, textCell(m.Unit.Cell(r.Response.At(m))))
				}
			}
			t.Rows = append(t.Rows, row)
		}
		c.add(fmt.Sprintf("%s: %s", title, legName(c.a, l)), block{Table: t})
	}
}

// failedOf are the failures of a request, with the share that they are.
func failedOf(r *result.RequestStats) cell {
	out := faultCount(int64(r.Outcomes.Failed()))
	if e := r.ErrorRate; e.N > 0 && e.Value > 0 {
		out.Sub = percent(e.Value) + ", " + between(openAtZero(e.Lo), e.Hi, percent)
	}
	return out
}

// inBrackets puts a cause in brackets after a statement; "" for no cause.
func inBrackets(cause string) string {
	if cause == "" {
		return ""
	}
	return " (" + cause + ")"
}
