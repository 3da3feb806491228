package analyze

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

const (
	// mostStandstill is the share of a leg's load time in which its generator may stand
	// still, as much as a hypervisor may take.
	mostStandstill = mostSteal
	// noteworthyStandstill is a share of it that a reader must know of.
	noteworthyStandstill = 0.01
	// noteworthyDelay is the share of a figure that is the generator's own delay from which
	// on a reader must know of it.
	noteworthyDelay = 0.1
	// leastDelayMS is the delay of a figure that is a timer's and the scheduler's: a tenth of a
	// figure that is itself so short says nothing.
	leastDelayMS = 0.1
)

// standstillSpans are the standstills of a leg in the order in which they began.
func standstillSpans(seconds []runlog.Second) []runlog.Span {
	var spans []runlog.Span
	for _, s := range seconds {
		spans = append(spans, s.Standstills...)
	}
	slices.SortFunc(spans, func(a, b runlog.Span) int { return cmp.Compare(a.From, b.From) })
	return spans
}

// standstillWords say when the generator stood still and for how long; "" where it did not.
func standstillWords(g *result.Generator) string {
	long := g.LongestStandstill
	span := func(s float64) string { return words.Millis(1000 * s) }
	switch g.Standstills {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("the generator stood still for %s from second %.1f on", span(g.StandstillS), long.From)
	}
	return fmt.Sprintf("the generator stood still %d times, for %s in all, longest for %s from second %.1f on", g.Standstills, span(g.StandstillS), span(long.To-long.From), long.From)
}

// stoodStill is a reason why the generator set the figures of a leg.
func stoodStill(g *result.Generator, loaded float64) []string {
	if g.StandstillS <= mostStandstill*loaded {
		return nil
	}
	return []string{fmt.Sprintf("%s: that is %s of the %s of load", standstillWords(g), words.Percent(g.StandstillS/loaded), words.Millis(1000*loaded))}
}

// noteDelay marks the figures of which more than [noteworthyDelay] is the generator's own
// delay, and returns what to warn of.
func (l *judgedLeg) noteDelay(open bool) string {
	still := standstillWords(&l.Generator)
	because := ""
	if still != "" {
		because = ": " + still
	}
	var moved []string
	measured, undelayed := l.Service, l.undisturbedTimes().plainLatency(runlog.TagService)
	if open {
		measured = l.Response
	}
	for _, of := range judgedTimes() {
		with, without := measured.At(of), undelayed.At(of)
		if undelayed.N == 0 || with <= without*(1+noteworthyDelay) || with-without <= leastDelayMS {
			continue
		}
		e := measured.Intervals[of.Name]
		e.Warnings = append(e.Warnings, "more than a tenth of this figure is the generator's own delay"+because)
		measured.Intervals[of.Name] = e
		moved = append(moved, fmt.Sprintf("%s %s in place of %s", of.Label, words.Millis(without), words.Millis(with)))
	}
	if up := l.catchUp(); !open && up > 1+noteworthyDelay {
		for name, e := range l.Rates {
			e.Warnings = append(e.Warnings, fmt.Sprintf("in the time in which the generator ran it is up to %s times as high%s", words.Times(up), because))
			l.Rates[name] = e
		}
	}
	switch {
	case still != "" && len(moved) > 0:
		return still + "; without its own delays the times are " + words.List(moved, len(moved))
	case l.Generator.StandstillS > noteworthyStandstill*l.LoadS:
		return still
	}
	return ""
}

func judgedTimes() []metric.Metric {
	return append(metric.Percentiles[:len(metric.Percentiles):len(metric.Percentiles)], metric.Mean)
}

// catchUp is how many times as high the rate of a closed load might have been, had the
// generator run all the time.
func (l *judgedLeg) catchUp() float64 {
	if ran := l.LoadS - l.Generator.StandstillS; ran > 0 {
		return l.LoadS / ran
	}
	return 1
}
