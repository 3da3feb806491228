package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
)

// aboutQueue explains the generator's queue to readers who do not know the term.
const aboutQueue = "The generator queue is how long answers that had arrived lay at the socket until they were read. " +
	"The kernel says when they arrived, so it is not in the times above; by a clock in user space, as most tools have it, it would be."

// generator shows whether what sent the load could have been the limit.
func (c *composer) generator() {
	figures := []legRow{
		{"limited the figures", each(c.limited)},
		{"CPU, mean", shares(func(g result.Generator) float64 { return g.CPU })},
		{"CPU, busiest second", shares(func(g result.Generator) float64 { return g.CPUMax })},
		{"lag, p99", moments(func(l *result.Leg) (float64, bool) { return l.Generator.LagP99MS, l.Lag.N > 0 })},
	}
	if slices.ContainsFunc(c.a.Legs, func(l result.Leg) bool { return l.Generator.Standstills > 0 }) {
		figures = append(figures, legRow{"stood still, in all", each(stoodStill)})
	}
	var remarks block
	if slices.ContainsFunc(c.a.Legs, func(l result.Leg) bool { return l.Queue.N > 0 }) {
		remarks.Text = aboutQueue
		figures = append(figures, queueFigures()...)
	}
	if slices.ContainsFunc(c.a.Legs, func(l result.Leg) bool { return l.Generator.Waited > 0 }) {
		figures = append(figures, legRow{"waited for one of our connections", each(func(l *result.Leg) cell { return textCell(count(l.Generator.Waited)) })})
	}
	if slices.ContainsFunc(c.a.Legs, func(l result.Leg) bool { return l.Generator.Busy != nil }) {
		figures = append(figures, machineFigures()...)
	}
	figures = append(figures, systemFigures()...)
	c.add("What sent the load", append([]block{remarks}, c.byLeg("generator", figures)...)...)
}

func (c *composer) limited(l *result.Leg) cell {
	if l.Generator.Limited {
		return cell{Text: "yes", Tone: bad, Mark: c.note(strings.Join(withRemedy(l.Generator.Why, ""), "; "))}
	}
	return cell{Text: "no", Tone: good}
}

// stoodStill shows for how long the generator did not run, and when that was longest.
func stoodStill(l *result.Leg) cell {
	g := &l.Generator
	out := textCell(millis(1000 * g.StandstillS))
	if long := g.LongestStandstill; g.Standstills > 0 {
		out.Sub = fmt.Sprintf("longest %s from second %.1f on", millis(1000*(long.To-long.From)), long.From)
	}
	return out
}

// queueFigures compare the times by the kernel's clock with those by a clock in user space.
func queueFigures() []legRow {
	return []legRow{
		{"answers stamped by the kernel", each(func(l *result.Leg) cell {
			if l.Completed == 0 {
				return missing()
			}
			return textCell(percent(l.Stamped))
		})},
		{"generator queue, median", moments(func(l *result.Leg) (float64, bool) { return l.Generator.QueueP50MS, l.Queue.N > 0 })},
		{"generator queue, p99", moments(func(l *result.Leg) (float64, bool) { return l.Generator.QueueP99MS, l.Queue.N > 0 })},
		{"service time, median", moments(func(l *result.Leg) (float64, bool) { return l.Service.At(metric.P50), l.Service.N > 0 })},
		{"the same by a clock in user space", moments(func(l *result.Leg) (float64, bool) { return l.UserSpace.At(metric.P50), l.UserSpace.N > 0 })},
	}
}

// machineFigures are those of all programs of the machine, the generator among them.
func machineFigures() []legRow {
	return []legRow{
		{"processors of the machine taken, mean", each(func(l *result.Leg) cell {
			if busy := l.Generator.Busy; busy != nil {
				return textCell(percent(*busy))
			}
			return unknown()
		})},
		{"threads with a processor or waiting for one, mean", each(func(l *result.Leg) cell {
			if n := l.Generator.Runnable; n != nil {
				return textCell(digits3(*n))
			}
			return unknown()
		})},
	}
}

// systemFigures are what else held the generator up.
func systemFigures() []legRow {
	return []legRow{
		{"steal, mean", shares(func(g result.Generator) float64 { return g.Steal })},
		{"steal, worst second", shares(func(g result.Generator) float64 { return g.StealMax })},
		{"garbage collection pauses, in all", moments(func(l *result.Leg) (float64, bool) { return l.Generator.GCPauseMS, true })},
		{"garbage collection pauses, worst second", moments(func(l *result.Leg) (float64, bool) { return l.Generator.GCPauseMaxMS, true })},
		{"TCP retransmits of the machine", each(func(l *result.Leg) cell {
			if n := l.Generator.Retransmits; n != nil {
				return textCell(count(*n))
			}
			return unknown()
		})},
	}
}

// shares shows a share of the machine, negative where it is not known.
func shares(of func(result.Generator) float64) func([]*result.Leg) ([]cell, string) {
	return each(func(l *result.Leg) cell {
		if v := of(l.Generator); v >= 0 {
			return textCell(percent(v))
		}
		return unknown()
	})
}

// moments shows a time in milliseconds, each leg's in its own unit.
func moments(of func(*result.Leg) (ms float64, known bool)) func([]*result.Leg) ([]cell, string) {
	return each(func(l *result.Leg) cell {
		if ms, ok := of(l); ok {
			return textCell(millis(ms))
		}
		return missing()
	})
}

func unknown() cell { return cell{Text: "not known", Tone: faint} }
