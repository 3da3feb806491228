package swarm

import (
	"cmp"
	"maps"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
)

// replicas are how many replicas were asked for, ran and served, from each change on. timed says
// that it is known when hosts wrote; without that serving is -1.
func (h *history) replicas(loaded float64, timed bool) []result.Replicas {
	at := []float64{0}
	for _, s := range h.desired {
		at = append(at, s.at)
	}
	for _, t := range h.order {
		for _, change := range []*float64{t.StartedS, t.EndedS} {
			if change != nil {
				at = append(at, *change)
			}
		}
		if t.FirstRow != nil {
			at = append(at, t.FirstRow.ToS, t.LastRow.ToS)
		}
	}
	at = slices.DeleteFunc(at, func(s float64) bool { return s < 0 || s > loaded })
	slices.Sort(at)
	var out []result.Replicas
	for _, s := range slices.Compact(at) {
		r := result.Replicas{AtS: s, Desired: h.desiredAt(s), Running: h.count(runs, s), Serving: -1}
		if timed {
			r.Serving = h.count(func(t *result.Task, s float64) bool { return serves(t, s, loaded) }, s)
		}
		if n := len(out); n == 0 || out[n-1].Desired != r.Desired || out[n-1].Running != r.Running || out[n-1].Serving != r.Serving {
			out = append(out, r)
		}
	}
	return out
}

// desiredAt is how many replicas were asked for at an instant; -1 where that is not known.
func (h *history) desiredAt(s float64) int {
	n := -1
	for _, d := range h.desired {
		if d.at <= s || n < 0 && d.at <= 0 {
			n = d.n
		}
	}
	return n
}

func (h *history) count(of func(*result.Task, float64) bool, s float64) int {
	n := 0
	for _, t := range h.order {
		if t.Host != "" && of(t, s) {
			n++
		}
	}
	return n
}

// runs reports that a task ran at an instant. One that was never seen to start ran from the
// beginning, if it was seen to run.
func runs(t *result.Task, s float64) bool {
	return (t.StartedS == nil && t.Ran() || t.StartedS != nil && *t.StartedS <= s) && (t.EndedS == nil || *t.EndedS > s)
}

// serves reports that a task's host wrote rows at an instant: after its first and before its last,
// which of a host that writes to the end of the load is that end.
func serves(t *result.Task, s, loaded float64) bool {
	return t.FirstRow != nil && s >= t.FirstRow.FromS && (s < t.LastRow.ToS || t.LastRow.ToS >= loaded)
}

// waiting are the tasks that nothing took to the end, with the reason, by name.
func (h *history) waiting() []result.Waiting {
	return slices.SortedFunc(maps.Values(h.pending), func(a, b result.Waiting) int { return cmp.Compare(a.Task, b.Task) })
}
