package main

import (
	"slices"

	"github.com/urfave/cli/v2"
)

// choiceFlags choose among a scenario's targets, and assert that they may be loaded.
func choiceFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "target", Usage: "only this `TARGET`; may be repeated"},
		&cli.BoolFlag{Name: "i-own-this-target", Usage: "skip the proof of ownership of public hosts; recorded in the run"},
	}
}

// measureFlags are the flags of every command that measures.
func measureFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "out", Usage: "write the run into `DIR` instead of results/<scenario>/<UTC time>"},
		&cli.BoolFlag{Name: "record", Usage: "keep every request, for vegeta report, encode and plot"},
		yesFlag(),
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no progress"},
	}
}

// yesFlag confirms what a scenario does to its cluster.
func yesFlag() cli.Flag {
	return &cli.BoolFlag{Name: "yes", Usage: "put the scenario's faults into its cluster, and scale it as its targets ask; it must allow that too"}
}

// printFlags say what is printed of a run.
func printFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "report", Value: "summary", Usage: "what to print at the end: `all|summary`"},
		&cli.BoolFlag{Name: "json", Usage: "print summary.json and nothing else"},
	}
}

// runFlags are the flags of every command that runs a scenario and shows it.
func runFlags() []cli.Flag {
	return slices.Concat(scenarioFlags(), choiceFlags(), measureFlags(), printFlags())
}
