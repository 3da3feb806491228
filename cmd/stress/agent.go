package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/fleet/agent"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/runlog"
)

const (
	agentName = "agent"
	// childFlag is of agents that this program starts.
	childFlag = "child"
)

func agentCommand(w environment) *cli.Command {
	return &cli.Command{
		Name:  agentName,
		Usage: "be one of several machines that put on a load together",
		Description: "An agent waits at a NATS server for runs that are divided among agents, and puts on its part\n" +
			"of each. \"stress fleet broker\" is such a server; docs/fleet.md has all steps.\n" +
			"  stress agent --nats nats://10.0.0.4:4222 --nkey agent1.nk --targets 10.0.0.0/8\n" +
			"Whoever may use that server commands it. Whatever it is told, it loads a public host only\n" +
			"with the token of this machine's own user, and stays within --targets, --max-rate and\n" +
			"--max-clients. It stops within 9 s when it no longer hears who leads the run, or no\n" +
			"longer reaches the server. It runs until a signal ends it.\n\n" +
			"Exit codes: 0 ended by a signal, 2 usage error, 5 it could not work.",
		Flags: append(linkFlags(), []cli.Flag{
			&cli.StringFlag{Name: "name", Usage: "`NAME` of the agent, unique in the fleet, with - for what is no letter or digit; the host's if not given"},
			&cli.Float64Flag{Name: "max-rate", Usage: "the most requests per second that it sends, `NUMBER`; a request and its redirects are one, and 0 is no limit"},
			&cli.IntFlag{Name: "max-clients", Usage: "the most clients that it has at work, `NUMBER`; 0 is no limit"},
			&cli.StringSliceFlag{Name: "targets", Usage: "load only addresses of this `NETWORK`, such as 10.0.0.0/8; may be repeated"},
			&cli.BoolFlag{Name: "i-own-this-target", Usage: "skip the proof of ownership of public hosts"},
			&cli.BoolFlag{Name: childFlag, Hidden: true},
		}...),
		Action: func(c *cli.Context) error { return beAgent(c, w) },
	}
}

func beAgent(c *cli.Context, w environment) error {
	if c.Args().Present() {
		return usage("%s takes no arguments, got %q", c.Command.FullName(), c.Args().First())
	}
	a, to, err := agentOf(c, w)
	if err != nil {
		return err
	}
	ctx := c.Context
	if c.Bool(childFlag) {
		if ctx, err = asChild(ctx, w.stdin, &to); err != nil {
			return err
		}
		a.Say = nil
	}
	if a.Conn, err = link.Dial(to); err != nil {
		return onceBegun(err)
	}
	defer a.Conn.Close()
	return onceBegun(agent.Run(ctx, a))
}

// agentOf is the agent of a command line, and how it reaches its broker.
func agentOf(c *cli.Context, w environment) (agent.Config, link.Options, error) {
	a := agent.Config{
		Name: c.String("name"), Tool: tool(), Limits: agent.Limits{MaxRate: c.Float64("max-rate"), MaxClients: c.Int("max-clients")},
		Say: func(text string) { fmt.Fprintln(w.stderr, plain.Line(text)) },
	}
	to, err := linkOf(c)
	if err != nil {
		return a, to, err
	}
	if a.Limits.Targets, err = networks(c, "targets"); err != nil {
		return a, to, err
	}
	if a.Name == "" {
		host, err := os.Hostname()
		if err != nil {
			return a, to, usage("this host has no name: give the agent one with --name")
		}
		a.Name = cmp.Or(runlog.Slug(host), "agent")
	} else if wire.CheckName(a.Name) != nil { // as machines are named: NODE.example
		a.Name = cmp.Or(runlog.Slug(a.Name), a.Name)
	}
	if err := wire.CheckName(a.Name); err != nil {
		return a, to, usage("--name: %w", err)
	}
	if !(a.Limits.MaxRate >= 0 && a.Limits.MaxRate <= plan.MaxRate) || a.Limits.MaxClients < 0 {
		return a, to, usage("--max-rate must be from 0 to %d, and --max-clients at least 0; 0 is no limit", plan.MaxRate)
	}
	to.Name = "stress " + runlog.AgentNamed(a.Name)
	a.Guard = func() *ownership.Guard { return newGuard(c, w) }
	return a, to, nil
}

// asChild reads what the parent says, and returns a context that ends when the parent does.
func asChild(ctx context.Context, stdin io.Reader, to *link.Options) (context.Context, error) {
	lifeline := bufio.NewReader(stdin)
	line, err := lifeline.ReadBytes('\n')
	var told childLink
	if err != nil || json.Unmarshal(line, &told) != nil {
		return nil, &exitError{exitUsage, errNoParent}
	}
	to.User, to.Password, to.Once = told.User, told.Password, true
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, lifeline)
	}()
	return ctx, nil
}
