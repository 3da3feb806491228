package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/stress-tool/stress/lab/docker"
)

// Service is the name of the service behind the proxy, as its Swarm has it.
const Service = "web-server"

// nodes are those of the lab's Swarm.
var nodes = [...]string{"lab1", "lab2", "lab3"}

// slot is the place of a replica behind the proxy. Whatever replica is in it has its address.
type slot struct {
	address  string
	listener *net.TCPListener // for the first replica; nil after it
	process  *process         // the newest
}

// startSwarm starts the replicas behind the proxy, and the engines that know them.
func (l *Lab) startSwarm(ctx context.Context) (err error) {
	l.swarm, err = docker.Start(ctx, docker.Config{
		Service: Service, Image: "stress-lab:1", Nodes: nodes[:], Replicas: l.options.Replicas, RestartDelay: l.options.RestartDelay,
		Start: l.startInSlot, Scaled: l.scaled,
	})
	if err != nil {
		return err
	}
	l.Docker, l.Service = l.swarm.Engines, Service
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.slots {
		l.behind = append(l.behind, s.process)
		l.Hosts, l.Replicas = append(l.Hosts, strings.TrimPrefix(s.process.name, replicaName)), append(l.Replicas, "http://"+s.address)
	}
	return nil
}

// openSlots opens so many in all, each with a port of its own.
func (l *Lab) openSlots(n int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.slots) < n {
		listener, err := listen("replica", 0)
		if err != nil {
			return err
		}
		l.slots = append(l.slots, &slot{address: listener.Addr().String(), listener: listener})
	}
	return nil
}

// closeSlots closes the ports that no replica ever took.
func (l *Lab) closeSlots() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.slots {
		if s.listener != nil {
			_ = s.listener.Close() // nothing was ever sent to it
		}
	}
}

// upstreams are the addresses of the first n slots.
func (l *Lab) upstreams(n int) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, s := range l.slots[:n] {
		out = append(out, s.address)
	}
	return out
}

// scaled has the proxy go to so many slots, as reloading nginx with another list would.
func (l *Lab) scaled(n int) {
	if err := l.openSlots(n); err != nil {
		fmt.Fprintln(l.options.Log, "lab:", err)
		return
	}
	if err := l.proxy.order(l.upstreams(n)); err != nil {
		fmt.Fprintln(l.options.Log, "lab: telling the proxy of its replicas:", err)
	}
}

// startInSlot starts a replica once the one before it in its slot is gone.
func (l *Lab) startInSlot(ctx context.Context, n int, host string) (docker.Process, error) {
	l.mu.Lock()
	if n > len(l.slots) {
		l.mu.Unlock()
		return nil, fmt.Errorf("lab: no port for replica %d", n)
	}
	s := l.slots[n-1]
	before, listener := s.process, s.listener
	s.listener = nil
	l.mu.Unlock()
	if before != nil {
		select {
		case <-before.exited:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if listener == nil {
		address, err := net.ResolveTCPAddr("tcp4", s.address)
		if err != nil {
			return nil, err
		}
		if listener, err = net.ListenTCP("tcp4", address); err != nil {
			return nil, fmt.Errorf("starting the lab's replica: %w", err)
		}
	}
	p, err := l.replica(n-1, host, listener)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	s.process = p
	l.mu.Unlock()
	if err := p.awaitReady(ctx); err != nil {
		return nil, errors.Join(err, p.kill())
	}
	return container{p}, l.orders.follow(p)
}

// container is a replica as the Swarm has it.
type container struct{ p *process }

func (c container) Kill() error             { return c.p.kill() }
func (c container) Pause() error            { return c.signal(syscall.SIGSTOP) }
func (c container) Resume() error           { return c.signal(syscall.SIGCONT) }
func (c container) Exited() <-chan struct{} { return c.p.exited }

func (c container) signal(s syscall.Signal) error {
	if err := c.p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("lab: %s: %w", c.p.name, err)
	}
	return nil
}

// order tells a child that serves something more.
func (p *process) order(what any) error {
	line, err := json.Marshal(what)
	if err == nil {
		_, err = p.stdin.Write(append(line, '\n'))
	}
	return err
}
