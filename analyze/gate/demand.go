package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// demand is one thing that a limit asks of one target.
type demand struct {
	limit  runlog.Limit
	of     metric.Metric // the limit's
	kind   demandKind
	run    *result.Analysis // of one load, as if it had sent the limit's request alone; nil where only words are asked for
	target string
	// whole is the run with all its requests, and missing why it cannot tell of the limit's: run is
	// whole then.
	whole   *result.Analysis
	missing result.Gap
}

// sameTarget reports that a demand is about the target of another, under the same load.
func (d demand) sameTarget(other demand) bool {
	return d.whole == other.whole && d.target == other.target
}

type demandKind int

const (
	notWorse demandKind = iota // WorseBy, And
	atMost                     // Max
	atLeast                    // Min
)

// demands are all that limits ask of a run of one load, target by target. alone is the run as if it
// had sent one of its requests alone; nil where only words are asked for.
func demands(limits []runlog.Limit, run *result.Analysis, targets []string, alone func(run *result.Analysis, request string) (*result.Analysis, result.Gap)) []demand {
	var out []demand
	for _, target := range targets {
		for _, l := range limits {
			d := demand{limit: l, of: metric.Of(l.Metric), run: run, target: target, whole: run}
			if l.Request != "" && alone != nil {
				if d.run, d.missing = alone(run, l.Request); d.run == nil {
					d.run = run
				}
			}
			add := func(kind demandKind) {
				d.kind = kind
				out = append(out, d)
			}
			if l.WorseBy != nil || l.And != nil {
				add(notWorse)
			}
			if l.Max != nil {
				add(atMost)
			}
			if l.Min != nil {
				add(atLeast)
			}
		}
	}
	return out
}

// counts reports that the metric is a count of rows: exact, so that neither chance
// nor another round changes it.
func (d demand) counts() bool { return d.of.Unit.Class() == metric.Counts }

// difference reports that the metric is held against the baseline by difference: a
// rate of errors near 0 has no ratio.
func (d demand) difference() bool { return d.of.Unit.Class() == metric.Shares }

// higher reports that more is better.
func (d demand) higher() bool { return d.of.Better == metric.Higher }

// allowed is how much worse than the baseline the metric may be, as a share of its
// figure; of a difference the difference itself. With both WorseBy and And the wider
// one counts: only what exceeds both is worse. baseline is in the metric's unit.
func (d demand) allowed(baseline float64) float64 {
	if d.difference() {
		return *d.limit.And
	}
	var out float64
	if d.limit.WorseBy != nil {
		out = *d.limit.WorseBy
	}
	if d.limit.And != nil {
		out = max(out, *d.limit.And/baseline)
	}
	return out
}

// margin is the most that candidate ÷ baseline may be, the least where more is better;
// of a difference the most that candidate − baseline may be.
func (d demand) margin(baseline float64) float64 {
	switch allowed := d.allowed(baseline); {
	case d.difference():
		return allowed
	case d.higher():
		return 1 / (1 + allowed)
	default:
		return 1 + allowed
	}
}

// called is the metric in a sentence: "p95", "p95 of login".
func (d demand) called() string { return d.of.Called(d.limit.Request) }

// words say the demand: "p95 not worse by more than 10 % and 5 ms".
func (d demand) words() string {
	name := d.called()
	switch d.kind {
	case atMost:
		return fmt.Sprintf("%s at most %s", name, d.of.Unit.Say(*d.limit.Max))
	case atLeast:
		return fmt.Sprintf("%s at least %s", name, d.of.Unit.Say(*d.limit.Min))
	}
	var allowed []string
	if d.limit.WorseBy != nil {
		allowed = append(allowed, words.Percent(*d.limit.WorseBy))
	}
	if d.limit.And != nil {
		allowed = append(allowed, d.of.Unit.SayDifference(*d.limit.And))
	}
	return fmt.Sprintf("%s not worse by more than %s", name, strings.Join(allowed, " and "))
}

// key is the scenario's key of the demand, to name in an error.
func (d demand) key() string {
	key := "worse_by"
	switch {
	case d.kind == atMost:
		key = "max"
	case d.kind == atLeast:
		key = "min"
	case d.limit.WorseBy == nil:
		key = "and"
	}
	return "gate." + d.of.Written(d.limit.Request) + "." + key
}

// writeAllowed puts an allowance, see [demand.allowed], into words.
func (d demand) writeAllowed(v float64) string {
	if d.difference() {
		return words.Points(v)
	}
	return words.Percent(v)
}

// metric is an empty row of the demand's metric.
func (d demand) metric() result.Metric {
	m := result.NewMetric(d.of)
	m.Difference = d.kind == notWorse && d.difference()
	return m
}

// check is the demand before it is judged.
func (d demand) check() *result.Check {
	c := &result.Check{Limit: d.words(), Target: d.target, Load: d.run.Run.Load.Name, Metric: d.metric(), P: result.NoBound, Verdict: result.Inconclusive}
	switch {
	case d.kind == atMost:
		c.Margin = *d.limit.Max
	case d.kind == atLeast:
		c.Margin = *d.limit.Min
	case d.limit.And == nil || d.difference(): // else it takes the baseline's figure
		c.Margin = d.margin(0)
	}
	return c
}

// gated are the targets that a gate looks at: of a run that is held against its own
// baseline the candidate, else every one.
func gated(a *result.Analysis, own bool) []string {
	if own {
		return []string{a.Run.Turns.Candidate}
	}
	return slices.Sorted(slices.Values(a.Targets())) // the order of the legs is drawn by lot
}
