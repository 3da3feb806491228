// Package swarm watches a Docker Swarm beside a load: which task on which node every host is,
// and what happened to service, nodes and tasks. It only reads, and it fails nothing: what it
// could not see is said.
//
// Tasks have no events in Docker's API, and a manager forgets those of a scale-down within a
// fraction of a second. So a manager is asked for all tasks several times a second; beside
// that every engine that is named tells of its own containers, with the exact instant.
package swarm

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/stress-tool/stress/runlog"
)

// Config says what to watch.
type Config struct {
	// Docker are the addresses of engines. The first manager that answers is asked; the
	// others take its place when it does not.
	Docker  []string
	Service string // the name of the service, or its id
	// Every is the time between two readings; 0 is 200 ms.
	Every time.Duration
	// TLS is spoken to engines at tcp:// addresses; nil is plain text.
	TLS *tls.Config
	// Control judges each address before TCP connects to it; nil allows all.
	Control func(network, address string, c syscall.RawConn) error
}

// patience is how long no manager needs to answer before that is told, and how long a node
// may be unknown: after an election every node is, for a moment.
const patience = time.Second

// electing is how long a node's state may be unknown after an election.
const electing = 5 * time.Second

// Watcher watches one service. It is used by one goroutine.
type Watcher struct {
	cfg     Config
	engines []*engine
	last    int // the engine that answered last

	mu      sync.Mutex // guards what follows, and the order in which changes are told
	state   *State     // the newest reading; nil before the first
	blind   bool       // it has been told that no manager answers
	unknown map[string]time.Time
	tell    func(Change)
}

// New prepares a watcher, and connects to nothing.
func New(cfg Config) (*Watcher, error) {
	if cfg.Every == 0 {
		cfg.Every = 200 * time.Millisecond
	}
	w := &Watcher{cfg: cfg, unknown: map[string]time.Time{}}
	for _, address := range cfg.Docker {
		e, err := newEngine(address, cfg)
		if err != nil {
			return nil, err
		}
		w.engines = append(w.engines, e)
	}
	if len(w.engines) == 0 {
		return nil, errors.New("no address of a Docker engine")
	}
	return w, nil
}

// Close ends the connections.
func (w *Watcher) Close() {
	for _, e := range w.engines {
		_ = e.docker.Close() // nothing is lost with a connection
	}
}

// Look asks the first manager that answers. The error says of each address why it is none.
func (w *Watcher) Look(ctx context.Context) (*State, error) {
	var errs []error
	for i := range w.engines {
		at := (w.last + i) % len(w.engines)
		e := w.engines[at]
		s, err := e.state(ctx, w.cfg.Service)
		if err == nil {
			w.last = at
			return s, nil
		}
		errs = append(errs, fmt.Errorf("%s: %s", e.words(), short(e.reason(err))))
	}
	return nil, errors.Join(errs...)
}

// reason says in a user's words why an engine did not answer.
func (e *engine) reason(err error) string {
	text := err.Error()
	switch {
	case strings.Contains(text, "not a swarm manager"):
		return "it is no manager of a Swarm"
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %v: %s", e.timeout, text)
	}
	return text
}

// Clocks asks every engine for its time; those that do not answer are left out.
func (w *Watcher) Clocks(ctx context.Context) []Clock {
	var out []Clock
	for _, e := range w.engines {
		if c, err := e.meet(ctx); err == nil {
			out = append(out, c)
		}
	}
	return out
}

// Now are all tasks of the newest reading that may still answer, as changes; none before the
// first.
func (w *Watcher) Now() []Change {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state == nil {
		return nil
	}
	return first(w.state)
}

// Watch tells every change from the first reading on, in the order in which they are seen,
// until ctx ends. It never fails.
func (w *Watcher) Watch(ctx context.Context, tell func(Change)) {
	w.tell = tell
	var all sync.WaitGroup
	for _, e := range w.engines {
		all.Go(func() { w.follow(ctx, e) })
	}
	began := time.Now()
	tick := time.NewTicker(w.cfg.Every)
	defer tick.Stop()
	for ctx.Err() == nil {
		s, err := w.Look(ctx)
		if ctx.Err() != nil {
			break
		}
		w.take(s, err, began)
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	all.Wait()
}

// take tells what a reading, or its failure, says.
func (w *Watcher) take(s *State, err error, began time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	since := began
	if w.state != nil {
		since = w.state.At
	}
	if err != nil {
		if !w.blind && (w.state == nil || time.Since(since) > patience) {
			w.blind = true
			w.watchChange(since, "blind", 0, "no manager answers: "+short(err.Error()))
		}
		return
	}
	if gap := s.At.Sub(since); w.blind || w.state != nil && gap > patience {
		w.blind = false
		w.watchChange(s.At, "sees", gap, fmt.Sprintf("%s answers after %.1f s without a manager: what happened between is seen by what it led to", s.Manager, gap.Seconds()))
	}
	w.holdUnknown(s)
	told := first(s)
	if w.state != nil {
		told = changes(w.state, s)
	}
	w.state = s
	for _, c := range told {
		c.Stamp = w.ours(s.Tasks[c.Attrs[runlog.AttrTaskID]])
		w.tell(c)
	}
}

// ours is the instant of a task's state by our clock; zero where the clock of its node is not
// known.
func (w *Watcher) ours(t Task) time.Time {
	for _, e := range w.engines {
		if id := e.id(); id != "" && id == t.NodeID {
			return e.ours(t.Stamp)
		}
	}
	return time.Time{}
}

// watchChange tells of the watching itself.
func (w *Watcher) watchChange(at time.Time, state string, gap time.Duration, text string) {
	attrs := attributes(runlog.AttrState, state)
	if gap > 0 {
		attrs[runlog.AttrGap] = seconds(gap)
	}
	w.tell(Change{At: at, Kind: runlog.EventWatch, Text: text, Attrs: attrs})
}

// holdUnknown keeps the last known state of nodes that are unknown only because the managers
// elect, or have just elected, their leader.
func (w *Watcher) holdUnknown(s *State) {
	for id, n := range s.Nodes {
		if n.State != "unknown" || w.state == nil {
			delete(w.unknown, id)
			continue
		}
		if _, held := w.unknown[id]; !held {
			w.unknown[id] = s.At
		}
		if was, known := w.state.Nodes[id]; known && s.At.Sub(w.unknown[id]) < electing {
			n.State, n.Message = was.State, was.Message
			s.Nodes[id] = n
		}
	}
}

// seconds print a time as attributes have it.
func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 6, 64) }
