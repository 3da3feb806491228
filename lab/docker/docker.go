// Package docker is a small Docker Swarm without containers: engines that clients take for
// Docker's, a node each, and behind them processes that somebody else starts. As
// lab/database does for MySQL, it answers what the programs of this project ask: tasks, nodes
// and one service to read, scale, update and drain, containers to kill, stop and pause, and
// the events of each engine's own containers. Everything else is refused.
//
// It keeps as many tasks running as the service should have, each on the active node with the
// fewest. One that ended is replaced by another, with another host, after the restart delay.
// An update goes from task to task, and stops each before its successor starts. All nodes are
// managers until they are demoted.
package docker

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/moby/moby/api/types/swarm"
)

// Process is what a container consists of.
type Process interface {
	// Kill ends it and returns when it is gone. Killing it again is no error.
	Kill() error
	// Pause stops it where it is, and Resume has it go on.
	Pause() error
	Resume() error
	// Exited is closed when it has ended, whatever ended it.
	Exited() <-chan struct{}
}

// Config says what the Swarm is like. Start, Service, Nodes and Replicas must be given.
type Config struct {
	Service  string
	Image    string   // that the service is said to have
	Nodes    []string // names
	Replicas int
	// RestartDelay is how long after the end of a task its successor starts.
	RestartDelay time.Duration
	// Start starts the replica of a slot, from 1 on, under the name of its host, and returns
	// when it serves.
	Start func(ctx context.Context, slot int, host string) (Process, error)
	// Scaled is told of another number of replicas before tasks come or go; it may be nil.
	Scaled func(replicas int)
}

// Swarm is a Swarm that is up.
type Swarm struct {
	// Engines are the addresses of the engines, tcp://host:port, in the order of the nodes.
	Engines []string

	cfg     Config
	ctx     context.Context // of processes that start
	cancel  context.CancelFunc
	servers []*http.Server
	all     sync.WaitGroup // of what goes on by itself

	mu       sync.Mutex
	closed   bool
	version  uint64
	service  swarm.Service
	template int // counts the templates of tasks that the service has had
	nodes    []*swarm.Node
	tasks    []*task
	lost     map[int]bool // slots that are not filled again
	changed  chan struct{}
	streams  map[*stream]bool
}

// Start brings a Swarm up and returns when all its tasks run.
func Start(ctx context.Context, cfg Config) (*Swarm, error) {
	s := &Swarm{cfg: cfg, lost: map[int]bool{}, changed: make(chan struct{}), streams: map[*stream]bool{}}
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	replicas := uint64(cfg.Replicas)
	s.service = swarm.Service{ID: newID(25), Spec: swarm.ServiceSpec{
		Annotations:  swarm.Annotations{Name: cfg.Service},
		TaskTemplate: swarm.TaskSpec{ContainerSpec: &swarm.ContainerSpec{Image: cfg.Image}},
		Mode:         swarm.ServiceMode{Replicated: &swarm.ReplicatedService{Replicas: &replicas}},
	}}
	for i, name := range cfg.Nodes {
		n := &swarm.Node{
			ID: newID(25), Description: swarm.NodeDescription{Hostname: name}, Status: swarm.NodeStatus{State: swarm.NodeStateReady},
			Spec:          swarm.NodeSpec{Role: swarm.NodeRoleManager, Availability: swarm.NodeAvailabilityActive},
			ManagerStatus: &swarm.ManagerStatus{Leader: i == 0, Reachability: swarm.ReachabilityReachable},
		}
		s.nodes = append(s.nodes, n)
		if err := s.listen(i); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	s.change(func() { s.reconcile(0) })
	if err := s.await(ctx, func() (bool, error) { return s.running() == cfg.Replicas, s.rejected() }); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the lab's Swarm: %w", err), s.Close())
	}
	return s, nil
}

// listen serves the engine of a node.
func (s *Swarm) listen(node int) error {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("starting the lab's engines: %w", err)
	}
	server := &http.Server{Handler: s.engine(node), ReadHeaderTimeout: 10 * time.Second}
	s.servers, s.Engines = append(s.servers, server), append(s.Engines, "tcp://"+l.Addr().String())
	s.all.Go(func() { _ = server.Serve(l) }) // ends with Close
	return nil
}

// Close ends the engines and every process. It may be called more than once.
func (s *Swarm) Close() error {
	s.cancel()
	var errs []error
	s.change(func() {
		s.closed = true
		for _, t := range s.tasks {
			if t.process != nil {
				errs = append(errs, t.process.Kill())
			}
		}
	})
	for _, server := range s.servers {
		errs = append(errs, server.Close())
	}
	s.all.Wait()
	return errors.Join(errs...)
}

// Abandon has nothing take the place of the task with a host once it ends.
func (s *Swarm) Abandon(host string) {
	s.change(func() {
		for _, t := range s.tasks {
			if t.host() == host {
				s.lost[t.Slot] = true
			}
		}
	})
}

// change changes the Swarm, and wakes those who wait for a change.
func (s *Swarm) change(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
	close(s.changed)
	s.changed = make(chan struct{})
}

// await waits until something holds, or is an error.
func (s *Swarm) await(ctx context.Context, holds func() (bool, error)) error {
	for {
		s.mu.Lock()
		ok, err := holds()
		changed := s.changed
		s.mu.Unlock()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.ctx.Done():
			return s.ctx.Err()
		case <-changed:
		}
	}
}

// newID is a random id of so many hexadecimal digits.
func newID(digits int) string {
	id := make([]byte, (digits+1)/2)
	_, _ = rand.Read(id) // never fails
	return hex.EncodeToString(id)[:digits]
}
