package main

import (
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/run"
)

func compareCommand(w world) *cli.Command {
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
				return show(out, compared, report.Options{Color: toTerminal && w.color(), Width: w.terminal.width})
			})
		},
	}
}

// compareArgs compares what the command line names.
func compareArgs(c *cli.Context, w world) ([]*analyze.Comparison, error) {
	if n := c.NArg(); n < 1 || n > 2 {
		return nil, usage("compare takes one RUN or two, got %d: see `stress compare --help`", n)
	}
	baseline, err := picked(c, w, c.Args().First())
	if err != nil {
		return nil, err
	}
	candidate := baseline
	if c.NArg() == 1 {
		baseline.Target, candidate.Target, err = sides(c, baseline.Run)
		if err != nil {
			return nil, err
		}
		return comparisons([][2]analyze.Pick{{baseline, candidate}})
	}
	if candidate, err = picked(c, w, c.Args().Get(1)); err != nil {
		return nil, err
	}
	pairs, err := pairsOf(c, baseline, candidate)
	if err != nil {
		return nil, err
	}
	if refusals, _ := analyze.Differs(pairs[0][0], pairs[0][1]); len(refusals) > 0 && !c.Bool("anyway") {
		return nil, usage("compare: these runs do not answer the same question:\n  %s\n--anyway compares them all the same", strings.Join(refusals, "\n  "))
	}
	return comparisons(pairs)
}

// picked is a run of the command line.
func picked(c *cli.Context, w world, path string) (analyze.Pick, error) {
	path, err := findRun(w, path)
	if err != nil {
		return analyze.Pick{}, err
	}
	a, err := run.Stored(c.Context, path)
	return analyze.Pick{Run: a, Label: path}, err
}

func comparisons(pairs [][2]analyze.Pick) ([]*analyze.Comparison, error) {
	var out []*analyze.Comparison
	for _, p := range pairs {
		c, err := analyze.Compare(p[0], p[1])
		if err != nil {
			return nil, usage("compare: %w", err)
		}
		out = append(out, c)
	}
	return out, nil
}

// sides are the two targets of one run.
func sides(c *cli.Context, a *analyze.Analysis) (baseline, candidate string, err error) {
	if c.IsSet("target") {
		return "", "", usage("--target is for two runs: name the two targets of one with --baseline and --candidate")
	}
	names := a.Targets()
	if t := a.Run.Turns; t != nil && t.Baseline != "" && t.Candidate != "" {
		baseline, candidate = t.Baseline, t.Candidate
	} else if len(names) == 2 {
		baseline, candidate = names[0], names[1]
	}
	if c.IsSet("baseline") {
		baseline = c.String("baseline")
	}
	if c.IsSet("candidate") {
		candidate = c.String("candidate")
	}
	switch {
	case len(names) < 2:
		return "", "", usage("compare: the run has one target only: name a second run to hold it against")
	case baseline == "" || candidate == "":
		return "", "", usage("compare: the run has the targets %s: say which with --baseline and --candidate", strings.Join(names, ", "))
	case baseline == candidate:
		return "", "", usage("compare: baseline and candidate are both %s", baseline)
	}
	return baseline, candidate, nil
}

// pairsOf are the targets of two runs that are held against each other: the ones they
// share, or one of each by name.
func pairsOf(c *cli.Context, baseline, candidate analyze.Pick) ([][2]analyze.Pick, error) {
	pair := func(b, c string) [2]analyze.Pick {
		baseline.Target, candidate.Target = b, c
		return [2]analyze.Pick{baseline, candidate}
	}
	if c.IsSet("baseline") || c.IsSet("candidate") {
		if c.String("baseline") == "" || c.String("candidate") == "" {
			return nil, usage("compare: of two runs name both --baseline and --candidate, or --target for one that both have")
		}
		return [][2]analyze.Pick{pair(c.String("baseline"), c.String("candidate"))}, nil
	}
	names := c.StringSlice("target")
	if len(names) == 0 {
		names = slices.DeleteFunc(baseline.Run.Targets(), func(name string) bool {
			return !slices.Contains(candidate.Run.Targets(), name)
		})
	}
	if len(names) == 0 {
		return nil, usage("compare: the runs share no target: %s has %s, %s has %s; name one of each with --baseline and --candidate",
			baseline.Label, targetNames(baseline), candidate.Label, targetNames(candidate))
	}
	var pairs [][2]analyze.Pick
	for _, name := range names {
		pairs = append(pairs, pair(name, name))
	}
	return pairs, nil
}

func targetNames(p analyze.Pick) string {
	if names := p.Run.Targets(); len(names) > 0 {
		return strings.Join(names, ", ")
	}
	return "none"
}
