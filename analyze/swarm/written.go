// Package swarm is what the events of a Docker Swarm, and the rows of its hosts, mean: which task
// every host was, who took whose place, how many replicas served, and what was never asked. It
// holds pure functions of a stored leg.
package swarm

import (
	"maps"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// Times are when a host wrote its first and its last row of a leg.
type Times struct{ First, Last result.Between }

// Written says when each host of a leg that wrote rows wrote the first and the last of them: after
// one count that did not have them, and before the end of the next, which had. It is nil where
// rows were not counted while load was put on.
func Written(rec *runlog.Record) map[string]Times {
	if len(rec.Rows) == 0 || rec.Ledger == nil {
		return nil
	}
	out := map[string]Times{}
	last := 0.0
	see := func(at, end float64, hosts map[string]int64, before map[string]int64) {
		for host, n := range hosts {
			if n <= before[host] {
				continue
			}
			t, seen := out[host]
			t.Last = result.Between{FromS: last, ToS: end}
			if !seen {
				t.First = t.Last
			}
			out[host] = t
		}
		last = at
	}
	sum := map[string]int64{}
	for _, line := range rec.Rows {
		see(line.AtS, line.AtS+line.TookS, line.Hosts, sum)
		maps.Copy(sum, line.Hosts)
	}
	if l := rec.Ledger; l.After != nil {
		total := map[string]int64{}
		for host, n := range l.After {
			total[host] = n - l.Before[host]
		}
		end := l.AfterAt.Sub(rec.Started).Seconds()
		see(end, end, total, sum)
	}
	return out
}

// Between are the rows that every host wrote between two instants of a leg, and the instants of the
// counts that show it: the first at or after from, and the last at or before to. It is nil if
// fewer than two counts lie there; the leg's beginning is one, its end is not.
func Between(rec *runlog.Record, from, to float64) (rows map[string]int64, first, last float64) {
	var begin, end map[string]int64
	sum := map[string]int64{}
	if from <= 0 {
		begin = map[string]int64{}
	}
	for _, line := range rec.Rows {
		maps.Copy(sum, line.Hosts)
		switch {
		case line.AtS > to:
		case begin == nil && line.AtS >= from:
			begin, first = maps.Clone(sum), line.AtS+line.TookS
		case begin != nil:
			end, last = maps.Clone(sum), line.AtS
		}
	}
	if end == nil || last <= first {
		return nil, 0, 0
	}
	rows = map[string]int64{}
	for host, n := range end {
		if n > begin[host] {
			rows[host] = n - begin[host]
		}
	}
	return rows, first, last
}

// Changes are the instants of a leg at which other hosts served than before: when a task ended, and
// when one that began within the leg wrote its first row. Ascending, in seconds.
func Changes(c *result.Cluster, loaded float64) []float64 {
	var at []float64
	for _, t := range c.Tasks {
		if t.EndedS != nil && *t.EndedS > 0 && *t.EndedS < loaded && t.LastRow != nil {
			at = append(at, *t.EndedS)
		}
		if t.StartedS != nil && t.FirstRow != nil && t.FirstRow.ToS < loaded {
			at = append(at, t.FirstRow.ToS)
		}
	}
	slices.Sort(at)
	return slices.Compact(at)
}
