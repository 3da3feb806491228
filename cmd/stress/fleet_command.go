package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/fleet/roster"
	"github.com/stress-tool/stress/internal/plain"
)

func fleetCommand(w environment) *cli.Command {
	return &cli.Command{
		Name:  "fleet",
		Usage: "the machines that put on a load together: their broker, who is there",
		Description: "A run with --agents, or whose scenario has generators, is put on by agents: \"stress agent\" is one,\n" +
			"on each machine. They are reached over a NATS server: \"stress fleet broker\" is one.\n" +
			"  stress fleet key --out lead.nk         # a key for each machine\n" +
			"  stress fleet broker --listen 0.0.0.0:4222 --nkey UA… --nkey UB…\n" +
			"  stress fleet list --nats nats://10.0.0.4:4222 --nkey lead.nk\n" +
			"docs/fleet.md goes from one machine to several in three steps.",
		Subcommands: []*cli.Command{brokerCommand(w), fleetList(w), fleetCalibrate(w), fleetKey(w)},
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return unknownCommand(c.Command.Subcommands, "fleet", name)
			}
			return cli.ShowSubcommandHelp(c)
		},
	}
}

func fleetList(w environment) *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "the agents there are, and what they do",
		Description: "It asks the broker who holds a lease, and sends no load. A lease is renewed every half second,\n" +
			"and ends after 3 s.\n\n" +
			"Exit codes: 0 the broker answers, with or without agents, 2 usage error, 5 it does not answer,\n" +
			"or lets this program not in.",
		Flags: append(linkFlags(), &cli.BoolFlag{Name: "json", Usage: "print them as JSON"}),
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usage("%s takes no arguments, got %q", c.Command.FullName(), c.Args().First())
			}
			to, err := linkOf(c)
			if err != nil {
				return err
			}
			all, err := listAgents(c.Context, to)
			if err != nil {
				return onceBegun(err)
			}
			if c.Bool("json") {
				e := json.NewEncoder(w.stdout)
				e.SetIndent("", "  ")
				return e.Encode(all)
			}
			return writeRoster(w.stdout, all)
		},
	}
}

// listWithin bounds the questions of a broker.
const listWithin = 15 * time.Second

func listAgents(ctx context.Context, to link.Options) (*roster.Roster, error) {
	ctx, cancel := context.WithTimeout(ctx, listWithin)
	defer cancel()
	to.Once, to.Name = true, "stress fleet"
	conn, err := link.Dial(to)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return roster.Of(ctx, conn)
}

// writeRoster writes them for people.
func writeRoster(out io.Writer, r *roster.Roster) error {
	if len(r.Agents) == 0 {
		_, err := fmt.Fprintf(out, "%s has no agents: start one with `stress agent --nats %[1]s`\n", plain.Line(r.Broker))
		return err
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "agent\tdoes\tlease renewed\tversion\tprocessors\tlimits\tway to the broker\tmachine")
	for _, a := range r.Agents {
		does, way := "waits for a run", "others can read it"
		if a.Run != "" {
			does = "is at work"
		}
		if a.Private {
			way = "private"
		}
		fmt.Fprintf(t, "%s\t%s\t%.1f s ago\t%s\t%s\t%s\t%s\t%s\n", plain.Line(a.Name), does, a.LeaseAgeS, plain.Line(a.Version), a.Processors(), plain.Line(a.Limits()), way, plain.Line(a.CPU))
	}
	return t.Flush()
}
