package swarm

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/swarm"

	"github.com/stress-tool/stress/runlog"
)

// Change is something that happened to a cluster, as far as it could be seen.
type Change struct {
	// At is when it was seen, or where an engine itself tells of it, when it happened; by
	// this machine's clock.
	At time.Time
	// Stamp is what the node's own clock said of it, by this machine's clock; zero where that
	// clock is not known.
	Stamp time.Time
	// There says that it is no change: it was so when the cluster was first looked at.
	There bool
	Kind  runlog.EventKind
	Text  string
	Attrs map[string]string
}

// phase is what is told of a task; "" for what passes too quickly to matter.
func (t Task) phase() string {
	switch {
	case t.Ended():
		return t.State
	case t.State == runlog.TaskRunning && (t.Desired == string(swarm.TaskStateShutdown) || t.Desired == string(swarm.TaskStateRemove)):
		return runlog.TaskStopping
	case t.State == runlog.TaskRunning:
		return runlog.TaskRunning
	case t.Host != "":
		return runlog.TaskStarting
	case t.State == runlog.TaskPending && t.Error != "":
		return runlog.TaskPending
	}
	return ""
}

// first is what is told of a cluster that is looked at for the first time: every task that
// may still answer, and how many there should be.
func first(s *State) []Change {
	var out []Change
	if n := s.Service.Replicas; n > 0 {
		out = append(out, Change{At: s.At, There: true, Kind: runlog.EventService, Text: fmt.Sprintf("%d replicas are asked for", n), Attrs: attributes(runlog.AttrReplicas, strconv.FormatUint(n, 10))})
	}
	for _, t := range s.InOrder() {
		if phase := t.phase(); phase != "" && !t.Ended() {
			c := taskChange(s.At, t, phase, "")
			c.There = true
			out = append(out, c)
		}
	}
	return out
}

// changes are what happened between two states, the cause before its effect.
func changes(before, after *State) []Change {
	out := serviceChanges(before, after)
	out = append(out, nodeChanges(before, after)...)
	for _, t := range after.InOrder() {
		was, phase := before.Tasks[t.ID].phase(), t.phase()
		if phase != "" && phase != was {
			out = append(out, taskChange(after.At, t, phase, was))
		}
	}
	for _, t := range before.InOrder() {
		if _, there := after.Tasks[t.ID]; !there && !t.Ended() && t.phase() != "" {
			out = append(out, taskChange(after.At, t, runlog.TaskRemoved, t.phase()))
		}
	}
	return out
}

// attributes leave out what is "".
func attributes(pairs ...string) map[string]string {
	out := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out[pairs[i]] = pairs[i+1]
		}
	}
	return out
}

func taskChange(at time.Time, t Task, phase, was string) Change {
	c := Change{At: at, Kind: runlog.EventTask, Attrs: attributes(
		runlog.AttrTask, t.Name, runlog.AttrTaskID, t.ID, runlog.AttrNode, t.Node, runlog.AttrHost, t.Host, runlog.AttrContainer, t.Container,
		runlog.AttrState, phase, runlog.AttrWas, was, runlog.AttrError, t.Error,
	)}
	if t.Slot > 0 {
		c.Attrs[runlog.AttrSlot] = strconv.Itoa(t.Slot)
	}
	if t.Ended() && t.Container != "" {
		c.Attrs[runlog.AttrExitCode] = strconv.Itoa(t.ExitCode)
	}
	c.Text = t.words() + ": " + phase
	if t.Error != "" {
		c.Text += ": " + t.Error
	}
	return c
}

// words name a task with its place: web-server.1 on sw2, host 01f00426815f.
func (t Task) words() string {
	words := t.Name
	if t.Node != "" {
		words += " on " + t.Node
	}
	if t.Host != "" {
		words += ", host " + t.Host
	}
	return words
}

func serviceChanges(before, after *State) []Change {
	var out []Change
	was, is := before.Service, after.Service
	if was.Replicas != is.Replicas {
		out = append(out, Change{At: after.At, Kind: runlog.EventService, Text: fmt.Sprintf("scaled from %d to %d replicas", was.Replicas, is.Replicas), Attrs: attributes(runlog.AttrReplicas, strconv.FormatUint(is.Replicas, 10), runlog.AttrWas, strconv.FormatUint(was.Replicas, 10))})
	}
	if was.Update != is.Update && is.Update != "" {
		text := "update " + is.Update
		if is.Message != "" {
			text += ": " + is.Message
		}
		out = append(out, Change{At: after.At, Kind: runlog.EventService, Text: text, Attrs: attributes(runlog.AttrState, is.Update, runlog.AttrWas, was.Update)})
	}
	return out
}

func nodeChanges(before, after *State) []Change {
	var out []Change
	for _, id := range slices.Sorted(maps.Keys(after.Nodes)) {
		was, known := before.Nodes[id]
		if is := after.Nodes[id]; !known {
			out = append(out, nodeChange(after.At, is, "joined", is.State, ""))
		} else {
			out = append(out, oneNode(after.At, was, is)...)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(before.Nodes)) {
		if _, there := after.Nodes[id]; !there {
			out = append(out, nodeChange(after.At, before.Nodes[id], "removed from the cluster", "removed", before.Nodes[id].State))
		}
	}
	return out
}

func oneNode(at time.Time, was, is Node) []Change {
	var out []Change
	if was.State != is.State {
		text := is.State
		if is.Message != "" {
			text += ": " + is.Message
		}
		out = append(out, nodeChange(at, is, text, is.State, was.State))
	}
	if was.Availability != is.Availability {
		c := nodeChange(at, is, "availability "+is.Availability, "", was.Availability)
		c.Attrs[runlog.AttrAvailability] = is.Availability
		out = append(out, c)
	}
	if is.Leader && !was.Leader {
		c := nodeChange(at, is, "leads the managers now", "", "")
		c.Attrs[runlog.AttrRole] = "leader"
		out = append(out, c)
	}
	if was.Reachability != is.Reachability {
		c := nodeChange(at, is, "as a manager "+cmp.Or(is.Reachability, "no more"), "", was.Reachability)
		c.Attrs[runlog.AttrManager] = cmp.Or(is.Reachability, "none")
		out = append(out, c)
	}
	return out
}

func nodeChange(at time.Time, n Node, text, state, was string) Change {
	return Change{At: at, Kind: runlog.EventNode, Text: n.Name + ": " + text,
		Attrs: attributes(runlog.AttrNode, n.Name, runlog.AttrState, state, runlog.AttrWas, was)}
}

// short is the beginning of a text that another program made, on one line.
func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return text[:min(len(text), 300)]
}
