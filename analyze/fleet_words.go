package analyze

import (
	"fmt"
	"math"
	"strings"

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
	return a.Lost != "" && (a.Dropped > 0 || f.watches[i].outcomes.Cut > 0 || a.Planned == 0 || a.LostS < f.watches[i].loaded)
}

// faults are the reasons why agents set the figures of a leg, or its load was not the one that was asked
// for; and what else a reader must know of them.
func (f *fleet) faults(rec *runlog.Record, load runlog.Load, tolerated bool) (why []result.Finding, warnings []string) {
	for i, a := range f.Agents {
		switch {
		case a.Lost == "":
		case f.missing(i) && !tolerated:
			why = append(why, ofAgent(a.Name, result.Found(result.Invalid, result.CodeAgentLost, "%s", f.lossWords(rec, load, a))))
		case f.missing(i):
			warnings = append(warnings, f.lossWords(rec, load, a)+": the scenario tolerates it (generators.tolerate_loss)")
		default:
			warnings = append(warnings, fmt.Sprintf("%s was lost (%s) when all of its share was done: nothing is missing", agentNamed(a.Name), a.Lost))
		}
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
			why = append(why, ofAgent(a.Name, result.Found(result.Invalid, first.Code, "%s%s: %s; %s", agentNamed(a.Name), healthWords(a), first.Text, f.wellWords())))
		}
	}
	if len(others) > 0 {
		why = append(why, result.Found(result.Invalid, result.CodeGeneratorLimited, "at limits of their own were also agents %s", words.List(others, 2*namedAgents)))
	}
	return why
}

// agentNamed is an agent in a sentence: "agent n2", and "agent-2" where that is its name.
func agentNamed(name string) string {
	if strings.HasPrefix(name, "agent") {
		return name
	}
	return "agent " + name
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

// wellWords say how many agents had no fault.
func (f *fleet) wellWords() string {
	well := 0
	for _, a := range f.Agents {
		if !a.Generator.Limited && a.Lost == "" {
			well++
		}
	}
	if well == 1 {
		return fmt.Sprintf("1 of %s was well", words.Counted(len(f.Agents), "agent"))
	}
	return fmt.Sprintf("%d of %s were well", well, words.Counted(len(f.Agents), "agent"))
}

// lossWords say which part of the plan a lost agent had, and what the load really was.
func (f *fleet) lossWords(rec *runlog.Record, load runlog.Load, a result.Agent) string {
	text := fmt.Sprintf("%s was lost at second %s: %s; it had %s of the plan", agentNamed(a.Name), words.Significant(a.LostS, 3), a.Lost, words.Percent(a.Share))
	if !load.Open {
		return fmt.Sprintf("%s and sent %s, and the load after that was %s of the clients that were asked for",
			text, words.Counted(a.Sent, "request"), words.Percent(1-a.Share))
	}
	text += fmt.Sprintf(" and sent %s of %s", words.Number(a.Sent), words.Counted(a.Planned, "request"))
	if a.Unsure > 0 {
		text += fmt.Sprintf(" that are known of, and may have sent %s more", words.Number(a.Unsure))
	}
	sent, planned := rec.Planned-min(rec.Planned, rec.Dropped), max(rec.Planned, 1)
	return fmt.Sprintf("%s; the load really was %s of %s planned, %s", text, words.Number(sent), words.Number(rec.Planned), words.Percent(float64(sent)/float64(planned)))
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
	if d.Relative.Lo.Finite() && d.Relative.Hi.Finite() {
		text += fmt.Sprintf(" (%s to %s)", show(float64(d.Relative.Lo)), show(float64(d.Relative.Hi)))
	}
	return text
}

// change writes a relative difference with its sign.
func change(v float64) string { return signed(v, words.Percent) }

func signed(v float64, write func(float64) string) string {
	if v < 0 {
		return "−" + write(-v)
	}
	return "+" + write(v)
}
