package fault

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stress-tool/stress/lab/docker"
	observed "github.com/stress-tool/stress/observe/swarm"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// process is a container that consists of nothing.
type process struct {
	once   sync.Once
	exited chan struct{}
}

func (p *process) Kill() error             { p.once.Do(func() { close(p.exited) }); return nil }
func (*process) Pause() error              { return nil }
func (*process) Resume() error             { return nil }
func (p *process) Exited() <-chan struct{} { return p.exited }

// up is a Swarm of three nodes with three replicas, and what changes it.
func up(t *testing.T) (*docker.Swarm, *Cluster) {
	t.Helper()
	s, err := docker.Start(t.Context(), docker.Config{
		Service: "web", Image: "page:1", Nodes: []string{"n1", "n2", "n3"}, Replicas: 3, RestartDelay: time.Millisecond,
		Start: func(context.Context, int, string) (docker.Process, error) {
			return &process{exited: make(chan struct{})}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, open(t, observed.Config{Docker: s.Engines, Service: "web"}, startLab(t))
}

func open(t *testing.T, cfg observed.Config, lab string) *Cluster {
	t.Helper()
	c, err := Open(cfg, lab)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// notes keep events, and tell of each.
type notes struct {
	runlog.Notes
	mu   sync.Mutex
	all  []runlog.Event
	told chan runlog.Event
}

func newNotes() *notes { return &notes{told: make(chan runlog.Event, 100)} }

func (n *notes) Event(e runlog.Event) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, e)
	n.told <- e
	return nil
}

func (*notes) Ledger(runlog.Ledger) error { return nil }

// await waits for the event of a fault.
func (n *notes) await(t *testing.T, does scenarios.InjectionKind) runlog.Event {
	t.Helper()
	for {
		select {
		case e := <-n.told:
			if e.Attrs[runlog.AttrDoes] == string(does) {
				return e
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("no event of %s, but %+v", does, n.all)
		}
	}
}

// everything is what can be changed, as a text.
func everything(t *testing.T, c *Cluster) string {
	t.Helper()
	var b strings.Builder
	all := []Resource{{Kind: Replicas, ID: "web"}, {Kind: Image, ID: "web"}, {Kind: Slowness, ID: "web"}, {Kind: LostWrites, ID: "web"}, {Kind: Cable, ID: "n2"}, {Kind: Power, ID: "n2"}}
	for _, n := range []string{"n1", "n2", "n3"} {
		all = append(all, Resource{Kind: Availability, ID: n}, Resource{Kind: Role, ID: n})
	}
	for _, r := range all {
		value, err := c.Value(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %s: %s\n", r.Kind, r.ID, value)
	}
	s, err := c.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range s.InOrder() {
		if task.Ended() {
			continue
		}
		value, err := c.Value(t.Context(), Resource{Kind: Frozen, ID: task.Container, Node: task.NodeID})
		fmt.Fprintf(&b, "%s: %s %v\n", task.Name, value, err)
	}
	return b.String()
}

// Every fault does what it says, and at the end of the leg all is as it was.
func TestEveryFault(t *testing.T) {
	for _, test := range []struct {
		i       scenarios.Injection
		changed string // what is undone; "" heals by itself
		while   string // what then holds of the cluster
	}{
		{scenarios.Injection{Kind: scenarios.Kill, What: "one"}, "", ""},
		{scenarios.Injection{Kind: scenarios.Kill, What: "web.2"}, "", ""},
		{scenarios.Injection{Kind: scenarios.Stop, What: "web.1"}, "", ""},
		{scenarios.Injection{Kind: scenarios.Restart, What: "web.3"}, "", ""},
		{scenarios.Injection{Kind: scenarios.Pause, What: "web.3"}, "running", "web.3: paused"},
		{scenarios.Injection{Kind: scenarios.Drain, What: "n2"}, "active", "availability n2: drain"},
		{scenarios.Injection{Kind: scenarios.Activate, What: "n2"}, "active", "availability n2: active"},
		{scenarios.Injection{Kind: scenarios.Demote, What: "n1"}, "manager", "role n1: worker"},
		{scenarios.Injection{Kind: scenarios.Scale, Replicas: 5}, "3", "replicas web: 5"},
		{scenarios.Injection{Kind: scenarios.Scale}, "3", "replicas web: 0"},
		{scenarios.Injection{Kind: scenarios.Update, What: "page:2"}, "page:1", "image web: page:2"},
		{scenarios.Injection{Kind: scenarios.Update, What: "page"}, "page:1", "image web: page:latest"},
		{scenarios.Injection{Kind: scenarios.Update, What: "force"}, "", ""},
		{scenarios.Injection{Kind: scenarios.Slow, What: "4"}, "1", "slowness web: 4"},
		{scenarios.Injection{Kind: scenarios.LoseWrites, What: "5%"}, "0%", "lost_writes web: 5%"},
		{scenarios.Injection{Kind: scenarios.Partition, What: "n2"}, "in", "cable n2: out"},
		{scenarios.Injection{Kind: scenarios.PowerOff, What: "n2"}, "on", "power n2: off"},
	} {
		t.Run(test.i.Words(), func(t *testing.T) {
			_, c := up(t)
			before, first := everything(t, c), hosts(t, c)
			j := journal(t, c)
			in := New(c, []scenarios.Injection{test.i}, j)
			if err := in.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, end := context.WithCancel(t.Context())
			n := newNotes()
			in.Before(ctx, runlog.Leg{})
			result := make(chan error, 1)
			go func() { result <- in.During(ctx, runlog.Leg{Started: time.Now(), Round: 1}, n) }()
			e := n.await(t, test.i.Kind)
			if e.Attrs[runlog.AttrError] != "" || e.Kind != runlog.EventFault || e.Attrs[runlog.AttrBegan] == "" {
				t.Errorf("%+v", e)
			}
			if now := everything(t, c); !strings.Contains(now, test.while) {
				t.Errorf("during %s:\n%s", test.i.Words(), now)
			}
			pending, err := j.index.Pending()
			if err != nil || len(pending) != 1 || pending[0].Run != j.dir || !errors.Is(pending[0].Err, ErrAlive) {
				t.Errorf("during the run the index has %+v, %v", pending, err)
			}
			end()
			if err := <-result; err != nil {
				t.Fatal(err)
			}
			last := n.all[len(n.all)-1]
			if undone := last.Attrs[runlog.AttrUndone] == "yes" && last.Attrs[runlog.AttrWas] == test.changed; undone != (test.changed != "") {
				t.Errorf("undone: %+v", last)
			}
			if why := c.Steady(t.Context(), 20*time.Second, nil); why != "" {
				t.Error(why)
			}
			if after := everything(t, c); after != before {
				t.Errorf("before:\n%safter:\n%s", before, after)
			}
			if test.changed == "" && slices.Equal(first, hosts(t, c)) {
				t.Errorf("no container was replaced: %v", first)
			}
			if err := j.Close(); err != nil {
				t.Error(err)
			}
			if pending, err := j.index.Pending(); err != nil || len(pending) != 0 {
				t.Errorf("after the run the index has %+v, %v", pending, err)
			}
		})
	}
}

func hosts(t *testing.T, c *Cluster) (out []string) {
	t.Helper()
	s, err := c.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	serving, _ := s.Converged()
	for _, task := range serving {
		out = append(out, task.Host)
	}
	return out
}

// One of the tasks is another in each round, and a leg that warms up has no faults.
func TestOneTakesTurns(t *testing.T) {
	_, c := up(t)
	var picked []string
	s, err := c.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for round := 1; round <= 4; round++ {
		p, err := c.plan(t.Context(), s, scenarios.Injection{Kind: scenarios.Kill, What: "one"}, round)
		if err != nil {
			t.Fatal(err)
		}
		picked = append(picked, p.task.Name)
	}
	if got := strings.Join(picked, " "); got != "web.1 web.2 web.3 web.1" {
		t.Error(got)
	}
	in := New(c, []scenarios.Injection{{Kind: scenarios.Kill, What: "one", Target: "cluster"}}, nil)
	if len(in.of(runlog.Leg{Target: "cluster"})) != 1 || len(in.of(runlog.Leg{Target: "cluster", WarmUp: true})) != 0 || len(in.of(runlog.Leg{Target: "single"})) != 0 {
		t.Error("faults of other legs")
	}
}

// A fault that cannot be done is told before anything is.
func TestCheck(t *testing.T) {
	s, c := up(t)
	for _, test := range []struct {
		i    scenarios.Injection
		want string
	}{
		{scenarios.Injection{Kind: scenarios.Kill, What: "web.9"}, "fault kill web.9: no such task runs: there are web.1, web.2, web.3"},
		{scenarios.Injection{Kind: scenarios.Drain, What: "n9"}, "fault drain n9: no such node: there are n1, n2, n3"},
	} {
		if err := New(c, []scenarios.Injection{test.i}, nil).Check(t.Context()); err == nil || err.Error() != test.want {
			t.Errorf("%v", err)
		}
	}
	one := open(t, observed.Config{Docker: s.Engines[:1], Service: "web"}, "")
	err := New(one, []scenarios.Injection{{Kind: scenarios.Kill, What: "web.2"}}, nil).Check(t.Context())
	if err == nil || !strings.Contains(err.Error(), "web.2 on n2: the engine of its node is not among cluster.docker") {
		t.Error(err)
	}
}

// broken is a run directory whose run was killed after faults, and the index that names it.
func broken(t *testing.T, c *Cluster, does ...scenarios.Injection) (Index, string) {
	t.Helper()
	j := journal(t, c)
	in := New(c, does, j)
	if err := j.begin(); err != nil {
		t.Fatal(err)
	}
	for _, i := range does {
		if err := in.inject(t.Context(), runlog.Leg{Started: time.Now(), Round: 1}, i, newNotes()); err != nil {
			t.Fatal(err)
		}
	}
	killed(t, j)
	return j.index, j.dir
}

// What a run left that was killed is found by later ones and undone; doing it again does
// nothing. A line that is half on the disk announced what was not begun.
func TestRecover(t *testing.T) {
	_, c := up(t)
	before := everything(t, c)
	index, run := broken(t, c, scenarios.Injection{Kind: scenarios.Drain, What: "n3"}, scenarios.Injection{Kind: scenarios.Scale, Replicas: 4}, scenarios.Injection{Kind: scenarios.Scale, Replicas: 5}, scenarios.Injection{Kind: scenarios.Activate, What: "n3"}, scenarios.Injection{Kind: scenarios.PowerOff, What: "n2"})
	f, err := os.OpenFile(filepath.Join(run, JournalFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"step":"doing","resource":{"kind":"replicas","id":"we`); err != nil {
		t.Fatal(err)
	}
	f.Close()
	pending, err := index.Pending()
	if err != nil || len(pending) != 1 || len(pending[0].Changes) != 3 || pending[0].Changes[0].Before != "on" || pending[0].Changes[1].Before != "3" || pending[0].Changes[2].Before != "active" {
		t.Fatalf("%+v, %v", pending, err)
	}
	for again, want := range [][]string{{"undone: power of n2: on again, was off", "undone: replicas of web: 3 again, was 5", "availability of n3: active, as before"}, nil} {
		undone, err := index.Recover(t.Context(), run, false, observed.Config{})
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, u := range undone {
			texts = append(texts, u.Text)
			if u.Err != nil {
				t.Error(u.Err)
			}
		}
		if !slices.Equal(texts, want) {
			t.Errorf("recovered %d times: %q, want %q", again+1, texts, want)
		}
	}
	if why := c.Steady(t.Context(), 20*time.Second, nil); why != "" {
		t.Error(why)
	}
	if after := everything(t, c); after != before {
		t.Errorf("before:\n%safter:\n%s", before, after)
	}
	if pending, err := index.Pending(); err != nil || len(pending) != 0 {
		t.Errorf("%+v, %v", pending, err)
	}
}

// What somebody else has changed since is said and left alone, until it is accepted.
func TestSomebodyElse(t *testing.T) {
	_, c := up(t)
	index, run := broken(t, c, scenarios.Injection{Kind: scenarios.Scale, Replicas: 5})
	replicas := Resource{Kind: Replicas, ID: "web", Name: "web"}
	if err := c.Set(t.Context(), replicas, "7"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		undone, err := index.Recover(t.Context(), run, false, observed.Config{})
		var foreign *ForeignError
		if err != nil || len(undone) != 1 || !errors.As(undone[0].Err, &foreign) || foreign.Now != "7" {
			t.Fatalf("%+v, %v", undone, err)
		}
		if !strings.HasPrefix(undone[0].Text, "not undone: replicas of web: 7 now; it was 3, this program made it 5") {
			t.Error(undone[0].Text)
		}
	}
	if now, err := c.Value(t.Context(), replicas); now != "7" {
		t.Errorf("%s, %v", now, err)
	}
	if pending, _ := index.Pending(); len(pending) != 1 {
		t.Errorf("%+v", pending)
	}
	if _, err := index.Recover(t.Context(), run, true, observed.Config{}); err != nil {
		t.Fatal(err)
	}
	if pending, _ := index.Pending(); len(pending) != 0 {
		t.Errorf("%+v", pending)
	}
}

// A journal that nobody of ours wrote changes nothing.
func TestJournalOfOthers(t *testing.T) {
	for _, text := range []string{
		"", "{", `{"schema":2}`, `{"schema":1,"docker":["tcp://127.0.0.1:1"],"service":"web"}` + "\n" + `{"step":"doing","resource":{"kind":"replicas","id":"web"},"before":"-1","after":"5"}`,
		`{"schema":1,"docker":["tcp://127.0.0.1:1"],"service":"web"}` + "\n" + `{"step":"doing","resource":{"kind":"availability","id":"n"},"before":"x","after":"drain"}`,
		`{"schema":1,"docker":["tcp://127.0.0.1:1"],"service":"web"}` + "\n" + `{"step":"doing","resource":{"kind":"power","id":"n"},"before":"full","after":"off"}`,
		`{"schema":1,"docker":["tcp://127.0.0.1:1"],"service":"web"}` + "\n" + `{"step":"doing","resource":{"kind":"slowness","id":"web"},"before":"1 GET /","after":"2"}`,
		`{"schema":1,"docker":["tcp://127.0.0.1:1"],"service":"web"}` + "\n" + `{"step":"doing","resource":{"kind":"everything","id":"n"},"before":"x","after":"drain"}`,
	} {
		run := t.TempDir()
		if err := os.WriteFile(filepath.Join(run, JournalFile), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if undone, err := (Index{t.TempDir()}).Recover(t.Context(), run, false, observed.Config{}); err == nil && len(undone) > 0 {
			t.Errorf("%s: %+v", text, undone)
		}
	}
	if _, err := (Index{t.TempDir()}).Recover(t.Context(), t.TempDir(), false, observed.Config{}); !errors.Is(err, ErrNoJournal) {
		t.Error(err)
	}
}

// Nothing is done that the journal could not take first.
func TestNoDeedWithoutJournal(t *testing.T) {
	_, c := up(t)
	before := everything(t, c)
	j := journal(t, c)
	in := New(c, nil, j)
	if err := errors.Join(j.begin(), j.file.Close()); err != nil {
		t.Fatal(err)
	}
	n := newNotes()
	err := in.inject(t.Context(), runlog.Leg{Started: time.Now()}, scenarios.Injection{Kind: scenarios.Drain, What: "n1"}, n)
	if !errors.Is(err, os.ErrClosed) || len(n.all) > 0 {
		t.Errorf("%v, %+v", err, n.all)
	}
	if after := everything(t, c); after != before {
		t.Errorf("before:\n%safter:\n%s", before, after)
	}
}
