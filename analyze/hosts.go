package analyze

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// CountedHosts are the hosts of a table whose rows were counted once, most rows first, with
// each host's share of them. No interval goes with the shares: everything there is was counted.
func CountedHosts(rows map[string]int64) []result.Host {
	hosts := hostsOf(rows, nil)
	divide(hosts, result.OfRows)
	return hosts
}

// divisionOf is how a leg's rows divide over the hosts, or its answers where there are no
// rows to count; false where neither is known. Hosts whose rows were deleted are not among them.
func divisionOf(rec *runlog.Record, expected int) (division, bool) {
	d := division{of: result.OfRows, expected: expected, connections: connectionsOf(rec)}
	served := rec.Served
	if tooManyHosts(rec) {
		served = nil
	}
	if ledgerGap(rec.Ledger) != "" {
		d.of, d.hosts = result.OfAnswers, hostsOf(nil, served)
	} else {
		rows := rowsWritten(rec.Ledger)
		if !sameNames(rows, served) {
			served = nil
		}
		d.hosts = hostsOf(rows, served)
		d.silent = silentHosts(rec.Ledger, d.hosts)
	}
	divide(d.hosts, d.of)
	return d, d.of == result.OfRows || len(d.hosts) > 0
}

// tooManyHosts reports that what answers name are no hosts.
func tooManyHosts(rec *runlog.Record) bool { return rec.Served[runlog.OtherHosts].Answers > 0 }

// sameNames reports that rows and answers call their hosts alike: by one name at least.
func sameNames(rows map[string]int64, served map[string]runlog.Served) bool {
	for host, n := range rows {
		if n > 0 && served[host].Answers > 0 {
			return true
		}
	}
	return false
}

func hostsOf(rows map[string]int64, served map[string]runlog.Served) []result.Host {
	hosts := []result.Host{}
	for host, n := range rows {
		if n > 0 {
			hosts = append(hosts, result.Host{Host: host, Rows: n, Answers: served[host].Answers, Success: served[host].Success})
		}
	}
	for host, n := range served {
		if rows[host] <= 0 {
			hosts = append(hosts, result.Host{Host: host, Answers: n.Answers, Success: n.Success})
		}
	}
	return hosts
}

// divide fills in the hosts' shares and puts the largest first.
func divide(hosts []result.Host, of string) {
	var total float64
	for _, h := range hosts {
		total += float64(h.Of(of))
	}
	for i := range hosts {
		hosts[i].Share = float64(hosts[i].Of(of)) / max(1, total)
	}
	slices.SortFunc(hosts, func(a, b result.Host) int {
		return cmp.Or(cmp.Compare(b.Of(of), a.Of(of)), cmp.Compare(b.Answers, a.Answers), strings.Compare(a.Host, b.Host))
	})
}

// silentHosts had rows before the leg and wrote none, most rows first.
func silentHosts(led *runlog.Ledger, wrote []result.Host) []string {
	names := slices.Collect(maps.Keys(led.Before))
	names = slices.DeleteFunc(names, func(name string) bool {
		return slices.ContainsFunc(wrote, func(h result.Host) bool { return h.Host == name })
	})
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(led.Before[b], led.Before[a]), strings.Compare(a, b))
	})
	return names
}

// namingWarnings are what a reader must know of the names in answers.
func namingWarnings(rec *runlog.Record, l *result.Leg, from string) []string {
	var out []string
	switch rows := ledgerGap(rec.Ledger) == ""; {
	case from == "" || l.Completed == 0:
		return nil
	case tooManyHosts(rec):
		out = append(out, fmt.Sprintf("the %s names more hosts than are told apart, or none: each of %s has another or a very long one; name what says which container answered under host_from",
			from, words.Counted(rec.Served[runlog.OtherHosts].Answers, "answer")))
	case len(rec.Served) == 0 && !rows:
		out = append(out, fmt.Sprintf("none of %s names its host by the %s: who served is not known", words.Counted(l.Completed, "answer"), from))
	case len(rec.Served) > 0 && rows && len(l.Hosts) > 0 && !sameNames(rowsWritten(rec.Ledger), rec.Served):
		out = append(out, fmt.Sprintf("answers and rows call the hosts by different names (%s; %s), so they cannot be held against each other host by host",
			words.List(slices.Sorted(maps.Keys(rec.Served)), namesInWarning), words.List(hostNames(l.Hosts), namesInWarning)))
	}
	if r := l.Reconcile; r == nil || !r.Verdict.Known() || r.Claimed != r.Successes || r.Successes != l.Outcomes.Success {
		return out // not every success claims one row
	}
	for _, h := range l.Hosts {
		if short := int64(h.Success) - h.Rows; h.Answers > 0 && short > 0 {
			out = append(out, fmt.Sprintf("%s gave %s as expected and wrote %s: %s missing, or under another name",
				h.Host, words.Counted(h.Success, "answer"), words.Counted(h.Rows, "row"), areRows(short)))
		}
	}
	return out
}

// namesInWarning is how many names stand in a sentence.
const namesInWarning = 3

func hostNames(hosts []result.Host) []string {
	var names []string
	for _, h := range hosts {
		names = append(names, h.Host)
	}
	return names
}
