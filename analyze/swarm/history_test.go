package swarm

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// A container of a real Swarm was removed by force: one task ended, the next in its slot took
// its place, and nothing else happened. The times are the engine's own.
func TestClusterOfAKill(t *testing.T) {
	f, err := os.Open("testdata/kill.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var events []runlog.Event
	for d := json.NewDecoder(f); d.More(); {
		var e runlog.Event
		if err := d.Decode(&e); err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	c := Of(&runlog.Record{Events: events}, 30)
	if len(c.Tasks) != 4 || len(c.Happenings) != 1 {
		t.Fatalf("%+v", c)
	}
	h := c.Happenings[0]
	if h.Task != "web-server.2" || h.Node != "sw2" || h.Host != "6b67a77fb9b9" || h.NewHost != "73c66af0925a" || h.What != "failed, exit code 137" || math.Abs(h.AtS-7.620) > 0.001 || h.ReplacedS == nil || math.Abs(*h.ReplacedS-7.411) > 0.001 {
		t.Errorf("%+v", h)
	}
	hosts := []result.Host{{Host: "51bff1e37b61"}, {Host: "73c66af0925a"}, {Host: "6b67a77fb9b9"}, {Host: "somebody"}}
	Name(hosts, c)
	if got, want := fmt.Sprint(hosts[0].Task, hosts[0].Node, hosts[1].Task, hosts[1].Node, hosts[2].Task, hosts[3].Task), "web-server.1sw1web-server.2sw2web-server.2"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// task is an event of a task.
func task(at float64, id, name, host, state, was string) runlog.Event {
	e := runlog.Event{At: at, Kind: runlog.EventTask, Attrs: map[string]string{
		runlog.AttrTaskID: id, runlog.AttrTask: name, runlog.AttrHost: host, runlog.AttrState: state, runlog.AttrWas: was,
	}}
	if state == runlog.TaskPending {
		e.Attrs[runlog.AttrError] = "no suitable node"
	}
	return e
}

// onNode is an event of a task on a node.
func onNode(e runlog.Event, node string) runlog.Event {
	e.Attrs[runlog.AttrNode] = node
	return e
}

func TestClusterOfEvents(t *testing.T) {
	for name, c := range map[string]struct {
		events []runlog.Event
		want   []string // what, host, new host
	}{
		"nothing": {[]runlog.Event{task(-1, "a", "web.1", "h1", "running", "")}, nil},
		// Two of a scale-up begin, and a scale-down takes one before its end was seen.
		"scale": {[]runlog.Event{
			task(-1, "a", "web.1", "h1", "running", ""),
			{At: 1, Kind: runlog.EventService, Text: "scaled from 1 to 2 replicas"},
			task(2, "b", "web.2", "h2", "starting", ""), task(3, "b", "web.2", "h2", "running", "starting"),
			task(5, "b", "web.2", "h2", "removed", "running"),
		}, []string{"scaled from 1 to 2 replicas  ", "removed h2 "}},
		// A drain without room: nothing takes the place, and the reason stands there.
		"drain": {[]runlog.Event{
			task(-1, "a", "web.1", "h1", "running", ""), task(1, "b", "web.1", "", "pending", ""),
			task(2, "a", "web.1", "h1", "stopping", "running"), task(3, "a", "web.1", "h1", "shutdown", "stopping"),
		}, []string{"waits: no suitable node  ", "stopped h1 "}},
		// Six replacements of one slot are each replaced by the next.
		"again": {[]runlog.Event{
			task(-1, "a", "web.1", "h1", "running", ""), task(1, "a", "web.1", "h1", "failed", "running"),
			task(2, "b", "web.1", "h2", "running", "starting"), task(3, "b", "web.1", "h2", "failed", "running"),
			task(4, "c", "web.1", "h3", "running", "starting"),
		}, []string{"failed h1 h2", "failed h2 h3"}},
		// Start-first: the new task runs before the old one ends, and takes no place.
		"start-first": {[]runlog.Event{
			task(-1, "a", "web.1", "h1", "running", ""), task(1, "b", "web.1", "h2", "running", "starting"), task(3, "a", "web.1", "h1", "shutdown", "stopping"),
		}, []string{"started h2 ", "stopped h1 "}},
		// A task that waited in vain had no container, and so no place that another took.
		"waited": {[]runlog.Event{
			task(-1, "p", "web.1", "", "pending", ""), task(2, "p", "web.1", "", "shutdown", "pending"), task(3, "q", "web.1", "h2", "running", "starting"),
		}, []string{"waits: no suitable node  ", "started h2 "}},
		// A node that nobody reaches: the manager says to the end that its task runs. Another one takes its place.
		"lost": {[]runlog.Event{
			onNode(task(-1, "a", "web.1", "h1", "running", ""), "sw1"), onNode(task(-1, "b", "web.2", "h2", "running", ""), "sw2"),
			{At: 13, Kind: runlog.EventNode, Text: "sw2: down: heartbeat failure", Attrs: map[string]string{runlog.AttrNode: "sw2", runlog.AttrState: "down"}},
			onNode(task(13, "b", "web.2", "h2", "stopping", "running"), "sw2"), onNode(task(20, "c", "web.2", "h3", "running", "starting"), "sw1"),
			{At: 29, Kind: runlog.EventContainer, Attrs: map[string]string{runlog.AttrTaskID: "b", runlog.AttrAction: "die"}},
		}, []string{"sw2: down: heartbeat failure  ", "lost with its node h2 h3"}},
		"blind": {[]runlog.Event{
			{Kind: runlog.EventWatch, Text: "sw1 is heard", Attrs: map[string]string{"state": "hears"}},
			{At: 2, Kind: runlog.EventWatch, Text: "no manager answers", Attrs: map[string]string{"state": "blind"}},
		}, []string{"no manager answers  "}},
		"another kind": {[]runlog.Event{{Kind: runlog.EventAbort, Text: "too many errors"}}, nil},
	} {
		var got []string
		if cluster := Of(&runlog.Record{Events: c.events}, 30); cluster != nil {
			for _, h := range cluster.Happenings {
				got = append(got, fmt.Sprintf("%s %s %s", h.What, h.Host, h.NewHost))
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
