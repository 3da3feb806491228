package swarm

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// Of is what the events of a leg, and the counts of its rows, tell of the cluster behind it; nil
// where no event is about one. loaded is how long load was put on, in seconds.
func Of(rec *runlog.Record, loaded float64) *result.Cluster {
	h := history{lives: map[string]*result.Task{}, pending: map[string]result.Waiting{}, lost: map[string]bool{}}
	for _, e := range rec.Events {
		h.read(e)
	}
	if len(h.order) == 0 && len(h.happenings) == 0 {
		return nil
	}
	written := Written(rec)
	for _, t := range h.order {
		if w, wrote := written[t.Host]; wrote {
			t.FirstRow, t.LastRow = &w.First, &w.Last
		}
	}
	out := &result.Cluster{Happenings: h.happenings}
	for _, t := range h.order {
		if t.Host == "" { // it never had a container
			continue
		}
		out.Tasks = append(out.Tasks, *t)
		if line, told := h.lifeOf(t); told {
			out.Happenings = append(out.Happenings, line)
		}
	}
	slices.SortStableFunc(out.Happenings, func(a, b result.Happening) int { return cmp.Compare(a.AtS, b.AtS) })
	out.Replicas = h.replicas(loaded, written != nil)
	out.Waiting = h.waiting()
	return out
}

// history gathers tasks, and what is told by itself, from events in their order.
type history struct {
	lives      map[string]*result.Task // by id
	order      []*result.Task
	happenings []result.Happening
	desired    []step                    // how many replicas were asked for, and since when
	pending    map[string]result.Waiting // by id
	lost       map[string]bool           // ids of tasks that ended with their node
}

// step is a number from an instant on.
type step struct {
	at float64
	n  int
}

func (h *history) read(e runlog.Event) {
	state := e.Attrs[runlog.AttrState]
	switch e.Kind {
	case runlog.EventTask:
		h.task(e)
	case runlog.EventContainer:
		h.container(e)
	case runlog.EventService, runlog.EventNode:
		if n, err := strconv.Atoi(e.Attrs[runlog.AttrReplicas]); err == nil && e.Kind == runlog.EventService {
			if h.desired = append(h.desired, step{e.At, n}); e.Attrs[runlog.AttrWas] == "" {
				return // it was so when the leg began
			}
		}
		h.happenings = append(h.happenings, result.Happening{AtS: e.At, What: e.Text, Node: e.Attrs[runlog.AttrNode]})
		if e.Kind == runlog.EventNode && state == "down" {
			h.lose(e.Attrs[runlog.AttrNode], e.At)
		}
	case runlog.EventWatch:
		if state != "hears" || e.Attrs[runlog.AttrGap] != "" { // the beginning is no happening
			h.happenings = append(h.happenings, result.Happening{AtS: e.At, What: e.Text, Node: e.Attrs[runlog.AttrNode]})
		}
	}
}

// lose ends the tasks of a node that is down. A manager goes on saying of them that they run, and
// those that nobody reaches do.
func (h *history) lose(node string, at float64) {
	for _, t := range h.order {
		if t.Node == node && t.EndedS == nil && t.Ran() {
			t.EndedS, h.lost[t.ID] = &at, true
		}
	}
}

// life is a task by its id; a new one where it has not been seen.
func (h *history) life(id string) *result.Task {
	t := h.lives[id]
	if t == nil {
		t = &result.Task{ID: id}
		h.lives[id], h.order = t, append(h.order, t)
	}
	return t
}

func (h *history) task(e runlog.Event) {
	t, state := h.life(e.Attrs[runlog.AttrTaskID]), e.Attrs[runlog.AttrState]
	was := cmp.Or(t.State, e.Attrs[runlog.AttrWas])
	t.Name, t.State = e.Attrs[runlog.AttrTask], state
	t.Node, t.Host = cmp.Or(e.Attrs[runlog.AttrNode], t.Node), cmp.Or(e.Attrs[runlog.AttrHost], t.Host)
	delete(h.pending, t.ID)
	switch state {
	case runlog.TaskPending:
		h.pending[t.ID] = result.Waiting{Task: t.Name, Why: e.Attrs[runlog.AttrError]}
		h.happenings = append(h.happenings, result.Happening{AtS: e.At, What: "waits: " + e.Attrs[runlog.AttrError], Task: t.Name})
	case runlog.TaskStarting, runlog.TaskStopping:
	case runlog.TaskRunning:
		if t.StartedS == nil && was != "" { // else it ran when it was first seen
			t.StartedS = instant(e)
		}
	default:
		t.Error, t.ExitCode = e.Attrs[runlog.AttrError], e.Attrs[runlog.AttrExitCode]
		if t.EndedS == nil {
			t.EndedS = instant(e)
		}
	}
}

// container takes the engine's word for when a task started and ended.
func (h *history) container(e runlog.Event) {
	id := e.Attrs[runlog.AttrTaskID]
	if id == "" {
		return
	}
	at := e.At
	switch e.Attrs[runlog.AttrAction] {
	case "start":
		h.named(id, e).StartedS = &at
	case "die":
		if t := h.named(id, e); !h.lost[id] {
			t.EndedS, t.ExitCode = &at, e.Attrs[runlog.AttrExitCode]
		}
	case "oom":
		h.happenings = append(h.happenings, result.Happening{AtS: at, What: "out of memory", Node: e.Attrs[runlog.AttrNode], Host: e.Attrs[runlog.AttrHost]})
	}
}

// named is the life that a container's event is about.
func (h *history) named(id string, e runlog.Event) *result.Task {
	t := h.life(id)
	t.Node, t.Host = cmp.Or(t.Node, e.Attrs[runlog.AttrNode]), cmp.Or(t.Host, e.Attrs[runlog.AttrHost])
	return t
}

// instant is the time of a task's state: by the clock of its node where that is known.
func instant(e runlog.Event) *float64 {
	at := e.At
	if stamp, err := strconv.ParseFloat(e.Attrs[runlog.AttrStamp], 64); err == nil {
		at = stamp
	}
	return &at
}

// lifeOf is a line about a task that ended, with the one that took its place, or about one that
// started and took nobody's. Of a task that was there all the time nothing is told.
func (h *history) lifeOf(t *result.Task) (result.Happening, bool) {
	line := result.Happening{Task: t.Name, Node: t.Node, Host: t.Host}
	switch {
	case t.EndedS != nil:
		line.AtS, line.What = *t.EndedS, endWords(t)
		if h.lost[t.ID] {
			line.What = "lost with its node"
		}
		if next := h.successor(t); next != nil {
			after := *next.StartedS - *t.EndedS
			line.NewHost, line.ReplacedS, line.FirstRow = next.Host, &after, next.FirstRow
			if next.FirstRow != nil && t.LastRow != nil {
				line.Recovered = &result.Between{FromS: next.FirstRow.FromS - t.LastRow.ToS, ToS: next.FirstRow.ToS - t.LastRow.FromS}
			}
		}
		return line, true
	case t.StartedS != nil && !slices.ContainsFunc(h.order, func(o *result.Task) bool { return o.EndedS != nil && o.Host != "" && h.successor(o) == t }):
		line.AtS, line.What, line.FirstRow = *t.StartedS, "started", t.FirstRow
		return line, true
	}
	return line, false
}

// successor is the task that took the place of one that ended; nil for none.
func (h *history) successor(t *result.Task) *result.Task {
	var next *result.Task
	for _, o := range h.order {
		if o != t && o.Name == t.Name && o.StartedS != nil && *o.StartedS >= *t.EndedS && (next == nil || *o.StartedS < *next.StartedS) {
			next = o
		}
	}
	return next
}

// endWords say how a task ended.
func endWords(t *result.Task) string {
	words := map[string]string{"shutdown": "stopped", runlog.TaskRemoved: "removed", runlog.TaskRunning: "died", runlog.TaskStopping: "stopped"}[t.State]
	words = cmp.Or(words, t.State, "died")
	if t.ExitCode != "" && t.ExitCode != "0" {
		words += ", exit code " + t.ExitCode
	} else if t.Error != "" {
		words += ": " + t.Error
	}
	return words
}

// Name says of each host which task on which node it was.
func Name(hosts []result.Host, clusters ...*result.Cluster) {
	for i := range hosts {
		for _, c := range clusters {
			if c == nil {
				continue
			}
			for _, t := range c.Tasks {
				if t.Host == hosts[i].Host {
					hosts[i].Task, hosts[i].Node = t.Name, t.Node
				}
			}
		}
	}
}
