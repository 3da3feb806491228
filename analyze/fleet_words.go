package analyze

import (
	"fmt"
	"math"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

const (
	// namedAgents is how many agents stand in a sentence, or have one of their own.
	namedAgents = 3
	// mostDrift and mostBound are how far an agent's clock may move against the lead's in a leg, and how
	// exactly it must be known, in seconds: a tenth and a hundredth of what is drawn as one point.
	mostDrift = 0.1
	mostBound = 0.01
)

// summary is the fleet in a line.
func (f *fleet) summary() string {
	text := words.Counted(len(f.Agents), "agent")
	for _, a := range f.Agents {
		if a.Witness {
			text += ", a witness among them"
			break
		}
	}
	switch {
	case f.AlignedMS == nil:
		text += ", clocks not measured"
	case len(f.Agents) == 1:
		text += fmt.Sprintf(", clock known within ±%s of the lead's", words.Millis(*f.AlignedMS))
	default:
		text += fmt.Sprintf(", clocks aligned within ±%s of each other", words.Millis(*f.AlignedMS))
	}
	if f.DriftPPM != nil {
		text += fmt.Sprintf(" (drift %s µs/s)", words.Significant(*f.DriftPPM, 2))
	}
	if lost := f.lost(); len(lost) > 0 {
		text += "; lost: " + words.List(lost, namedAgents)
	}
	return text
}

// sharesWords say who has how much of the plan and why, "" where all shares are to be equal.
func (f *fleet) sharesWords() string {
	var each []string
	for _, a := range f.Agents {
		if a.CapacityRPS > 0 {
			each = append(each, fmt.Sprintf("%s has %s of the plan (%s requests/s)", runlog.AgentNamed(a.Name), words.Percent(a.Share), words.Significant(a.CapacityRPS, 2)))
		}
	}
	if len(each) == 0 {
		return ""
	}
	return "shares by measured capacity: " + words.List(each, 2*namedAgents)
}

// fleetWords are those of the leg whose fleet was worst: where agents were lost, or else where the clocks were
// least aligned; "" for one generator.
func fleetWords(legs []*judgedLeg) (text string) {
	worst := -1.
	for _, l := range legs {
		if l.Fleet == nil {
			continue
		}
		how := deref(l.Fleet.AlignedMS)
		for _, a := range l.Fleet.Agents {
			if a.Lost != "" {
				how += 1e9
			}
		}
		if how > worst {
			text, worst = l.Fleet.Words, how
		}
	}
	return text
}

// lost are the agents that did not come to the end of the leg.
func (f *fleet) lost() (names []string) {
	for _, a := range f.Agents {
		if a.Lost != "" {
			names = append(names, a.Name)
		}
	}
	return names
}

// missing reports whether a lost agent leaves a gap: a part of its share was not sent, or did not end.
func (f *fleet) missing(i int) bool {
	a := f.Agents[i]
	return a.Lost != "" && a.Share > 0 && (a.Dropped > 0 || a.UnknownS > 0 || f.watches[i].outcomes.Cut > 0 || a.Planned == 0 || a.LostS < f.watches[i].loaded)
}

// faults are the reasons why agents set the figures of a leg, or its load was not the one that was asked
// for; and what else a reader must know of them.
func (f *fleet) faults(rec *runlog.Record, load runlog.Load, tolerated bool) (why []result.Finding, warnings []string) {
	var missing []result.Agent
	var spared []string
	left := 0.0 // of the plan, without those that are missing
	for i, a := range f.Agents {
		if f.missing(i) {
			missing = append(missing, a)
			continue
		}
		left += a.Share
		if a.Lost != "" {
			spared = append(spared, fmt.Sprintf("%s (%s)", runlog.AgentNamed(a.Name), a.Lost))
		}
	}
	for _, found := range lossFindings(rec, load, left, missing) {
		if tolerated {
			warnings = append(warnings, found.Text+": the scenario tolerates it (generators.tolerate_loss)")
		} else {
			why = append(why, found)
		}
	}
	if len(spared) > 0 {
		warnings = append(warnings, fmt.Sprintf("lost, but only when all of the share was done, so that nothing is missing: %s", words.List(spared, namedAgents)))
	}
	return append(why, f.limited()...), append(warnings, f.clockWarnings(rec)...)
}

// limited names the agents that were at a limit.
func (f *fleet) limited() (why []result.Finding) {
	var others []string
	for i := range f.Agents {
		a := &f.Agents[i]
		switch {
		case !a.Generator.Limited:
		case len(why) == namedAgents:
			others = append(others, a.Name)
		default:
			first := a.Generator.Why[0]
			who := runlog.AgentNamed(a.Name) + healthWords(a) + " was at its limit"
			if len(why) == 0 {
				who = words.Join(", ", who, f.wellWords())
			}
			why = append(why, ofAgent(a.Name, result.Found(result.Invalid, first.Code, "%s: %s", who, first.Text)))
		}
	}
	if len(others) > 0 {
		why = append(why, result.Found(result.Invalid, result.CodeGeneratorLimited, "also at their limits: %s", words.List(others, 2*namedAgents)))
	}
	return why
}

// ofAgent is a finding about one agent.
func ofAgent(name string, f result.Finding) result.Finding {
	f.Agent = name
	return f
}

// healthWords are the two figures that tell most of a generator.
func healthWords(a *result.Agent) string {
	lag := ""
	if a.Sent > 0 {
		lag = "lag p99 " + words.Millis(a.Generator.LagP99MS)
	}
	cpu := ""
	if a.Generator.CPU >= 0 {
		cpu = words.Percent(a.Generator.CPU) + " CPU"
	}
	if text := words.Join(", ", cpu, lag); text != "" {
		return " (" + text + ")"
	}
	return ""
}

// wellWords say how many agents had no fault; "" of one alone.
func (f *fleet) wellWords() string {
	well, all := 0, words.Counted(len(f.Agents), "agent")
	for _, a := range f.Agents {
		if !a.Generator.Limited && a.Lost == "" {
			well++
		}
	}
	switch {
	case len(f.Agents) == 1:
		return ""
	case well == 0:
		return "none of " + all + " was well"
	case well == 1:
		return "1 of " + all + " was well"
	}
	return fmt.Sprintf("%d of %s were well", well, all)
}

// lossFindings are the agents that left a gap: which part of the plan each had, what the others had left of it, and what
// the load really was.
func lossFindings(rec *runlog.Record, load runlog.Load, left float64, lost []result.Agent) (out []result.Finding) {
	found := func(text, agent string) {
		out = append(out, ofAgent(agent, result.Found(result.Invalid, result.CodeAgentLost, "%s", text)))
	}
	var others []string
	share := 0.0
	for _, a := range lost {
		if len(out) == namedAgents {
			others, share = append(others, a.Name), share+a.Share
			continue
		}
		text := fmt.Sprintf("%s was lost by second %s: %s; it had %s and sent %s",
			runlog.AgentNamed(a.Name), words.Significant(a.LostS, 3), a.Lost, shareWords(a), sentWords(load, a))
		if len(out) == 0 {
			text += "; " + realLoad(rec, load, left, lost)
		}
		found(text, a.Name)
	}
	if len(others) > 0 {
		found(fmt.Sprintf("also lost: %s, with %s of the plan", words.List(others, 2*namedAgents), words.Percent(share)), "")
	}
	return out
}

// sentWords are how much of its share a lost agent sent.
func sentWords(load runlog.Load, a result.Agent) string {
	text := words.Counted(a.Sent, "request")
	if load.Open {
		text = fmt.Sprintf("%s of %s", words.Number(a.Sent), words.Counted(a.Planned, "request"))
	}
	switch {
	case a.Unsure > 0:
		text += fmt.Sprintf(", perhaps %s more", words.Number(a.Unsure))
	case a.UnknownS > 0:
		text += fmt.Sprintf(", perhaps more in the %s s after its last second that came, nobody knows how many", words.Significant(a.UnknownS, 2))
	}
	return text
}

// shareWords are a lost agent's share of the plan.
func shareWords(a result.Agent) string {
	text := words.Percent(a.Share) + " of the plan"
	if a.Clients > 0 {
		text += ", " + words.Counted(a.Clients, "client") + ","
	}
	return text
}

// realLoad is what the load really was. Of clients so large a part was left when all lost agents were gone.
func realLoad(rec *runlog.Record, load runlog.Load, left float64, lost []result.Agent) string {
	switch {
	case load.Open:
	case len(lost) > 1:
		return fmt.Sprintf("after all %d were lost, the load was %s of the clients that were asked for", len(lost), words.Percent(left))
	default:
		return fmt.Sprintf("the load after that was %s of the clients that were asked for", words.Percent(left))
	}
	sent := rec.Planned - min(rec.Planned, rec.Dropped)
	most := sent
	for _, a := range lost {
		most += a.Unsure
	}
	part := func(n uint64) string { return words.Percent(float64(n) / float64(max(rec.Planned, 1))) }
	if most = min(most, rec.Planned); most > sent {
		return fmt.Sprintf("the load really was %s to %s of %s planned, %s to %s", words.Number(sent), words.Number(most), words.Number(rec.Planned), part(sent), part(most))
	}
	return fmt.Sprintf("the load really was %s of %s planned, %s", words.Number(sent), words.Number(rec.Planned), part(sent))
}

// clockWarnings say where the seconds of the agents do not lie on one another.
func (f *fleet) clockWarnings(rec *runlog.Record) (out []string) {
	var moved, vague []string
	for _, a := range rec.Agents {
		if drift, known := drifted(a); known && math.Abs(drift) > mostDrift {
			moved = append(moved, fmt.Sprintf("%s's by %s", a.Name, words.Millis(1000*math.Abs(drift))))
		}
		if bound := widestBound(a); bound > mostBound {
			vague = append(vague, fmt.Sprintf("%s's within ±%s", a.Name, words.Millis(1000*bound)))
		}
	}
	const blurred = ": what is drawn second by second is blurred by as much, and no time of a request is, for each is of one clock"
	if len(moved) > 0 {
		out = append(out, "clocks of agents moved against the lead's while the load was put on, "+words.List(moved, namedAgents)+blurred)
	}
	if len(vague) > 0 {
		out = append(out, "clocks of agents are not known exactly, "+words.List(vague, namedAgents)+blurred)
	}
	return out
}

// widestBound is the less exact of the measurements of an agent's clock, 0 without any.
func widestBound(a runlog.Agent) (s float64) {
	for _, c := range []*runlog.Clock{a.Start, a.End} {
		if c != nil {
			s = max(s, c.BoundS)
		}
	}
	return s
}

// deviationWords say one figure of an agent against the others: "p50 +31 % (+28 % to +35 %)".
func deviationWords(d result.Deviation) string {
	of := metric.Keyed(d.Metric)
	name, show := of.Label, change
	if of.Unit == metric.Share {
		name, show = of.Phrase, func(v float64) string { return signed(v, words.Points) }
	}
	text := name + " " + show(d.Relative.Value)
	lo, hi := d.Relative.Lo, d.Relative.Hi
	switch {
	case lo.Finite() && hi.Finite():
		return fmt.Sprintf("%s (%s to %s)", text, show(float64(lo)), show(float64(hi)))
	case lo.Finite():
		return fmt.Sprintf("%s (at least %s)", text, show(float64(lo)))
	case hi.Finite():
		return fmt.Sprintf("%s (at most %s)", text, show(float64(hi)))
	}
	return text + " (no bound)"
}

// change writes a relative difference with its sign.
func change(v float64) string { return signed(v, words.Percent) }

func signed(v float64, write func(float64) string) string {
	if v < 0 {
		return "−" + write(-v)
	}
	return "+" + write(v)
}
