package main

import (
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/analyze/capacity"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/report"
)

func capacityCommand(w environment) *cli.Command {
	formats := slices.Sorted(maps.Keys(report.GrowthFormats))
	return &cli.Command{
		Name:  "capacity",
		Usage: "how throughput grows with size, and how many a throughput needs",
		Description: "Fits models to measured saturation throughputs: linear growth, Amdahl's law, the\n" +
			"Universal Scalability Law and a hard ceiling. It says which of them the points\n" +
			"speak for, where the throughput ends, and what to expect of other sizes.\n\n" +
			"FILE is CSV. Its first line is n,throughput or n,throughput,mean_ms: n replicas,\n" +
			"processors or clients, the most requests per second that they do, and the mean\n" +
			"response time in milliseconds. - is the standard input. Rates within an SLO do\n" +
			"not belong there: they may rightly grow faster than n.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "points", Usage: "read the points from `FILE`"},
			&cli.StringFlag{Name: "need", Usage: "say what n the throughput `RATE` takes, in requests per second"},
			&cli.StringSliceFlag{Name: "at", Usage: "predict the throughput at size `N`; may be repeated"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "print it as `" + strings.Join(formats, "|") + "`"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE` instead of the standard output"},
		},
		Action: func(c *cli.Context) error {
			show, err := chosenFormat(c, formats, report.GrowthFormats)
			if err != nil {
				return err
			}
			g, err := growthOf(c, w)
			if err != nil {
				return err
			}
			if err := toFile(w, c.String("output"), func(out io.Writer, o report.Options) error { return show(out, g, o) }); err != nil {
				return err
			}
			if !g.Fits {
				return &exitError{code: exitInconclusive}
			}
			return nil
		},
	}
}

// growthOf is what the points of the flags come to.
func growthOf(c *cli.Context, w environment) (*result.Growth, error) {
	file := c.String("points")
	switch {
	case c.NArg() > 0:
		return nil, usage("capacity takes no argument, got %q: points are given with --points FILE", c.Args().First())
	case file == "":
		return nil, usage("capacity needs --points FILE: see `stress capacity --help`")
	}
	ask, err := questionOf(c)
	if err != nil {
		return nil, err
	}
	points, err := readPoints(w, file)
	if err != nil {
		return nil, usage("%w", err)
	}
	g, err := capacity.Growth(file, points, ask)
	if err != nil {
		return nil, usage("%w", err)
	}
	return g, nil
}

func questionOf(c *cli.Context) (ask capacity.Question, err error) {
	if c.IsSet("need") {
		if ask.Need, err = positive("need", strings.TrimSuffix(c.String("need"), "/s")); err != nil {
			return ask, err
		}
	}
	for _, text := range c.StringSlice("at") {
		n, err := positive("at", text)
		if err != nil {
			return ask, err
		}
		ask.At = append(ask.At, n)
	}
	return ask, nil
}

// positive is the number of a flag.
func positive(flag, text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v > 0) || math.IsInf(v, 0) {
		return 0, usage("--%s: must be a number greater than 0, got %q", flag, text)
	}
	return v, nil
}

func readPoints(w environment, file string) ([]capacity.Measured, error) {
	if file == stdoutName {
		return capacity.ReadPoints(w.stdin, "standard input")
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("--points: %w", err)
	}
	defer f.Close()
	return capacity.ReadPoints(f, file)
}
