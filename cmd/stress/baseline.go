package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/history"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/run"
)

func baselineCommand(w environment) *cli.Command {
	return &cli.Command{
		Name:  "baseline",
		Usage: "keep judged runs, to hold later ones against",
		Description: "Baselines are files in a directory that can live in git or in the cache of a CI:\n" +
			"DIR/<scenario>/<machine>/<UTC start>-<short>.json, each the summary.json of a run.\n" +
			"\"stress gate RUN --baseline DIR\" takes the newest of the run's scenario and machine;\n" +
			"\"stress trend\" follows a metric over all of them.",
		Subcommands: []*cli.Command{baselineSave(w), baselineList(w), baselineShow(w), baselinePrune(w)},
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return unknownCommand(c.Command.Subcommands, "baseline", name)
			}
			return cli.ShowSubcommandHelp(c)
		},
	}
}

// baselinesFlag names the directory of the baselines.
func baselinesFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: "dir", Value: history.DefaultDir, Usage: "`DIR` of the baselines"}
}

func baselineSave(w environment) *cli.Command {
	return &cli.Command{
		Name:      "save",
		Usage:     "keep a run as a baseline",
		ArgsUsage: "RUN",
		Description: "RUN is a run directory or a summary.json. Runs that are INVALID, partial or empty are\n" +
			"refused, and so is one that FAILed unless --force says otherwise.",
		Flags: []cli.Flag{
			baselinesFlag(),
			&cli.StringFlag{Name: "label", Usage: "`LABEL` to call it by, such as a version or a commit"},
			&cli.BoolFlag{Name: "force", Usage: "keep a run that failed its thresholds"},
		},
		Action: func(c *cli.Context) error {
			name, err := oneArg(c, "run")
			if err != nil {
				return err
			}
			dir, err := findRun(w, name)
			if err != nil {
				return err
			}
			a, err := run.Stored(c.Context, dir)
			if err != nil {
				return err
			}
			path, err := history.Store{Dir: c.String("dir")}.Save(a, c.String("label"), c.Bool("force"))
			if err != nil {
				return err
			}
			fmt.Fprintln(w.stdout, path)
			return nil
		},
	}
}

func baselineList(w environment) *cli.Command {
	formats := slices.Sorted(maps.Keys(report.BaselinesFormats))
	return &cli.Command{
		Name:      "list",
		Usage:     "the baselines there are, oldest first",
		ArgsUsage: "[KEPT-SCENARIO]",
		Flags: []cli.Flag{
			baselinesFlag(),
			&cli.StringFlag{Name: "format", Value: "text", Usage: "print it as `" + strings.Join(formats, "|") + "`"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE` instead of the standard output"},
			runsFlag(),
		},
		Action: func(c *cli.Context) error {
			show, err := chosenFormat(c, formats, report.BaselinesFormats)
			if err != nil {
				return err
			}
			if c.NArg() > 1 {
				return usage("list takes one scenario or none, got %d: see `stress baseline list --help`", c.NArg())
			}
			kept, err := baselines(c, w)
			if err == nil && c.NArg() == 1 {
				kept, err = history.OfScenario(kept, c.Args().First())
			}
			if err != nil {
				return err
			}
			linkPages(c, kept)
			found := report.Kept{Dir: c.String("dir"), Entries: history.Grouped(kept)}
			return toFile(w, c.String("output"), func(out io.Writer, o report.Options) error { return show(out, found, o) })
		},
	}
}

func baselineShow(w environment) *cli.Command {
	formats := []string{"text", "md", "csv", "json"}
	return &cli.Command{
		Name:      "show",
		Usage:     "the report of a baseline",
		ArgsUsage: "BASELINE|FILE",
		Description: "BASELINE is as \"stress baseline list\" has it, its last part, or a label that only one has.\n" +
			"Plots are not kept: they are in the run directory.",
		Flags: []cli.Flag{
			baselinesFlag(),
			&cli.StringFlag{Name: "format", Value: "text", Usage: "print it as `" + strings.Join(formats, "|") + "`"},
			&cli.StringFlag{Name: "report", Value: "all", Usage: "how much of it: `all|summary`"},
		},
		Action: func(c *cli.Context) error {
			name, err := oneArg(c, "baseline")
			if err != nil {
				return err
			}
			full, err := reportChoice(c)
			if err != nil {
				return err
			}
			show, err := chosenFormat(c, formats, report.Formats)
			if err != nil {
				return err
			}
			kept, err := baselines(c, w)
			if err != nil {
				return err
			}
			e, err := history.Find(kept, name)
			if err != nil {
				return err
			}
			o := options(w)
			o.Full = full
			return show(w.stdout, e.Run, o)
		},
	}
}

func baselinePrune(w environment) *cli.Command {
	return &cli.Command{
		Name:  "prune",
		Usage: "remove all but the newest of each scenario and machine",
		Flags: []cli.Flag{
			baselinesFlag(),
			&cli.IntFlag{Name: "keep", Usage: "`NUMBER` to keep of each, at least 1"},
			&cli.BoolFlag{Name: "dry-run", Usage: "only say what would go"},
		},
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usage("prune takes no arguments: see `stress baseline prune --help`")
			}
			if c.Int("keep") < 1 {
				return usage("--keep: say how many to keep of each scenario and machine, 1 or more")
			}
			kept, err := baselines(c, w)
			if err != nil {
				return err
			}
			store, verb := history.Store{Dir: c.String("dir")}, "removed"
			if c.Bool("dry-run") {
				verb = "would remove"
			}
			for _, e := range history.Surplus(kept, c.Int("keep")) {
				if !c.Bool("dry-run") {
					if err := store.Remove(e); err != nil {
						return err
					}
				}
				fmt.Fprintf(w.stdout, "%s %s\n", verb, e.Path)
			}
			return nil
		},
	}
}

// baselines are all that can be read; the others are named on the standard error.
func baselines(c *cli.Context, w environment) ([]result.Entry, error) {
	kept, broken, err := history.Store{Dir: c.String("dir")}.List()
	for _, b := range broken {
		fmt.Fprintf(w.stderr, "stress: left out: %s\n", plain.Line(explained(b)))
	}
	return kept, err
}

// options are how text is shown on the standard output.
func options(w environment) report.Options {
	return report.Options{Color: w.color(), Width: w.terminal.width}
}

// chosenFormat is the form that --format names.
func chosenFormat[F any](c *cli.Context, names []string, all map[string]F) (F, error) {
	name := c.String("format")
	for _, n := range names {
		if n == name {
			return all[n], nil
		}
	}
	var none F
	return none, usage("--format: %q is none of %s", name, strings.Join(names, "|"))
}
