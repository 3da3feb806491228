package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// Differs lists what else differs between two runs than what is compared. With a
// refusal the figures do not answer the same question: another load, another idea of
// success, another measure. A caution is what a reader must know: it may explain the
// difference, or hide one. Targets of one run differ in nothing else.
func Differs(baseline, candidate Pick) (refusals, cautions []string) {
	if baseline.Run == candidate.Run {
		return nil, nil
	}
	b, c := baseline.Run.Run, candidate.Run.Run
	d := differences{}
	d.add("the measure", b.Measure, c.Measure)
	d = append(d, loadDifferences(b.Load, c.Load)...)
	d.add("what counts as success", b.Success, c.Success)
	if len(b.Requests) > 0 && len(c.Requests) > 0 {
		d.add("the list of requests", words.List(b.Requests, 5), words.List(c.Requests, 5))
	}
	data := differences{}
	requestDifferences(&d, &data, b, c)
	return d, slices.Concat(data, environment(b, c), targetsAndEndings(baseline, candidate))
}

// differences are sentences of the form "what: baseline against candidate".
type differences []string

func (d *differences) add(what, baseline, candidate string) {
	if baseline != candidate {
		*d = append(*d, fmt.Sprintf("%s differs: %s against %s", what, cmp.Or(baseline, "none"), cmp.Or(candidate, "none")))
	}
}

func (d *differences) number(what string, baseline, candidate float64, write func(float64) string) {
	if baseline != candidate {
		d.add(what, write(baseline), write(candidate))
	}
}

// loadDifferences says how two loads differ; in words where these tell them apart.
func loadDifferences(b, c runlog.Load) differences {
	d := differences{}
	plain := func(v float64) string { return words.Significant(v, 6) }
	inSeconds := func(v float64) string { return words.Significant(v, 6) + " s" }
	d.add("the load", b.Words, c.Words)
	if len(d) == 0 {
		d.add("the type of load", b.Type, c.Type)
		d.number("the number of clients", float64(b.Clients), float64(c.Clients), plain)
		d.number("the rate", b.RatePerS, c.RatePerS, func(v float64) string { return words.Significant(v, 6) + "/s" })
		d.number("the duration", b.DurationS, c.DurationS, inSeconds)
		d.number("the pauses in a pass", b.PauseS, c.PauseS, inSecondsOrNone)
		d.number("the pace of passes", b.EveryS, c.EveryS, inSecondsOrNone)
	}
	d.add("the spread of arrivals", b.Arrivals, c.Arrivals)
	d.number("the timeout", b.TimeoutS, c.TimeoutS, inSeconds)
	d.add("the use of connections", b.Connections, c.Connections)
	d.number("max_connections", float64(b.MaxConnections), float64(c.MaxConnections), plain)
	return d
}

// environment is what differs around the measurement.
func environment(b, c result.RunInfo) []string {
	d := differences{}
	d.add("the machine", machineWords(b.Machine), machineWords(c.Machine))
	d.add("the tool", strings.TrimSpace(b.Tool.Version+" "+b.Tool.Go), strings.TrimSpace(c.Tool.Version+" "+c.Tool.Go))
	d.add("the engine", b.Engine, c.Engine)
	d.add("the clock of arrivals", b.Clock, c.Clock)
	d.add("the pacing", b.Load.Pacing, c.Load.Pacing)
	if b.Turns != nil && c.Turns != nil {
		d.number("the warm-up before each leg", b.Turns.WarmUpS, c.Turns.WarmUpS, inSecondsOrNone)
		d.number("the cool-down before each leg", b.Turns.CoolDownS, c.Turns.CoolDownS, inSecondsOrNone)
	}
	return d
}

func inSecondsOrNone(s float64) string {
	if s == 0 {
		return "none"
	}
	return words.Significant(s, 6) + " s"
}

func machineWords(m runlog.Machine) string {
	parts := []string{strings.Trim(m.OS+"/"+m.Arch, "/"), m.Kernel, m.CPU}
	if m.Agents > 0 {
		parts = slices.Insert(parts, 0, words.Counted(m.Agents, "agent"))
	}
	if m.CPUs > 0 {
		parts = append(parts, words.Counted(m.CPUs, "CPU"))
	}
	if m.Quota > 0 {
		parts = append(parts, "a quota of "+words.Significant(m.Quota, 3)+" CPUs")
	}
	// In whole GB, for the kernel of a machine alike may keep a little more to itself.
	if m.MemoryMB > 0 {
		parts = append(parts, fmt.Sprintf("%.0f GB", float64(m.MemoryMB)/1024))
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// targetsAndEndings is what differs in the targets and in how the runs ended.
func targetsAndEndings(baseline, candidate Pick) []string {
	d := differences{}
	b, c := UsedLegs(baseline), UsedLegs(candidate)
	if len(b) > 0 && len(c) > 0 {
		d.add("the address of the target", b[0].URL, c[0].URL)
		d.number("the number of replicas", replicas(b[0]), replicas(c[0]), func(n float64) string {
			if n == 0 {
				return "not known"
			}
			return words.Significant(n, 6)
		})
		d.number("the number of rounds", float64(len(b)), float64(len(c)), func(n float64) string { return words.Significant(n, 6) })
	}
	for _, p := range []struct {
		Pick
		side string
	}{{baseline, "the baseline"}, {candidate, "the candidate"}} {
		switch {
		case p.Run.Verdict == result.Invalid:
			d = append(d, fmt.Sprintf("%s is INVALID: %s", p.side, p.Run.Findings[0]))
		case p.Run.Run.Partial:
			d = append(d, p.side+" did not come to its end")
		}
	}
	return d
}

func replicas(l *result.Leg) float64 {
	if l.Spread == nil {
		return 0
	}
	return float64(l.Spread.Expected)
}
