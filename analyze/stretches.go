package analyze

import (
	"fmt"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/swarm"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// leastStretch is the share of the rows of all stretches that one must have for its spread to count.
const leastStretch = 0.1

// spreadOfLeg judges how a leg's work divides. If tasks of the cluster began or ended meanwhile, hosts
// differ in how long they were there, and a whole leg would take that for the balancer's doing: so
// it is judged stretch by stretch between these changes.
func spreadOfLeg(rec *runlog.Record, c *result.Cluster, d division, loaded float64) *result.Spread {
	whole := spread(d)
	if c == nil || d.of != result.OfRows || whole.Verdict == result.SpreadNothing {
		return whole
	}
	at := swarm.Changes(c, loaded)
	if len(rec.Rows) == 0 {
		at = ends(c, d.hosts)
	}
	if len(at) == 0 {
		return whole
	}
	out := *whole
	if worst := judgeStretches(&out, rec, d, append(at, loaded)); worst != nil {
		adoptStretch(&out, worst)
		out.Words = fmt.Sprintf("judged in %s of the leg, between the changes of its tasks: %s", words.Counted(len(out.Stretches), "part"), worst.Words)
	} else {
		out.Verdict = result.SpreadChanged
		out.Words = "not judged: tasks of the service began or ended meanwhile, and no stretch between two changes was long enough to count its rows"
		if len(rec.Rows) == 0 {
			out.Words = "not judged: tasks of the service ended meanwhile, and rows were not counted while load was put on (ledger.every)"
		}
	}
	if strangers := strangersTo(c, d.hosts); strangers != "" {
		out.Words += "; " + strangers
	}
	return &out
}

// judgeStretches fills in the stretches that end at the instants, and returns the spread of the one
// that says most: the worst of those with enough rows, nil without any.
func judgeStretches(out *result.Spread, rec *runlog.Record, d division, ends []float64) (worst *result.Spread) {
	var spreads []*result.Spread
	var total, from float64
	for _, to := range ends {
		rows, first, last := swarm.Between(rec, from, to)
		if from = to; len(rows) == 0 {
			continue
		}
		own := division{of: result.OfRows, hosts: hostsOf(rows, nil), connections: d.connections}
		divide(own.hosts, own.of)
		s := spread(own)
		sum := sumOf(rows)
		total += sum
		spreads = append(spreads, s)
		out.Stretches = append(out.Stretches, result.Stretch{FromS: first, ToS: last, Hosts: len(own.hosts), Rows: int64(sum), MaxDeviation: s.MaxDeviation, Verdict: s.Verdict, Words: s.Words})
	}
	most := int64(0)
	for i, s := range spreads {
		rows := out.Stretches[i].Rows
		if float64(rows) < leastStretch*total {
			continue
		}
		if worst == nil || badness(s) > badness(worst) || badness(s) == badness(worst) && rows > most {
			worst, most = s, rows
		}
	}
	return worst
}

func sumOf(rows map[string]int64) (sum float64) {
	for _, n := range rows {
		sum += float64(n)
	}
	return sum
}

// badness orders the verdicts of stretches, and within one verdict their deviations.
func badness(s *result.Spread) float64 {
	order := []result.SpreadVerdict{result.SpreadOneHost, result.SpreadTooFew, result.SpreadEven, result.SpreadSticky, result.SpreadUneven}
	return 1000*float64(slices.Index(order, s.Verdict)) + s.MaxDeviation
}

// adoptStretch takes the figures of a stretch for those of the leg, but for its hosts.
func adoptStretch(out, of *result.Spread) {
	hosts, expected, missing, silent, stretches := out.Hosts, out.Expected, out.Missing, out.Silent, out.Stretches
	*out = *of
	out.Hosts, out.Expected, out.Missing, out.Silent, out.Stretches = hosts, expected, missing, silent, stretches
}

// ends are when tasks whose hosts wrote rows ended.
func ends(c *result.Cluster, hosts []result.Host) (at []float64) {
	for _, t := range c.Tasks {
		wrote := slices.ContainsFunc(hosts, func(h result.Host) bool { return h.Host == t.Host && h.Rows > 0 })
		if t.EndedS != nil && wrote {
			at = append(at, *t.EndedS)
		}
	}
	return at
}

// strangersTo names the hosts that wrote rows and are no task of the cluster, if others are.
func strangersTo(c *result.Cluster, hosts []result.Host) string {
	var strange []string
	for _, h := range hosts {
		if !slices.ContainsFunc(c.Tasks, func(t result.Task) bool { return t.Host == h.Host }) {
			strange = append(strange, h.Host)
		}
	}
	if len(strange) == 0 || len(strange) == len(hosts) {
		return ""
	}
	return "no task of the service: " + words.List(strange, silentInList)
}
