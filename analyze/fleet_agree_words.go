package analyze

import (
	"fmt"
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// agreementWords say whether the agents' times agree, and how small a difference would have been seen.
func (f *fleet) agreementWords() string {
	var deviating []string
	var largest, vaguest *result.Deviation
	var of string
	for i := range f.Agents {
		a := &f.Agents[i]
		if a.Deviates != "" {
			deviating = append(deviating, f.deviating(a))
		}
		for k := range a.Deviations {
			d := &a.Deviations[k]
			if d.Metric == metric.ErrorRate.Key {
				continue
			}
			if largest == nil || math.Abs(d.Relative.Value) > math.Abs(largest.Relative.Value) {
				largest, of = d, a.Name
			}
			if vaguest == nil || reach(d) > reach(vaguest) {
				vaguest = d
			}
		}
	}
	switch {
	case len(f.Agents) < 2:
		return ""
	case len(deviating) > 0:
		return words.List(deviating, len(deviating))
	case largest == nil:
		return fmt.Sprintf("not known whether the agents agree: that takes %d s and %s of each", stats.MinBatches, words.Counted(fewestHeld(metric.P50), "request"))
	}
	return fmt.Sprintf("no agent deviates from the others by more than chance and %s; the largest difference is %s of %s%s",
		words.Percent(noteworthyDelay), deviationWords(*largest), runlog.AgentNamed(of), unseen(vaguest))
}

// fewestHeld is how many requests of an agent its percentile needs to be held against that of others.
func fewestHeld(of metric.Metric) int64 { return stats.MinSample(of.Quantile, result.Confidence) }

// reach is how far the interval of a difference goes beyond its value.
func reach(d *result.Deviation) float64 {
	r := d.Relative
	if !r.Lo.Finite() || !r.Hi.Finite() {
		return math.Inf(1)
	}
	return max(float64(r.Hi)-r.Value, r.Value-float64(r.Lo))
}

// unseen says how large a difference may not have been seen, and how many requests would show one that
// matters; "" where they were enough. An interval falls with the square root of the sample.
func unseen(d *result.Deviation) string {
	far := reach(d)
	times := math.Pow(far/noteworthyDelay, 2)
	switch {
	case far <= noteworthyDelay || far*d.Others <= leastDelayMS:
		return ""
	case math.IsInf(far, 1):
		return "; the requests are too few to bound every difference: measure longer"
	case times > mostTimes:
		return fmt.Sprintf("; one below %s may not be seen", words.Percent(far))
	}
	return fmt.Sprintf("; one below %s may not be seen, and about %s of each agent would show %s",
		words.Percent(far), words.Counted(roundUp(times*float64(d.Relative.N)), "request"), words.Percent(noteworthyDelay))
}

// deviating names an agent that deviates, and by how much. Of two it is not known which one does.
func (f *fleet) deviating(a *result.Agent) string {
	if len(f.Agents) > 2 {
		return fmt.Sprintf("%s deviates from the others: %s", runlog.AgentNamed(a.Name), a.Deviates)
	}
	other := f.Agents[0].Name
	if a == &f.Agents[0] {
		other = f.Agents[1].Name
	}
	return fmt.Sprintf("%s and %s differ, and a third agent would tell which of them deviates: %[2]s has %s",
		runlog.AgentNamed(other), runlog.AgentNamed(a.Name), a.Deviates)
}

// disagrees reports that the other agents' times are above the witness's, which is never busy: what is
// between may be delays of their own.
func disagrees(a *result.Agent) bool {
	return a.Witness && a.Deviates != "" && slices.ContainsFunc(a.Deviations, func(d result.Deviation) bool {
		return d.Metric != metric.ErrorRate.Key && d.Relative.Value < -noteworthyDelay
	})
}

// witnessWords say whether the witness agrees with the others: that it does takes intervals that leave no
// room for a difference that matters. Where it cannot tell they say what would.
func (f *fleet) witnessWords() string {
	i := slices.IndexFunc(f.Agents, func(a result.Agent) bool { return a.Witness })
	if i < 0 {
		return ""
	}
	a := &f.Agents[i]
	var all []string
	agrees, p50, p95, times := true, false, false, 1.
	for k := range a.Deviations {
		d := &a.Deviations[k]
		if d.Metric == metric.ErrorRate.Key {
			continue
		}
		p50, p95 = p50 || d.Metric == metric.P50.Key, p95 || d.Metric == metric.P95.Key
		all = append(all, deviationWords(*d))
		within := func(b result.Bound) bool {
			return b.Finite() && (math.Abs(float64(b)) <= noteworthyDelay || math.Abs(float64(b))*d.Others <= leastDelayMS)
		}
		if !within(d.Relative.Lo) || !within(d.Relative.Hi) {
			room := math.Abs(noteworthyDelay - math.Abs(d.Relative.Value))
			agrees, times = false, max(times, math.Pow(reach(d)/max(room, noteworthyDelay/mostTimes), 2))
		}
	}
	named, n := "witness "+a.Name, words.Counted(a.Sent, "request")
	switch {
	case disagrees(a):
		return fmt.Sprintf("%s disagrees with the others: %s; it is never busy, so delays of their own may be in their times", named, a.Deviates)
	case a.Deviates != "":
		return fmt.Sprintf("%s disagrees with the others: %s; its own times may be longer because its connections and its processor are seldom used", named, a.Deviates)
	case !p50 || !p95:
		return fmt.Sprintf("%s cannot tell whether it agrees with the others: it has %s, and p95 takes %d s and %s of it; measure longer, or give it a larger share (generators.witness)",
			named, n, stats.MinBatches, words.Number(fewestHeld(metric.P95)))
	case agrees:
		return fmt.Sprintf("%s agrees with the others within %s: %s", named, words.Percent(noteworthyDelay), words.List(all, len(all)))
	}
	would := "no sensible number of requests would tell"
	switch {
	case math.IsInf(times, 1):
		would = "these are too few to bound the difference: measure longer, or give it a larger share (generators.witness)"
	case times <= mostTimes:
		would = fmt.Sprintf("about %s would tell", words.Number(roundUp(times*float64(a.Sent))))
	}
	return fmt.Sprintf("%s cannot tell whether it agrees with the others within %s: %s of %s; %s", named, words.Percent(noteworthyDelay), words.List(all, len(all)), n, would)
}

// agentFindings are the agents that deviate, each once with how often, and the witnesses that disagree.
func agentFindings(legs []*judgedLeg) (out []result.Finding) {
	var first []string // names, in the order in which they are found
	in := map[string][]*judgedLeg{}
	said := map[string]string{}
	for _, l := range legs {
		if l.Fleet == nil {
			continue
		}
		f := &fleet{Fleet: *l.Fleet}
		for i := range f.Agents {
			a := &f.Agents[i]
			if a.Deviates == "" {
				continue
			}
			if disagrees(a) {
				out = append(out, ofAgent(a.Name, result.Found(result.Inconclusive, result.CodeWitnessDisagrees, "%s", f.Witness)).At(&l.Leg))
				continue
			}
			if in[a.Name] == nil {
				first, said[a.Name] = append(first, a.Name), f.deviating(a)
			}
			in[a.Name] = append(in[a.Name], l)
		}
	}
	for _, name := range first {
		text := said[name]
		if n := len(in[name]); len(legs) > 1 {
			text += fmt.Sprintf("; in %d of %s", n, words.Counted(len(legs), "leg"))
		}
		finding := ofAgent(name, result.Found(result.Pass, result.CodeAgentDeviates, "%s", text))
		if len(in[name]) == 1 {
			finding = finding.At(&in[name][0].Leg)
		}
		out = append(out, finding)
	}
	return out
}
