// Package swarm runs a real Docker Swarm of three nodes on one machine. Each node is a dockerd
// of Debian's docker.io in network, mount, UTS and PID namespaces of its own; a fourth network
// namespace, the edge, holds what they are plugged into, the database, the single host and
// nginx, so that losing a node never loses what is measured.
//
// The service [Service] has its tasks on an overlay network and publishes port 80 of each node
// (mode host). Its image is made of this machine's own Apache and PHP: no registry is asked.
//
// Nothing of the machine is touched but one network link, one cgroup and one folder, all named
// after this package. No process outlives the program that started it, whatever ends that
// program; the link goes with them, and [Clean] removes the rest.
// Linux only. Needs root.
package swarm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/stress-tool/stress/lab"
	"github.com/stress-tool/stress/lab/control"
	"github.com/stress-tool/stress/lab/stack"
)

// nodes is how many nodes there are.
const nodes = 3

// Service is the name of the service behind nginx.
const Service = "web-server"

// startWithin bounds the start; a busy machine needs 20 s.
const startWithin = 2 * time.Minute

// Options say what to start. The zero value is a Swarm with one manager.
type Options struct {
	// Managers is how many of the nodes are managers, from the first on: 1 or 3; 0 is 1.
	Managers int
	// RestartDelay is how long after the end of a task another takes its place; 0 is Docker's 5 s.
	RestartDelay time.Duration
	Log          io.Writer // a line per step; nil for none
}

// Swarm is a Swarm that is up. Its methods may be called from several goroutines.
type Swarm struct {
	lab.System
	Nodes []*Node

	opts    Options
	place   *place
	edge    *edge
	stack   *stack.Stack
	overlay string // the id of the network of the tasks
	// control has others pull cables and plugs
	control *control.Server
	began   time.Time
	log     sync.Mutex
	close   func() error
}

// Start brings a Swarm up and returns when every part answers. ctx bounds the start only. An
// error says which part failed, and leaves nothing running.
func Start(ctx context.Context, opts Options) (*Swarm, error) {
	if err := possible(ctx); err != nil {
		return nil, err
	}
	if opts.Managers == 0 {
		opts.Managers = 1
	}
	if opts.Managers != 1 && opts.Managers != nodes {
		return nil, fmt.Errorf("swarm: %d managers: give 1 or %d", opts.Managers, nodes)
	}
	if opts.Log == nil {
		opts.Log = io.Discard
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	s := &Swarm{opts: opts, began: time.Now()}
	s.close = sync.OnceValue(s.end)
	s.Kill, s.Close = s.kill, s.close
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("swarm: %w", err), s.Close())
	}
	s.step("up")
	return s, nil
}

// start brings up the edge, then nodes and database side by side, then the service.
func (s *Swarm) start(ctx context.Context) (err error) {
	if s.place, err = claim(); err != nil {
		return err
	}
	if s.edge, err = s.place.startEdge(ctx); err != nil {
		return err
	}
	for i := range nodes {
		s.Nodes = append(s.Nodes, s.place.node(i, s.edge))
	}
	if err := all(func() error { return s.startStack(ctx) }, func() error { return s.startNodes(ctx) }); err != nil {
		return err
	}
	if err := s.createService(ctx); err != nil {
		return err
	}
	if err := s.stack.StartProxy(ctx); err != nil {
		return err
	}
	s.System.Cluster, s.Single, s.SingleHost, s.MySQL = s.stack.Cluster, s.stack.Single, s.stack.SingleHost, s.stack.MySQL
	s.Words = s.words()
	return s.startControl()
}

// words say what is up, and how to speak to it.
func (s *Swarm) words() []string {
	words := []string{fmt.Sprintf("A Docker Swarm of %d nodes, MariaDB and nginx, in namespaces of this machine.", nodes)}
	for _, n := range s.Nodes {
		words = append(words, fmt.Sprintf("%s  docker -H %s", n.Name, n.Docker))
	}
	return words
}

// startStack starts database and single host at the edge.
func (s *Swarm) startStack(ctx context.Context) (err error) {
	var upstreams []string
	for _, n := range s.Nodes {
		upstreams = append(upstreams, n.Address+":80")
	}
	s.stack, err = stack.Start(ctx, stack.Options{
		Dir: s.place.path("edge"), Log: s.opts.Log,
		Network: &stack.Network{Address: s.edge.address, Enter: s.edge.enter(), Upstreams: upstreams, Tries: s.Tries()},
	})
	return err
}

// Tries is a file with a line per answer of nginx: see [stack.Network].
func (s *Swarm) Tries() string { return s.place.path("tries.log") }

// end ends every part and removes what was made.
func (s *Swarm) end() error {
	ends := []func() error{s.control.Close}
	if s.stack != nil {
		ends = append(ends, s.stack.Close)
	}
	for _, n := range s.Nodes {
		ends = append(ends, n.close)
	}
	err := all(ends...)
	if s.edge != nil {
		err = errors.Join(err, s.edge.process.Kill())
	}
	if s.place != nil {
		err = errors.Join(err, s.place.release())
	}
	return err
}

// kill removes the container of a task, as `docker rm --force` on its node does.
func (s *Swarm) kill(i int) error {
	if i < 0 || i >= len(s.Hosts) {
		return fmt.Errorf("swarm: no replica %d: there are %d", i, len(s.Hosts))
	}
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	return s.Nodes[i].remove(ctx, s.Hosts[i])
}

func (s *Swarm) step(format string, args ...any) {
	s.log.Lock()
	defer s.log.Unlock()
	fmt.Fprintf(s.opts.Log, "swarm: %.1f s: %s\n", time.Since(s.began).Seconds(), fmt.Sprintf(format, args...))
}

// all does everything side by side and returns every error.
func all(do ...func() error) error {
	errs := make([]error, len(do))
	var wg sync.WaitGroup
	for i, f := range do {
		wg.Go(func() { errs[i] = f() })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// each does one thing with every node, side by side.
func (s *Swarm) each(do func(*Node) error) error {
	var fs []func() error
	for _, n := range s.Nodes {
		fs = append(fs, func() error { return do(n) })
	}
	return all(slices.Clip(fs)...)
}
