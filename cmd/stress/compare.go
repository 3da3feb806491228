package main

import (
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/run"
)

func compareCommand(w environment) *cli.Command {
	formats := strings.Join(slices.Sorted(maps.Keys(report.ComparisonFormats)), "|")
	return &cli.Command{
		Name:      "compare",
		Usage:     "say whether two targets, or two runs, really differ",
		ArgsUsage: "RUN [RUN]",
		Description: "One run: its baseline target against its candidate. Two runs, the first of them the\n" +
			"baseline: every target that both have. A RUN is a run directory, or its summary.json.\n\n" +
			"It answers, and does not judge: the exit code is 0 whatever the answer. \"stress gate\"\n" +
			"holds a run to limits.",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "target", Usage: "of two runs, compare only `TARGET`; may be repeated"},
			&cli.StringFlag{Name: "baseline", Usage: "`TARGET` of the baseline, if not the scenario's"},
			&cli.StringFlag{Name: "candidate", Usage: "`TARGET` of the candidate, if not the scenario's"},
			&cli.BoolFlag{Name: "anyway", Usage: "compare runs of different loads, and warn"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "print it as `" + formats + "`"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE` instead of the standard output"},
		},
		Action: func(c *cli.Context) error {
			show, ok := report.ComparisonFormats[c.String("format")]
			if !ok {
				return usage("--format: %q is none of %s", c.String("format"), formats)
			}
			compared, err := compareArgs(c, w)
			if err != nil {
				return err
			}
			return output(w, c.String("output"), func(out io.Writer, toTerminal bool) error {
				return show(out, compared, report.Options{
					Color: toTerminal && w.color(), Width: w.terminal.width, Link: linksFrom(c.String("output"), "."),
				})
			})
		},
	}
}

// compareArgs compares what the command line names.
func compareArgs(c *cli.Context, w environment) (out report.Compared, err error) {
	if n := c.NArg(); n < 1 || n > 2 {
		return out, usage("compare takes one RUN or two, got %d: see `stress compare --help`", n)
	}
	var runs []compare.Pick
	for _, path := range c.Args().Slice() {
		path, err := findRun(w, path)
		if err != nil {
			return out, err
		}
		a, err := run.Stored(c.Context, path)
		if err != nil {
			return out, err
		}
		runs, out.Runs = append(runs, compare.Pick{Run: a, Label: path}), append(out.Runs, a)
	}
	pairs, err := pairs(c, runs)
	if err != nil {
		return out, compareAdvice(err)
	}
	out.Comparisons, err = compare.All(pairs, c.Bool("anyway"))
	for _, compared := range out.Comparisons {
		for i := range compared.Runs {
			side := &compared.Runs[i]
			side.Page = pageIn(side.Label) // runs are called by their paths
		}
	}
	return out, compareAdvice(err)
}

// pairs are the targets that the command line holds against each other.
func pairs(c *cli.Context, runs []compare.Pick) ([]compare.Pair, error) {
	baseline, candidate := c.String("baseline"), c.String("candidate")
	switch named := c.IsSet("baseline") || c.IsSet("candidate"); {
	case len(runs) == 1 && c.IsSet("target"):
		return nil, usage("--target is for two runs: name the two targets of one with --baseline and --candidate")
	case len(runs) == 1:
		return compare.PairsWithin(runs[0], baseline, candidate)
	case !named:
		return compare.PairsAcross(runs[0], runs[1], c.StringSlice("target"))
	case baseline == "" || candidate == "":
		return nil, usage("compare: of two runs name both --baseline and --candidate, or --target for one that both have")
	}
	runs[0].Target, runs[1].Target = baseline, candidate
	return compare.Across(runs[0], runs[1])
}

// compareAdvice says what to change on the command line.
func compareAdvice(err error) error {
	var refused *compare.RefusedError
	switch {
	case err == nil, errors.As(err, new(*exitError)):
		return err
	case errors.As(err, &refused):
		return usage("compare: these runs do not answer the same question:\n  %s\n--anyway compares them all the same", strings.Join(refused.Reasons, "\n  "))
	case errors.Is(err, compare.ErrOneTarget):
		return usage("compare: %w: name a second run to hold it against", err)
	case errors.Is(err, compare.ErrWhichTargets):
		return usage("compare: %w: say which with --baseline and --candidate", err)
	case errors.Is(err, compare.ErrNoneShared):
		return usage("compare: %w; name one of each with --baseline and --candidate", err)
	}
	return usage("compare: %w", err)
}
