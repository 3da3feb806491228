package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/observe/swarm"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/run/fault"
	"github.com/stress-tool/stress/scenarios"
)

func recoverCommand(w environment) *cli.Command {
	return &cli.Command{
		Name:      "recover",
		Usage:     "undo what a run left changed in its cluster",
		ArgsUsage: "[RUN...]",
		Description: "A run undoes its faults, and restores the replicas of a service that it scaled, at its end,\n" +
			"also when it is interrupted. What a run or a search for a capacity left that was killed, or\n" +
			"that found no manager, this command undoes: its journal says what was before. Without RUN\n" +
			"it does so for every run that left something.\n\n" +
			"What somebody else has changed since is said and left alone. --leave takes it as it is.\n\n" +
			"Certificates are stored with no run: of a cluster with cluster.tls give the scenario too.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "leave", Usage: "undo nothing: take everything as it is now, and do not mention it again"},
			&cli.StringFlag{Name: "scenario", Usage: "take the certificates of cluster.tls from `SCENARIO`"},
		},
		Action: func(c *cli.Context) error {
			index, err := faultIndex(w)
			if err != nil {
				return err
			}
			how, err := spokenTo(c, w)
			if err != nil {
				return err
			}
			runs := c.Args().Slice()
			if len(runs) == 0 {
				pending, err := index.Pending()
				if err != nil {
					return err
				}
				for _, p := range pending {
					runs = append(runs, p.Run)
				}
			}
			if len(runs) == 0 {
				fmt.Fprintln(w.stdout, "nothing is to undo")
			}
			var errs []error
			for _, run := range runs {
				errs = append(errs, recoverRun(c, w, index, run, how))
			}
			return errors.Join(errs...)
		},
	}
}

// spokenTo is how the engines of a run are spoken to, but for their addresses.
func spokenTo(c *cli.Context, w environment) (swarm.Config, error) {
	name := c.String("scenario")
	if name == "" {
		return swarm.Config{Control: route.RefuseMetadata}, nil
	}
	doc, err := scenarios.Find(name, w.stdin)
	if err != nil {
		return swarm.Config{}, err
	}
	sc, err := doc.Parse(scenarios.Options{Lookup: w.lookup})
	if err != nil {
		return swarm.Config{}, err
	}
	if sc.Cluster == nil {
		return swarm.Config{}, usage("--scenario: %s has no cluster", name)
	}
	return run.ClusterConfig(sc.Cluster), nil
}

// recoverRun undoes what one run left, and says so.
func recoverRun(c *cli.Context, w environment, index fault.Index, run string, how swarm.Config) error {
	leave := c.Bool("leave")
	undone, err := index.Recover(c.Context, run, leave, how)
	switch {
	case errors.Is(err, fault.ErrNoCertificates):
		return usage("%w: give the scenario, whose cluster.tls names them: `stress recover --scenario SCENARIO %s`", err, run)
	case errors.Is(err, fault.ErrNoJournal):
		return usage("%w: name a run that had faults, or with --leave forget it", err)
	case err != nil:
		return err
	case leave:
		fmt.Fprintf(w.stdout, "%s: left as it is\n", run)
	case len(undone) == 0:
		fmt.Fprintf(w.stdout, "%s: nothing is to undo\n", run)
	}
	failed := 0
	for _, u := range undone {
		fmt.Fprintf(w.stdout, "%s: %s\n", run, plain.Line(u.Text))
		if u.Err != nil {
			failed++
		}
	}
	if failed > 0 {
		return &exitError{exitUnable, fmt.Errorf("%s: %d of %d changes are not undone: try again once a manager answers, or take them as they are with `stress recover --leave %s`", run, failed, len(undone), run)}
	}
	return nil
}

// faultIndex is where runs are named that have something to undo: the same for every run of a
// user, wherever it is started.
func faultIndex(w environment) (fault.Index, error) {
	state, _ := w.lookup("XDG_STATE_HOME")
	if home, _ := w.lookup("HOME"); state == "" && home != "" {
		state = filepath.Join(home, ".local", "state")
	}
	if !filepath.IsAbs(state) {
		return fault.Index{}, usage("no directory to keep what is to undo: set HOME or XDG_STATE_HOME to one")
	}
	return fault.Index{Dir: filepath.Join(state, "stress", "faults")}, nil
}

// tellPending says what earlier runs left in their clusters.
func tellPending(to io.Writer, index fault.Index) {
	pending, err := index.Pending()
	if err != nil {
		fmt.Fprintln(to, "stress:", err)
	}
	for _, p := range pending {
		var changes []string
		for _, c := range p.Changes {
			changes = append(changes, fmt.Sprintf("%s was %s", c.Resource, c.Before))
		}
		switch {
		case errors.Is(p.Err, fault.ErrAlive):
			fmt.Fprintf(to, "note: a run that changes a cluster is under way on this machine: %s\n", p.Run)
		case p.Err != nil:
			fmt.Fprintf(to, "note: what a run left to undo cannot be read: %v; `stress recover --leave %s` forgets it\n", p.Err, p.Run)
		default:
			fmt.Fprintf(to, "STILL TO UNDO of %s: %s. Type: stress recover %s\n", p.Run, plain.Line(strings.Join(changes, "; ")), p.Run)
		}
	}
}
