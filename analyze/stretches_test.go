package analyze

import (
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// drained is a leg of 30 s on three hosts that get the same, of which h3 leaves at second 3: its
// node was drained. tasks says that the cluster was watched, timed that rows were counted meanwhile.
func drained(tasks, timed bool) synth {
	leg := synthLeg{target: "cluster", seconds: 30, perSecond: 60, hosts: map[string]int64{"h1": 60 + 810, "h2": 60 + 810, "h3": 60}, connects: func(uint64) uint64 { return 1 }}
	if tasks {
		leg.events = []runlog.Event{{At: -1, Kind: runlog.EventService, Attrs: map[string]string{runlog.AttrReplicas: "3"}}}
		for host, name := range map[string]string{"h1": "web.1", "h2": "web.2", "h3": "web.3"} {
			leg.events = append(leg.events, task(-1, host, name, runlog.TaskRunning))
		}
		leg.events = append(leg.events, task(3, "h3", "web.3", "shutdown"))
	}
	if timed {
		for at := int64(1); at < 30; at++ {
			line := runlog.Rows{AtS: float64(at), TookS: 0.01, Hosts: map[string]int64{"h1": 20 * at, "h2": 20 * at, "h3": 20 * at}}
			if at > 3 {
				line.Hosts = map[string]int64{"h1": 60 + 30*(at-3), "h2": 60 + 30*(at-3)}
			}
			leg.rows = append(leg.rows, line)
		}
	}
	return synth{replicas: map[string]int{"cluster": 3}, legs: []synthLeg{leg}}
}

func task(at float64, host, name, state string) runlog.Event {
	return runlog.Event{At: at, Kind: runlog.EventTask, Attrs: map[string]string{runlog.AttrTaskID: host, runlog.AttrHost: host, runlog.AttrTask: name, runlog.AttrNode: "sw", runlog.AttrState: state}}
}

// A host that left is no connection that stays: it was there a tenth of the leg. Between the changes
// its hosts got the same.
func TestAHostThatLeavesIsNoStickiness(t *testing.T) {
	unwatched := analyzed(t, drained(false, true)).Legs[0].Spread
	if unwatched.Verdict == result.SpreadEven {
		t.Fatalf("without the cluster nobody knows: %+v", unwatched)
	}
	a := analyzed(t, drained(true, true))
	s := a.Legs[0].Spread
	if s.Verdict != result.SpreadEven || s.MaxDeviation != 0 || len(s.Stretches) != 2 || s.Hosts != 3 || !strings.HasPrefix(s.Words, "judged in 2 parts of the leg, between the changes of its tasks: even") {
		t.Errorf("%+v", s)
	}
	if first, second := s.Stretches[0], s.Stretches[1]; first.Hosts != 3 || second.Hosts != 2 || second.FromS < 3 || first.ToS > 3 || second.Rows < 1400 {
		t.Errorf("%+v", s.Stretches)
	}
	if s := analyzed(t, drained(true, false)).Legs[0].Spread; s.Verdict != result.SpreadChanged || !strings.Contains(s.Words, "ledger.every") {
		t.Errorf("without counts meanwhile: %+v", s)
	}
	if !strings.Contains(findingOf(a, result.CodeReplicasShort), "2 of 3 replicas ran from second 3.0 to the end") || findingOf(a, result.CodeHostGone) == "" {
		t.Errorf("%+v", a.Findings)
	}
}

// findingOf is the text of the first finding of a code.
func findingOf(a *result.Analysis, code result.Code) string {
	for _, f := range a.Findings {
		if f.Code == code {
			return f.Text
		}
	}
	return ""
}

// A balancer that is uneven within a stretch still is.
func TestUnevenStretches(t *testing.T) {
	s := drained(true, true)
	leg := &s.legs[0]
	for i := range leg.rows {
		if at := int64(i + 1); at > 3 {
			leg.rows[i].Hosts = map[string]int64{"h1": 60 + 50*(at-3), "h2": 60 + 10*(at-3)}
		}
	}
	leg.connects = nil // each request has a connection of its own
	if got := analyzed(t, s).Legs[0].Spread; got.Verdict != result.SpreadUneven || got.MaxHost != "h1" {
		t.Errorf("%+v", got)
	}
}

// Rows beyond the answers are those that a proxy sent again when a task ended, if they can be: if
// they are more than were under way then, or others wrote too, they are not attributed.
func TestRowsDoubledByAProxy(t *testing.T) {
	for name, c := range map[string]struct {
		more       int64
		stranger   bool
		attributed bool
	}{
		"as many as were under way": {more: 5, attributed: true},
		"more than were under way":  {more: 21},
		"somebody else writes too":  {more: 5, stranger: true},
	} {
		s := drained(true, true)
		leg := &s.legs[0]
		leg.hosts["h1"] += c.more
		if c.stranger {
			leg.hosts["h1"]--
			leg.hosts["psql"] = 1
		}
		leg.spoil = func(s *runlog.Second) { s.InFlight = 20 }
		a := analyzed(t, s)
		r, found := a.Legs[0].Reconcile, findingOf(a, result.CodeRowsDoubled)
		if (found != "") != c.attributed || (r.Repeats == 20) != c.attributed || (findingOf(a, result.CodeRowsMixed) == "") != c.attributed {
			t.Errorf("%s: %+v, %+v", name, r, a.Findings)
		}
		if c.attributed && (a.Verdict != result.Pass || found != "5 rows are written twice, by requests that were sent again, as a proxy does when a task ends before it has answered" ||
			!strings.Contains(r.Words, "5 rows more than answers") || !strings.Contains(r.Words, "of at most 20 under way") || a.Legs[0].Spread.Verdict != result.SpreadEven) {
			t.Errorf("%s: %q, %+v", a.Verdict, found, a.Legs[0].Spread)
		}
	}
}
