package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/fleet/broker"
	"github.com/stress-tool/stress/fleet/lead"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// fleet are the agents that put the load of a run on. A nil one is a run whose load comes from here.
type fleet struct {
	lead   *lead.Fleet
	broker *broker.Broker // nil: that of others
	agents []*exec.Cmd    // processes of this machine
	ends   []func()       // of what was opened, in reverse
}

const (
	// agentsWithin is how long agents are waited for: those of this machine are being started.
	agentsWithin = 15 * time.Second
	// childrenWithin is how long these have to end.
	childrenWithin = 10 * time.Second
)

// assembly is what a fleet is assembled for.
type assembly struct {
	// scenario is the one to run, bundle what it was read from, and targets the names of those that are to be
	// loaded, empty for all.
	scenario *scenarios.Scenario
	bundle   scenarios.Bundle
	targets  []string
	// to is how the broker is reached; a URL of "" leaves that to the scenario.
	to link.Options
	// stderr is that of agents which this program starts. say tells people what happens; nil tells nobody.
	stderr io.Writer
	say    func(string)
}

// newFleet finds the agents that the scenario of a command line asks for, or starts them; nil if it asks for none.
func newFleet(c *cli.Context, w environment, asked scenarioArgs, lookup scenarios.Lookup) (*fleet, error) {
	a := assembly{targets: c.StringSlice("target"), stderr: w.stderr}
	var err error
	if a.scenario, a.bundle, err = asked.bundle(lookup); err != nil {
		return nil, err
	}
	if a.scenario.Generators != nil && c.Bool("record") {
		return nil, usage("--record keeps every request, and those of agents stay on their machines: leave --record or generators out")
	}
	if !c.Bool("quiet") {
		a.say = func(text string) { fmt.Fprintln(w.stderr, "note:", plain.Line(text)) }
	}
	f, err := a.assemble(c.Context)
	return f, onceBegun(err)
}

// assemble finds the agents that the scenario asks for, or starts them; nil if it asks for none. Nobody puts load
// on yet. One fleet does for any number of runs of the scenario, one after the other, until it is closed.
func (a assembly) assemble(ctx context.Context) (_ *fleet, err error) {
	g := a.scenario.Generators
	if g == nil {
		return nil, nil
	}
	f := &fleet{}
	defer func(f *fleet) {
		if err != nil {
			f.close()
		}
	}(f)
	to, say := a.to, a.say
	if to.URL == "" {
		to = link.Options{URL: g.NATS, Nkey: g.Nkey, CA: g.CA}
	}
	to.Once = true
	if to.URL == "" {
		if to, err = f.start(a.stderr, g.Agents); err != nil {
			return nil, err
		}
		say = nil // agents of this process are gone before anybody could measure them
	}
	to.Name = "stress lead"
	conn, err := link.Dial(to)
	if err != nil {
		return nil, err
	}
	f.ends = append(f.ends, conn.Close)
	ctx, cancel := context.WithTimeout(ctx, 2*agentsWithin)
	defer cancel()
	f.lead, err = lead.Assemble(ctx, lead.Config{
		Conn: conn, Run: strings.ToLower(rand.Text()), Agents: g.Agents, Witness: g.Witness, ByCapacity: g.ByCapacity, Wait: agentsWithin,
		Scenario: a.scenario, Bundle: a.bundle, Targets: a.targets, Say: say,
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// start starts a broker in this process, and agents as processes of this machine.
func (f *fleet) start(stderr io.Writer, agents int) (link.Options, error) {
	var err error
	if f.broker, err = broker.Start(); err != nil {
		return link.Options{}, err
	}
	program, err := os.Executable()
	if err != nil {
		return link.Options{}, err
	}
	for i := range agents {
		if err := f.child(stderr, program, fmt.Sprintf("agent-%d", i+1)); err != nil {
			return link.Options{}, err
		}
	}
	return f.broker.Link("stress lead"), nil
}

// childLink is the line of JSON that an agent reads which this program starts. Its standard input then ends
// when this program does, whatever ends it.
type childLink struct{ User, Password string }

// child starts an agent. It is in a process group of its own, so that a key pressed on the terminal interrupts
// this program alone.
func (f *fleet) child(stderr io.Writer, program, name string) error {
	cmd := exec.Command(program, agentName, "--nats", f.broker.URL(), "--name", name, "--"+childFlag)
	cmd.Stderr, cmd.SysProcAttr = stderr, &syscall.SysProcAttr{Setpgid: true}
	to, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", name, err)
	}
	f.agents = append(f.agents, cmd)
	f.ends = append(f.ends, func() { endChild(cmd, to.Close) })
	line, err := json.Marshal(childLink{f.broker.User, f.broker.Password})
	if err == nil {
		_, err = to.Write(append(line, '\n'))
	}
	return err
}

// endChild has a child end, and kills one that does not.
func endChild(cmd *exec.Cmd, ask func() error) {
	_ = ask() // it may have ended by itself
	late := time.AfterFunc(childrenWithin, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	_ = cmd.Wait() // what became of it is in the run
}

// performer puts the load on; nil is this machine.
func (f *fleet) performer() run.Performer {
	if f == nil {
		return nil
	}
	return f.lead
}

// machine is where the load comes from; the zero value is this machine.
func (f *fleet) machine() (m runlog.Machine) {
	if f != nil {
		m = f.lead.Machine()
	}
	return m
}

// close frees the agents, and ends those that this program has started.
func (f *fleet) close() {
	if f == nil {
		return
	}
	if f.lead != nil {
		f.lead.Close()
	}
	for i := len(f.ends) - 1; i >= 0; i-- {
		f.ends[i]()
	}
	if f.broker != nil {
		_ = f.broker.Close() // its files are in the system's directory for such
	}
}

// errNoParent says that an agent was started as if by this program, and was told nothing.
var errNoParent = errors.New("--" + childFlag + " is for agents that `stress run --agents` starts")
