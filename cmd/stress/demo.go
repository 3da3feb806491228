package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/lab"
	"github.com/stress-tool/stress/lab/embedded"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/scenarios"
)

func demoCommand(w environment, in *interrupts) *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "the whole job on the embedded lab, in about a minute, with nothing installed",
		Flags: slices.Concat(runFlags(), labFlags(), []cli.Flag{
			&cli.BoolFlag{Name: "resilience", Usage: "kill a container in each of three rounds instead, and say what that cost"},
			&cli.BoolFlag{Name: "capacity", Usage: "search instead for what one replica and the cluster carry, in under five minutes"},
		}),
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usage("demo takes no arguments, got %q", c.Args().First())
			}
			l, err := embeddedLab(c, w)
			if err != nil {
				return err
			}
			defer l.Close()
			if !c.Bool("json") && !c.Bool("quiet") {
				for _, line := range l.Words {
					fmt.Fprintln(w.stderr, "lab:", line)
				}
			}
			if c.Bool("capacity") {
				return demoCapacity(c, w, in, labLookup(l, w.lookup))
			}
			name := "demo"
			if c.Bool("resilience") {
				name = "resilience"
				if err := c.Set("yes", "true"); err != nil { // the lab is ours
					return err
				}
			}
			return perform(c, w, in, []string{name}, labLookup(l, w.lookup))
		},
	}
}

// demoCapacity searches more coarsely than the catalogue's scenario does, to be done sooner.
func demoCapacity(c *cli.Context, w environment, in *interrupts, lookup scenarios.Lookup) error {
	a := scenarioArgs{opts: scenarios.Options{Set: []string{
		"capacity.precision=10%", "capacity.probe=4s", "capacity.longest_probe=15s", "capacity.warm_up=1s", "capacity.cool_down=500ms", "capacity.budget=4m30s",
	}}}
	var err error
	if a.doc, err = scenarios.Find("capacity", w.stdin); err != nil {
		return err
	}
	sc, err := a.scenario(lookup)
	if err != nil {
		return err
	}
	return searchFor(c, w, in, sc, nil, scenarios.ExampleCase, report.StudyFormats["text"])
}

// labLookup answers for the variables that name the targets and the database, and
// passes every other on.
func labLookup(l *lab.System, next func(string) (string, bool)) func(string) (string, bool) {
	vars := labVariables(l)
	return func(name string) (string, bool) {
		if v, ok := vars[name]; ok {
			return v, true
		}
		return next(name)
	}
}

// labVariables are the variables that name the targets and the database of the catalogue's scenarios.
func labVariables(l *lab.System) map[string]string {
	vars := map[string]string{"STRESS_SINGLE": l.Single, "STRESS_CLUSTER": l.Cluster, "STRESS_DSN": l.DSN()}
	if len(l.Docker) > 0 {
		vars["STRESS_DOCKER"], vars["STRESS_SERVICE"] = strings.Join(l.Docker, ","), l.Service
	}
	if l.Control != "" {
		vars["STRESS_LAB"] = l.Control
	}
	return vars
}

// childName is the hidden command that a lab's child process runs.
const childName = "lab-child"

func childCommand(w environment) *cli.Command {
	return &cli.Command{
		Name: childName, Hidden: true, SkipFlagParsing: true,
		Action: func(c *cli.Context) error {
			return embedded.ChildMain(c.Context, w.stdin, w.stdout, w.stderr)
		},
	}
}
