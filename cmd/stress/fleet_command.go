package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
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
			return all.table(w.stdout)
		},
	}
}

// listWithin bounds the questions of a broker.
const listWithin = 15 * time.Second

// rosterSchema is the version of what `stress fleet list --json` prints.
const rosterSchema = 1

// roster is what `stress fleet list --json` prints. Fields may be added, none is renamed.
type roster struct {
	Schema int            `json:"schema"` // [rosterSchema]
	Broker string         `json:"broker"`
	Agents []rosterMember `json:"agents"`
}

// rosterMember is one agent. Limits of zero are none.
type rosterMember struct {
	Name       string   `json:"name"`
	Version    string   `json:"version"`
	CPUs       int      `json:"cpus"`
	CPU        string   `json:"cpu,omitempty"`
	Quota      float64  `json:"cpu_quota,omitempty"`
	MemoryMB   int64    `json:"memory_mb,omitempty"`
	MaxRate    float64  `json:"max_rate,omitempty"`
	MaxClients int      `json:"max_clients,omitempty"`
	Targets    []string `json:"targets,omitempty"`
	Private    bool     `json:"private"` // its way to the broker
	Run        string   `json:"run,omitempty"`
	LeaseAgeS  float64  `json:"lease_age_s"`
}

func listAgents(ctx context.Context, to link.Options) (*roster, error) {
	ctx, cancel := context.WithTimeout(ctx, listWithin)
	defer cancel()
	to.Once, to.Name = true, "stress fleet"
	conn, err := link.Dial(to)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	leases, _, err := link.Buckets(ctx, js)
	if err != nil {
		return nil, err
	}
	held, err := link.Leases(ctx, leases)
	if err != nil {
		return nil, fmt.Errorf("broker %s: %w", link.Shown(to.URL), err)
	}
	all := &roster{Schema: rosterSchema, Broker: link.Shown(to.URL), Agents: []rosterMember{}}
	for _, l := range held {
		m := l.Machine
		all.Agents = append(all.Agents, rosterMember{
			Name: l.Name, Version: l.Version, CPUs: m.CPUs, CPU: m.CPU, Quota: m.Quota, MemoryMB: m.MemoryMB, MaxRate: l.MaxRate,
			MaxClients: l.MaxClients, Targets: l.Targets, Private: l.Private, Run: l.Run, LeaseAgeS: l.Age.Seconds(),
		})
	}
	return all, nil
}

// table writes them for people.
func (r *roster) table(out io.Writer) error {
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
		cpus := fmt.Sprint(a.CPUs)
		if a.Quota > 0 {
			cpus = words.Significant(a.Quota, 3) + " of " + cpus
		}
		fmt.Fprintf(t, "%s\t%s\t%.1f s ago\t%s\t%s\t%s\t%s\t%s\n", plain.Line(a.Name), does, a.LeaseAgeS, plain.Line(a.Version), cpus, plain.Line(a.limits()), way, plain.Line(a.CPU))
	}
	return t.Flush()
}

// limits are those that an agent was started with.
func (a rosterMember) limits() string {
	var all []string
	if a.MaxRate > 0 {
		all = append(all, words.Significant(a.MaxRate, 3)+"/s")
	}
	if a.MaxClients > 0 {
		all = append(all, words.Counted(a.MaxClients, "client"))
	}
	if len(a.Targets) > 0 {
		all = append(all, "to "+strings.Join(a.Targets, ", "))
	}
	if all == nil {
		return "none"
	}
	return strings.Join(all, "; ")
}
