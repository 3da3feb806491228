package live

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// shown is the show of a run of two targets, and what hands it events and seconds.
func shown(t *testing.T) (h *Hub, s *Show, hear func(run.Event), second func(dir string, n int, codes map[int]uint64)) {
	t.Helper()
	sc, err := scenarios.Parse("x", []byte("load: {type: rate, rate: 10, duration: 10s}\nrequest: {path: /}\ntargets: [{name: a, url: \"http://127.0.0.1:1\"}, {name: b, url: \"http://127.0.0.1:2\"}]\n"), scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h = new(Hub)
	s = h.Begin("r", sc)
	hear = func(e run.Event) { h.Heard("r", e) }
	second = func(dir string, n int, codes map[int]uint64) {
		t.Helper()
		of := runlog.Second{T: n, WallS: 1, Sent: 10, Done: 10, Statuses: codes}
		if err := s.Second(t.Context(), runlog.Leg{Dir: dir, Target: dir[:1], Round: 1}, of, nil); err != nil {
			t.Fatal(err)
		}
	}
	return h, s, hear, second
}

// told are what is told from after a message on.
func told(t *testing.T, s *Show, last int) (all map[string][]string, newest int) {
	t.Helper()
	messages, _, _, err := s.Since(last)
	if err != nil {
		t.Fatal(err)
	}
	all, newest = map[string][]string{}, last
	for _, m := range messages {
		all[m.Kind] = append(all[m.Kind], string(m.Data))
		newest = max(newest, m.ID)
	}
	return all, newest
}

func started(target string) run.LegStarted {
	var e run.LegStarted
	e.N, e.Target = 1, target
	return e
}

// What happens to a leg is a mark of that leg, also what happens before its first second; what happens to the
// run is none, and all of it is listed.
func TestWhatHappensIsMarked(t *testing.T) {
	_, s, hear, second := shown(t)
	noted := func(at float64, kind runlog.EventKind, text string) {
		hear(run.Noted{Event: runlog.Event{At: at, Kind: kind, Text: text}})
	}
	hear(started("a"))
	noted(0.5, runlog.EventFault, "killed\n<b>")
	second("a1", 0, map[int]uint64{200: 10})
	first, newest := told(t, s, 0)
	if len(first["all"]) != 1 || !strings.Contains(first["all"][0], `"marks":[{"at":0.5,"text":"killed`) || strings.Contains(first["all"][0], "<b>") {
		t.Fatalf("the whole is %v", first["all"])
	}
	noted(1.5, runlog.EventAbort, "too many errors")
	noted(99, runlog.EventScale, "scaled")
	second("a1", 1, map[int]uint64{200: 9, 502: 1})
	more, newest := told(t, s, newest)
	if len(more["mark"]) != 1 || more["mark"][0] != `{"leg":0,"mark":{"at":1.5,"text":"too many errors"}}` || len(more["second"]) != 1 {
		t.Errorf("told is %v", more)
	}
	if !strings.Contains(more["second"][0], `"status 502":1`) || !strings.Contains(more["second"][0], `"kinds":`) {
		t.Errorf("the second is %v", more["second"])
	}
	hear(started("b"))
	noted(0.2, runlog.EventTask, "of b")
	if late, _ := told(t, s, newest); len(late["mark"]) != 0 {
		t.Errorf("a mark of the next leg stands in the one before: %v", late)
	}
	second("b1", 0, map[int]uint64{200: 10})
	whole, _ := told(t, s, newest)
	var charts struct {
		Legs []struct {
			Marks []struct{ Text string }
		}
	}
	if err := json.Unmarshal([]byte(whole["all"][0]), &charts); err != nil || len(charts.Legs) != 2 || len(charts.Legs[0].Marks) != 2 || len(charts.Legs[1].Marks) != 1 {
		t.Errorf("%+v, %v", charts, err)
	}
	happened := s.Now().Happened
	if len(happened) != 4 || happened[0].Text != "of b" || happened[1].Leg != "" || happened[1].Text != "scaled" || !strings.Contains(happened[3].Leg, "a") {
		t.Errorf("listed is %+v", happened)
	}
	if codes := s.Now().Codes; len(codes) != 1 || codes[0].Name != "200" { // of the leg
		t.Errorf("the codes are %v", codes)
	}
}

// A storm of events costs no more than its bounds.
func TestAStormOfEventsIsBounded(t *testing.T) {
	h, s, hear, second := shown(t)
	hear(started("a"))
	second("a1", 0, nil)
	for range 5000 {
		hear(run.Noted{Event: runlog.Event{At: 1, Kind: runlog.EventContainer, Text: strings.Repeat("x", 5000)}})
	}
	all, _ := told(t, s, 0)
	if n := strings.Count(all["all"][0], `"at":`); n != mostMarks {
		t.Errorf("%d marks", n)
	}
	if now := s.Now(); len(now.Happened) != mostHappened || len(now.Happened[0].Text) > 2*mostText {
		t.Errorf("%d are listed, of %d bytes", len(now.Happened), len(now.Happened[0].Text))
	}
	h.Stopping("r")
	if phase := s.Now().Phase; !strings.HasSuffix(phase, "being stopped") {
		t.Errorf("the phase is %q", phase)
	}
	h.Stopping("nobody's")
}

// A page that is loaded before the first second has a place for every figure that comes.
func TestTheBeginningHasEveryFigure(t *testing.T) {
	names := func(f Figures) (all []string) {
		for _, r := range f.Rows {
			all = append(all, r.Name)
		}
		return all
	}
	var n now
	n.take(&runlog.Second{T: 3, Sent: 5}, &result.Point{T: 3}, time.Second, time.Minute)
	if begins := Beginning(); !slices.Equal(names(begins), names(n.Figures())) || begins.Phase == "" {
		t.Errorf("a run begins with %+v", begins)
	}
}

// Each agent stands by itself: what it sent in the newest second and in the leg, and one of which no second came as
// that. Another leg begins anew, and of a great many the first are shown.
func TestAgentsAreShown(t *testing.T) {
	_, s, hear, second := shown(t)
	leg := runlog.Leg{Dir: "a1", Target: "a", Round: 1, Agents: []runlog.Agent{{Name: "n1"}, {Name: "<b>n2\n"}}}
	of := func(agent int, sent uint64) runlog.GeneratorSecond {
		return runlog.GeneratorSecond{Agent: agent, Second: runlog.Second{Sent: sent, WallS: 1, CPU: 0.25}, LagP99MS: 1.5}
	}
	hear(started("a"))
	for n, all := range [][]runlog.GeneratorSecond{{of(0, 30), of(1, 20)}, {of(0, 10)}} {
		if err := s.Generators(t.Context(), leg, all); err != nil {
			t.Fatal(err)
		}
		second("a1", n, nil)
	}
	got := s.Now().Generators
	if len(got) != 2 || got[0].Value != "10.0\u2009/s" && !strings.HasPrefix(got[0].Value, "10") || !strings.Contains(got[0].About, "40 sent in the leg") || !strings.Contains(got[0].About, "lag p99 1.5") ||
		!strings.HasPrefix(got[0].About[strings.Index(got[0].About, "processors"):], "processors 25") || got[1].Value != "nothing came" || strings.Contains(got[1].Name, "\n") {
		t.Errorf("%+q", got)
	}
	hear(started("b"))
	if got := s.Now().Generators; len(got) != 0 {
		t.Errorf("a leg that has no second shows %+v", got)
	}
	many := runlog.Leg{Dir: "b1", Target: "b", Round: 1, Agents: make([]runlog.Agent, 100)}
	if err := s.Generators(t.Context(), many, []runlog.GeneratorSecond{of(99, 1), of(100, 1)}); err != nil { // the last is of none
		t.Fatal(err)
	}
	if got := s.Now().Generators; len(got) != mostAgents+1 || got[mostAgents].Value != "80 agents" {
		t.Errorf("%d are shown, the last %+v", len(got), got[len(got)-1])
	}
}
