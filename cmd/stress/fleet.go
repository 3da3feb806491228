package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
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

// newFleet finds the agents that a scenario asks for, or starts them; nil if it asks for none.
func newFleet(c *cli.Context, w environment, asked scenarioArgs, lookup scenarios.Lookup) (_ *fleet, err error) {
	sc, bundle, err := asked.bundle(lookup)
	if err != nil || sc.Generators == nil {
		return nil, err
	}
	if c.Bool("record") {
		return nil, usage("--record keeps every request, and those of agents stay on their machines: leave --record or generators out")
	}
	f := &fleet{}
	defer func() {
		if err != nil {
			f.close()
		}
	}()
	to := link.Options{URL: sc.Generators.NATS, Nkey: sc.Generators.Nkey, CA: sc.Generators.CA, Once: true}
	if to.URL == "" {
		if to, err = f.start(w, sc.Generators.Agents); err != nil {
			return nil, err
		}
	}
	to.Name = "stress lead"
	conn, err := link.Dial(to)
	if err != nil {
		return nil, onceBegun(err)
	}
	f.ends = append(f.ends, conn.Close)
	ctx, cancel := context.WithTimeout(c.Context, 2*agentsWithin)
	defer cancel()
	var say func(string)
	if f.broker == nil && !c.Bool("quiet") { // agents of this process are gone before anybody could measure them
		say = func(text string) { fmt.Fprintln(w.stderr, "note:", plain.Line(text)) }
	}
	f.lead, err = lead.Assemble(ctx, lead.Config{
		Conn: conn, Run: strings.ToLower(rand.Text()), Agents: sc.Generators.Agents, Witness: sc.Generators.Witness, Wait: agentsWithin,
		Scenario: sc, Bundle: bundle, Targets: c.StringSlice("target"), Say: say,
	})
	return f, onceBegun(err)
}

// start starts a broker in this process, and agents as processes of this machine.
func (f *fleet) start(w environment, agents int) (link.Options, error) {
	var err error
	if f.broker, err = broker.Start(); err != nil {
		return link.Options{}, onceBegun(err)
	}
	program, err := os.Executable()
	if err != nil {
		return link.Options{}, onceBegun(err)
	}
	for i := range agents {
		if err := f.child(w, program, fmt.Sprintf("agent-%d", i+1)); err != nil {
			return link.Options{}, onceBegun(err)
		}
	}
	return f.broker.Link("stress lead"), nil
}

// childLink is the line of JSON that an agent reads which this program starts. Its standard input then ends
// when this program does, whatever ends it.
type childLink struct{ User, Password string }

// child starts an agent. It is in a process group of its own, so that a key pressed on the terminal interrupts
// this program alone.
func (f *fleet) child(w environment, program, name string) error {
	cmd := exec.Command(program, agentName, "--nats", f.broker.URL(), "--name", name, "--"+childFlag)
	cmd.Stderr, cmd.SysProcAttr = w.stderr, &syscall.SysProcAttr{Setpgid: true}
	to, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting agent %s: %w", name, err)
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

// collect ends a run that was killed with what its agents kept, and shows it.
func collect(c *cli.Context, w environment, in *interrupts, dir string) error {
	full, err := reportChoice(c)
	if err != nil {
		return err
	}
	if c.Args().Present() {
		return usage("--resume goes on with a run, and takes no scenario, got %q", c.Args().First())
	}
	kept, err := lead.ReadKept(dir)
	if err != nil {
		return usage("%w", err)
	}
	writer, err := runlog.Reopen(dir)
	if err != nil {
		return usage("%w", err)
	}
	conn, err := link.Dial(link.Options{URL: cmp.Or(c.String("nats"), kept.NATS), Name: "stress lead", Once: true})
	if err != nil {
		return onceBegun(err)
	}
	defer conn.Close()
	if !c.Bool("quiet") {
		fmt.Fprintln(w.stderr, "waiting for what the agents of the run keep")
	}
	if err := lead.Collect(c.Context, conn, kept.Run, writer); err != nil {
		return onceBegun(err)
	}
	a, err := run.Read(c.Context, dir)
	if a == nil {
		return onceBegun(err)
	}
	return tell(c, w, in, a, dir, full, err)
}
