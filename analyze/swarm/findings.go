package swarm

import (
	"fmt"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

const (
	// A task must be asked after unasked seconds: nginx asks a server again that failed after its
	// fail_timeout, which is 10 s unless a configuration says otherwise.
	unasked = 12.0
	// fewestRows is how many rows each task would have had to get for one without any to be no chance.
	fewestRows = 10
	// named is how many tasks stand in a sentence.
	named = 5
)

// Findings are what a leg's cluster shows of capacity that is not there. Of a leg whose rows are
// not those of the cluster's tasks, such as one of another target, there are none.
func Findings(c *result.Cluster, hosts []result.Host, loaded float64) []result.Finding {
	if c == nil || !slices.ContainsFunc(hosts, func(h result.Host) bool { return h.Task != "" && h.Rows > 0 }) {
		return nil
	}
	var out []result.Finding
	note := func(code result.Code, text string) {
		if text != "" {
			out = append(out, result.Found(result.Pass, code, "%s", text))
		}
	}
	note(result.CodeTaskUnasked, unaskedWords(c, hosts, loaded))
	note(result.CodeHostGone, goneWords(c, hosts))
	note(result.CodeReplicasShort, shortWords(c))
	return out
}

// rowsOf are the rows that a host wrote.
func rowsOf(hosts []result.Host, name string) int64 {
	for _, h := range hosts {
		if h.Host == name {
			return h.Rows
		}
	}
	return 0
}

// unaskedWords name the tasks that ran and wrote nothing, though the others wrote enough for that to
// be no chance.
func unaskedWords(c *result.Cluster, hosts []result.Host, loaded float64) string {
	var total int64
	for _, h := range hosts {
		total += h.Rows
	}
	if total < fewestRows*int64(len(c.Tasks)) {
		return ""
	}
	var names []string
	for _, t := range c.Tasks {
		from, to := 0.0, loaded
		if t.StartedS != nil {
			from = *t.StartedS
		}
		if t.EndedS != nil {
			to = min(to, *t.EndedS)
		}
		if t.Ran() && rowsOf(hosts, t.Host) == 0 && (to-from >= unasked || from == 0 && to == loaded) {
			names = append(names, fmt.Sprintf("%s on %s, host %s, from second %.1f on", t.Name, t.Node, t.Host, from))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("%s ran and wrote nothing: %s; a balancer that looks the name of a service up once never asks new addresses",
		words.Counted(len(names), "task"), words.List(names, named))
}

// goneWords name the hosts that wrote rows and are no task any more, where nobody who writes took
// their place.
func goneWords(c *result.Cluster, hosts []result.Host) string {
	var names []string
	for _, h := range c.Happenings {
		if wrote := rowsOf(hosts, h.Host); wrote > 0 && ended(c, h.Host) && (h.NewHost == "" || rowsOf(hosts, h.NewHost) == 0) {
			names = append(names, fmt.Sprintf("%s (%s on %s) to second %.1f", h.Host, h.Task, h.Node, h.AtS))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "of the hosts that wrote, nobody who writes took the place of " + words.List(names, named)
}

// ended reports that a host's task has ended.
func ended(c *result.Cluster, host string) bool {
	return slices.ContainsFunc(c.Tasks, func(t result.Task) bool { return t.Host == host && t.EndedS != nil })
}

// shortWords say that fewer replicas ran at the end than were asked for, and why.
func shortWords(c *result.Cluster) string {
	if len(c.Replicas) == 0 {
		return ""
	}
	last := c.Replicas[len(c.Replicas)-1]
	for _, r := range slices.Backward(c.Replicas) {
		if r.Running != last.Running || r.Desired != last.Desired {
			break
		}
		last.AtS = r.AtS
	}
	if last.Desired < 0 || last.Running >= last.Desired {
		return ""
	}
	text := fmt.Sprintf("%d of %s ran from second %.1f to the end", last.Running, words.Counted(last.Desired, "replica"), last.AtS)
	var why []string
	for _, w := range c.Waiting {
		why = append(why, w.Task+" waits: "+w.Why)
	}
	if len(why) > 0 {
		text += "; " + words.List(why, named)
	}
	return text
}
