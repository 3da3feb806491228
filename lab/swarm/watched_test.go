package swarm_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	lab "github.com/stress-tool/stress/lab/swarm"
	"github.com/stress-tool/stress/observe/swarm"
	"github.com/stress-tool/stress/runlog"
)

// What the watcher tells of a real Swarm while a container is removed by force: which task on
// which node it was, when it died, and which host took its place in the same slot.
func TestWatched(t *testing.T) {
	if err := lab.Able(t.Context()); err != nil {
		t.Skip("NOT TESTED: NO DOCKER SWARM CAN RUN HERE. ", err)
	}
	s, err := lab.Start(t.Context(), lab.Options{Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var docker []string
	for _, n := range s.Nodes {
		docker = append(docker, n.Docker)
	}
	// A worker stands first: the watcher has to find the manager.
	w, err := swarm.New(swarm.Config{Docker: append(docker[1:], docker[0]), Service: lab.Service})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	serving := converged(ctx, t, w, len(s.Hosts))
	var lost swarm.Task
	for _, task := range serving {
		if task.Host == s.Hosts[1] {
			lost = task
		}
	}
	if lost.Node != s.Nodes[1].Name {
		t.Fatalf("host %s is %+v, not a task on %s", s.Hosts[1], lost, s.Nodes[1].Name)
	}

	var told changes
	var all sync.WaitGroup
	all.Go(func() { w.Watch(ctx, told.tell) })
	defer all.Wait()
	defer cancel()
	for _, n := range s.Nodes {
		told.await(ctx, t, runlog.EventWatch, map[string]string{"node": n.Name, "state": "hears"})
	}
	killed := time.Now()
	if err := s.Kill(1); err != nil {
		t.Fatal(err)
	}
	died := told.await(ctx, t, runlog.EventContainer, map[string]string{"action": "die", "host": lost.Host, "node": lost.Node, "exit_code": "137"})
	failed := told.await(ctx, t, runlog.EventTask, map[string]string{"state": "failed", "host": lost.Host, "task": lost.Name, "node": lost.Node, "exit_code": "137"})
	next := told.await(ctx, t, runlog.EventTask, map[string]string{"state": "running", "was": "starting", "task": lost.Name, "node": lost.Node})
	started := told.await(ctx, t, runlog.EventContainer, map[string]string{"action": "start", "host": next.Attrs["host"], "id": next.Attrs["id"]})
	if next.Attrs["host"] == lost.Host || next.Attrs["id"] == lost.ID {
		t.Errorf("%+v took the place of %+v", next, lost)
	}
	if died.At.Before(killed) || failed.At.Before(died.At) || started.At.Before(failed.At) || next.At.Before(started.At) {
		t.Errorf("killed %v, died %v, failed %v, started %v, running %v", killed, died.At, failed.At, started.At, next.At)
	}
	if next.Stamp.IsZero() {
		t.Error("the clock of a node whose engine is named is not known")
	}
}

// converged waits until a manager says of so many tasks that they run. Their pages answer a
// little sooner.
func converged(ctx context.Context, t *testing.T, w *swarm.Watcher, hosts int) []swarm.Task {
	t.Helper()
	for {
		state, err := w.Look(ctx)
		if err != nil {
			t.Fatal(err)
		}
		serving, wanted := state.Converged()
		if len(serving) == hosts && wanted == hosts {
			return serving
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("%d of %d tasks serve", len(serving), wanted)
		}
	}
}

// changes are what has been told so far.
type changes struct {
	mu  sync.Mutex
	all []swarm.Change
}

func (l *changes) tell(c swarm.Change) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, c)
}

// await waits for a change with such attributes.
func (l *changes) await(ctx context.Context, t *testing.T, kind runlog.EventKind, attrs map[string]string) swarm.Change {
	t.Helper()
	for {
		if c := l.find(kind, attrs); c != nil {
			return *c
		}
		select {
		case <-ctx.Done():
			l.mu.Lock()
			defer l.mu.Unlock()
			var said []string
			for _, c := range l.all {
				said = append(said, fmt.Sprint(c.Kind, ": ", c.Text))
			}
			t.Fatalf("no %s %v, but\n%s", kind, attrs, strings.Join(said, "\n"))
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (l *changes) find(kind runlog.EventKind, attrs map[string]string) *swarm.Change {
	l.mu.Lock()
	defer l.mu.Unlock()
next:
	for i, c := range l.all {
		if c.Kind != kind {
			continue
		}
		for name, value := range attrs {
			if c.Attrs[name] != value {
				continue next
			}
		}
		return &l.all[i]
	}
	return nil
}
