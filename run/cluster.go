package run

import (
	"context"
	"crypto/tls"
	"errors"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/observe/swarm"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/secret"
)

// OpenCluster prepares to watch the scenario's cluster and connects to nothing; nil without
// one in the scenario.
func OpenCluster(sc *scenarios.Scenario) (*swarm.Watcher, error) {
	if sc.Cluster == nil {
		return nil, nil
	}
	return swarm.New(ClusterConfig(sc.Cluster))
}

// ClusterConfig is how the engines of a cluster are asked.
func ClusterConfig(c *scenarios.Cluster) swarm.Config {
	return swarm.Config{Docker: c.Docker, Service: c.Service, TLS: tlsOf(c), Control: route.RefuseMetadata}
}

// tlsOf is how TLS is spoken to engines at tcp:// addresses; nil where no certificates are named.
func tlsOf(c *scenarios.Cluster) *tls.Config {
	if c.TLS == (scenarios.TLS{}) {
		return nil
	}
	out := &tls.Config{RootCAs: c.Roots, MinVersion: c.MinVersion}
	if c.Certificate != nil {
		out.Certificates = []tls.Certificate{*c.Certificate}
	}
	return out
}

// openCluster makes the run's cluster the last of its observers.
func (r *runner) openCluster() error {
	w, err := OpenCluster(r.sc)
	if err != nil || w == nil {
		return err
	}
	r.cluster = &cluster{watcher: w, secrets: r.sc.Secrets(), failed: make(chan error, 1)}
	r.observers = append(r.observers[:len(r.observers):len(r.observers)], r.cluster)
	return nil
}

// cluster is the [Observer] that notes what happens to the cluster behind the targets. It
// watches from the first leg to the last. What happens between legs goes to the run.
type cluster struct {
	watcher watcher
	secrets *secret.Set
	begun   time.Time // the run
	stop    context.CancelFunc
	ended   chan struct{}

	mu      sync.Mutex
	notes   runlog.Notes // of the leg under way; nil between legs
	leg     runlog.Leg
	between []runlog.Event // of the run
	failed  chan error     // the first error of storing
}

// watcher is what an observer needs of a [swarm.Watcher].
type watcher interface {
	Watch(ctx context.Context, tell func(swarm.Change))
	Now() []swarm.Change
	Close()
}

// start begins to watch. A nil cluster does nothing.
func (c *cluster) start(ctx context.Context, begun time.Time) {
	if c == nil {
		return
	}
	ctx, c.stop = context.WithCancel(context.WithoutCancel(ctx))
	c.begun, c.ended = begun, make(chan struct{})
	go func() {
		defer close(c.ended)
		c.watcher.Watch(ctx, c.take)
	}()
}

// end ends the watching, and stores what happened between the legs.
func (c *cluster) end(w *runlog.Writer) error {
	if c == nil {
		return nil
	}
	c.stop()
	<-c.ended
	c.watcher.Close()
	var errs []error
	for _, e := range c.between {
		errs = append(errs, w.Event(e))
	}
	return errors.Join(errs...)
}

// Before implements [Observer].
func (*cluster) Before(context.Context, runlog.Leg) {}

// During notes first which tasks there are, so that each leg by itself tells whose hosts they are.
func (c *cluster) During(ctx context.Context, leg runlog.Leg, notes runlog.Notes) error {
	c.mu.Lock()
	c.notes, c.leg = notes, leg
	c.mu.Unlock()
	for _, change := range c.watcher.Now() {
		c.take(change)
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-c.failed:
		return err
	}
}

// After comes once the rows have settled: what happens until then is the leg's.
func (c *cluster) After(context.Context, attack.Totals, runlog.Notes) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notes = nil
	select {
	case err := <-c.failed:
		return err
	default:
		return nil
	}
}

// take stores a change with the leg under way, or keeps it for the run.
func (c *cluster) take(change swarm.Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.notes == nil {
		// Each leg is told by itself what is there.
		if !change.There && len(c.between) < mostNotes {
			c.between = append(c.between, blotted(c.secrets, eventOf(change, c.begun)))
		}
		return
	}
	if err := c.notes.Event(eventOf(change, c.leg.Started)); err != nil {
		select {
		case c.failed <- err:
		default: // one is enough
		}
	}
}

// eventOf is a change at its time since a beginning. The instant by an engine's clock becomes
// one of ours, where both are known to agree.
func eventOf(c swarm.Change, since time.Time) runlog.Event {
	e := runlog.Event{At: c.At.Sub(since).Seconds(), Kind: c.Kind, Text: c.Text, Attrs: maps.Clone(c.Attrs)}
	if !c.Stamp.IsZero() {
		e.Attrs[runlog.AttrStamp] = strconv.FormatFloat(c.Stamp.Sub(since).Seconds(), 'f', 6, 64)
	}
	return e
}
