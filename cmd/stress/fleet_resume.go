package main

import (
	"cmp"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/fleet/lead"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
)

// collect ends a run that was killed with what its agents kept, and shows it.
func collect(c *cli.Context, w environment, in *interrupts, dir string) error {
	full, err := reportChoice(c)
	if err != nil {
		return err
	}
	if c.Args().Present() {
		return usage("--resume goes on with a run, and takes no scenario, got %q", c.Args().First())
	}
	if !run.Holds(dir) {
		return usage("--resume %s: holds no run", dir)
	}
	kept, err := lead.ReadKept(dir)
	if err != nil {
		return usage("%w", err)
	}
	writer, err := runlog.Reopen(dir)
	if err != nil {
		return usage("%w", err)
	}
	conn, err := link.Dial(link.Options{URL: cmp.Or(c.String("nats"), kept.NATS), Nkey: c.String("nkey"), CA: c.String("tls-ca"), Name: "stress lead", Once: true})
	if err != nil {
		return onceBegun(err)
	}
	defer conn.Close()
	if !c.Bool("quiet") {
		fmt.Fprintln(w.stderr, "waiting for what the agents of the run keep")
	}
	if err := lead.Collect(c.Context, conn, kept, writer); err != nil {
		return onceBegun(err)
	}
	a, err := run.Read(c.Context, dir)
	if a == nil {
		return onceBegun(err)
	}
	return tell(c, w, in, a, dir, full, err)
}
