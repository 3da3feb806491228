package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/trend"
	"github.com/stress-tool/stress/history"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/report/figure"
)

func trendCommand(w environment) *cli.Command {
	formats := slices.Sorted(maps.Keys(report.TrendFormats))
	return &cli.Command{
		Name:      "trend",
		Usage:     "follow a metric over the baselines, and find where it changed",
		ArgsUsage: "KEPT-SCENARIO",
		Description: "KEPT-SCENARIO is one that \"stress baseline list\" has. Every baseline of it counts\n" +
			"once. A change is one that lasts: a single slow run is none. Machines never mix:\n" +
			"without --machine it is that of the newest baseline.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "metric", Value: metric.P95.Name, Usage: "`METRIC` to follow, as p95{login} of one request: " + strings.Join(metric.Names(metric.Kept), ", ")},
			&cli.StringFlag{Name: "target", Usage: "`TARGET` to follow; the only one, or the candidate, where it is left out"},
			&cli.StringFlag{Name: "load", Usage: "`LOAD` to follow; the one that gives the newest run's answer where it is left out"},
			&cli.StringFlag{Name: "machine", Usage: "`MACHINE`, as stress baseline list has it"},
			baselinesFlag(),
			&cli.StringFlag{Name: "format", Value: "text", Usage: "print it as `" + strings.Join(formats, "|") + "`"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE` instead of the standard output"},
			runsFlag(),
			&cli.StringFlag{Name: "plot", Usage: "also draw it into `FILE`, which ends in .png or .svg"},
		},
		Action: func(c *cli.Context) error {
			scenario, err := oneArg(c, "scenario")
			if err != nil {
				return err
			}
			show, err := chosenFormat(c, formats, report.TrendFormats)
			if err != nil {
				return err
			}
			picture, err := plotFormat(c.String("plot"))
			if err != nil {
				return err
			}
			if err := differentFiles("--plot", c.String("plot"), "--output", c.String("output")); err != nil {
				return err
			}
			t, err := trendOf(c, w, scenario)
			if err != nil {
				return err
			}
			err = toFile(w, c.String("output"), func(out io.Writer, o report.Options) error { return show(out, t, o) })
			if picture != "" {
				draw := figure.OfTrend(t).Draw
				err = errors.Join(err, writeFile(w, c.String("plot"), func(out io.Writer) error { return draw(out, picture) }))
			}
			return err
		},
	}
}

// plotFormat is what a file's name says of its form; "" for no file.
func plotFormat(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	switch format := strings.TrimPrefix(strings.ToLower(filepath.Ext(file)), "."); format {
	case "png", "svg":
		return format, nil
	}
	return "", usage("--plot: %q ends neither in .png nor in .svg", file)
}

// trendOf follows what the flags ask for.
func trendOf(c *cli.Context, w environment, scenario string) (*result.Trend, error) {
	kept, err := baselines(c, w)
	if err != nil {
		return nil, err
	}
	kept, err = history.OfScenario(kept, scenario)
	if err != nil {
		return nil, err
	}
	kept, others, err := history.OfMachine(kept, c.String("machine"))
	if err != nil {
		return nil, err
	}
	linkPages(c, kept)
	parts, without, err := trend.UnderLoad(kept, c.String("load"))
	if err != nil {
		return nil, usage("%s", plain.Line(explained(err)))
	}
	t, err := trend.Of(parts, c.String("target"), c.String("metric"))
	if err != nil {
		return nil, usage("%s", plain.Line(explained(err))) // it may quote labels
	}
	t.Warnings = append(t.Warnings, without...)
	if len(others) > 0 {
		t.Warnings = append(t.Warnings, fmt.Sprintf("there are baselines of other machines, see them with --machine: %s", strings.Join(others, ", ")))
	}
	return t, nil
}
