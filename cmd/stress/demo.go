package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/lab"
)

func demoCommand(w world, drain <-chan struct{}) *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "the whole job on the embedded lab, in about a minute, with nothing installed",
		Flags: append(runFlags(), labFlags()...),
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usage("demo takes no arguments, got %q", c.Args().First())
			}
			l, err := startLab(c, w)
			if err != nil {
				return err
			}
			defer l.Close()
			if !c.Bool("json") && !c.Bool("quiet") {
				for _, line := range l.Words() {
					fmt.Fprintln(w.stderr, "lab:", line)
				}
			}
			return perform(c, w, drain, "demo", labLookup(l, w.lookup))
		},
	}
}

// labLookup answers for the variables that name the targets and the database, and
// passes every other on.
func labLookup(l *lab.Lab, next func(string) (string, bool)) func(string) (string, bool) {
	vars := map[string]string{"STRESS_SINGLE": l.Single(), "STRESS_CLUSTER": l.Cluster(), "STRESS_DSN": l.DSN()}
	return func(name string) (string, bool) {
		if v, ok := vars[name]; ok {
			return v, true
		}
		return next(name)
	}
}

func labFlags() []cli.Flag {
	return []cli.Flag{
		&cli.IntFlag{Name: "replicas", Value: 3, Usage: "`NUMBER` of replicas behind the lab's proxy"},
		&cli.IntFlag{Name: "workers", Usage: "requests that a replica serves at once, `NUMBER`; 0 is the lab's own choice"},
		&cli.DurationFlag{Name: "service", Usage: "how long the lab takes over a request, such as `25ms`; 0 is the lab's own choice"},
		&cli.IntFlag{Name: "max-connections", Usage: "the lab database's limit, `NUMBER`; 0 is MySQL's default, 151"},
	}
}

func startLab(c *cli.Context, w world) (*lab.Lab, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	ctx, cancel := context.WithTimeout(c.Context, time.Minute)
	defer cancel()
	l, err := lab.Start(ctx, lab.Options{
		Replicas: c.Int("replicas"), Workers: c.Int("workers"), Service: c.Duration("service"),
		MaxConnections: c.Int("max-connections"), Exec: []string{exe, childName}, Log: w.stderr,
	})
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	return l, nil
}

// childName is the hidden command that a lab's child process runs.
const childName = "lab-child"

func childCommand(w world) *cli.Command {
	return &cli.Command{
		Name: childName, Hidden: true, SkipFlagParsing: true,
		Action: func(c *cli.Context) error {
			return lab.ChildMain(c.Context, w.stdin, w.stdout, w.stderr)
		},
	}
}
