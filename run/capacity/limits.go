package capacity

import (
	"fmt"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// mostBusy is the share of a machine's processors above which they are a limit: the rest is lost between
// threads that do not find the free one at once.
const mostBusy = 0.9

// limits are what was seen at its limit when a target carried no more, and what was not. The
// generator sees its own machine, which may be the target's, and how requests failed.
func limits(probes []result.Probe, from runlog.Machine) []string {
	var alone, most *result.Probe // most has the largest throughput, which is where a limit shows
	for i := range probes {
		p := &probes[i]
		if p.Kind == result.ProbeAlone {
			alone = p
		} else if p.Verdict != result.ProbeInvalid && (most == nil || p.Success.Value > most.Success.Value) {
			most = p
		}
	}
	if most == nil {
		return nil
	}
	var seen []string
	found := false
	for _, of := range []func() (string, bool){
		func() (string, bool) { return machineLimit(most, alone, from) },
		func() (string, bool) { return connectionLimit(probes) },
		func() (string, bool) { return failureLimit(probes) },
	} {
		if text, limit := of(); text != "" {
			seen, found = append(seen, text), found || limit
		}
	}
	if !found {
		seen = append(seen, "nothing that was looked at was at its limit: what happens within the target, such as its numbers of workers and connections or the locks of its database, is not seen from here")
	}
	return seen
}

// machineLimit says whether the processors of the generator's machine were taken, and whether they were
// when one client was alone: then by others.
func machineLimit(p, alone *result.Probe, from runlog.Machine) (text string, limit bool) {
	if p.Busy == nil || from.Agents > 0 { // how busy agents are is in their runs, machine by machine
		return "", false
	}
	text = fmt.Sprintf("%s of the processors of this machine were taken when %s were answered, %s by the generator", words.Percent(*p.Busy), perSecond(p.Success.Value), words.Percent(p.CPU))
	if p.Runnable != nil {
		text += fmt.Sprintf(", and %s threads had one of %s or waited for it", words.Significant(*p.Runnable, 2), words.Counted(from.CPUs, "processor"))
	}
	switch {
	case *p.Busy < mostBusy:
		return text + ": they are not the limit", false
	case alone != nil && alone.Busy != nil && *alone.Busy >= mostBusy:
		return text + fmt.Sprintf("; but %s were taken when one client was alone: something else uses this machine, so measure when it is at rest", words.Percent(*alone.Busy)), false
	}
	return text + ": they are the limit of all that runs here, the target too if it does", true
}

// connectionLimit says whether the database had too few connections.
func connectionLimit(probes []result.Probe) (text string, limit bool) {
	asked := least(probes, func(p *result.Probe) bool { return p.Refused != nil })
	if asked == nil {
		return "", false
	}
	p := least(probes, func(p *result.Probe) bool { return p.Refused != nil && *p.Refused > 0 })
	if p == nil {
		return fmt.Sprintf("the database refused no connection of the %s that it allows: they are not the limit", words.Number(asked.MaxConnections)), false
	}
	return fmt.Sprintf("the database refused %s when %s were under way at a time, because all %s that it allows (max_connections) were open",
		words.Counted(*p.Refused, "connection"), underWayWords(p), words.Number(p.MaxConnections)), true
}

// failureLimit is how requests failed where the fewest under way made any fail.
func failureLimit(probes []result.Probe) (text string, limit bool) {
	p := least(probes, func(p *result.Probe) bool { return p.Failed > 0 })
	if p == nil {
		return "", false
	}
	return fmt.Sprintf("%s of the requests failed when %s were under way at a time, most often so: %s", words.Percent(p.Failed), underWayWords(p), p.Failure), true
}

// least is the probe with the fewest requests under way of those with a mark; nil for none.
func least(probes []result.Probe, mark func(*result.Probe) bool) (least *result.Probe) {
	for i := range probes {
		if p := &probes[i]; p.Verdict != result.ProbeInvalid && mark(p) && (least == nil || p.InFlight < least.InFlight) {
			least = p
		}
	}
	return least
}

func underWayWords(p *result.Probe) string { return words.Significant(p.InFlight, 3) + " requests" }
