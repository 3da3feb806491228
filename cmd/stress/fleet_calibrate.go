package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/fleet/calibration"
	"github.com/stress-tool/stress/fleet/lead"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
)

func fleetCalibrate(w environment) *cli.Command {
	return &cli.Command{
		Name:  "calibrate",
		Usage: "measure what each agent can send, and have the broker keep it",
		Description: "Each agent that works for nobody loads a server of its own, on its own loopback, for 2 s, one agent\n" +
			"after the other; nothing else is loaded. \"stress run\" then refuses a load that asks the fleet\n" +
			"for more. A target that does something takes more of a machine than this server: that is why a\n" +
			"third more than asked is wanted. Calibrate anew when a machine or the program has changed. An\n" +
			"agent with --max-rate is not measured.\n\n" +
			"Exit codes: 0 every agent was measured, 2 usage error, 5 one could not be, or none is there.",
		Flags: linkFlags(),
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usage("%s takes no arguments, got %q", c.Command.FullName(), c.Args().First())
			}
			to, err := linkOf(c)
			if err != nil {
				return err
			}
			return onceBegun(calibrate(c, w, to))
		},
	}
}

func calibrate(c *cli.Context, w environment, to link.Options) error {
	to.Once, to.Name = true, "stress fleet"
	conn, err := link.Dial(to)
	if err != nil {
		return err
	}
	defer conn.Close()
	t := tabwriter.NewWriter(w.stdout, 0, 0, 2, ' ', 0)
	measured := 0
	err = lead.Calibrate(c.Context, conn, func(r calibration.Record) {
		if measured++; measured == 1 {
			fmt.Fprintln(t, "agent\tcan send\tlag p99\tengine\tversion\tprocessors\tmachine")
		}
		fmt.Fprintf(t, "%s\t%s requests/s\t%s\t%s\t%s\t%d\t%s\n", plain.Line(r.Agent), words.Significant(r.CapacityRPS, 2), words.Millis(r.LagP99MS),
			plain.Line(r.Engine), plain.Line(r.Version), r.Machine.CPUs, plain.Line(r.Machine.CPU))
	})
	if err == nil && measured == 0 {
		err = fmt.Errorf("%s has no agents: start one with `stress agent --nats %[1]s`", link.Shown(to.URL))
	}
	if ended := t.Flush(); err == nil {
		err = ended
	}
	return err
}
