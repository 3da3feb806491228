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
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/analyze/capacity"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/scenarios"
)

// capacityName is the command's; some of its flags mean another key than those of others.
const capacityName = "capacity"

func capacityCommand(w environment, in *interrupts) *cli.Command {
	return &cli.Command{
		Name:      capacityName,
		Usage:     "how much load each target carries, how that grows with size, and what a demand costs",
		ArgsUsage: "[SCENARIO | URL...]",
		Description: "A scenario, or an address, is searched for the largest rate at which its SLO holds,\n" +
			"target by target; each probe is a run of its own below the directory of the study:\n" +
			"  stress capacity http://127.0.0.1:8080/ --slo 'p95 < 250ms' --slo 'error_rate < 1%'\n" +
			"Exit codes: 0 every target's was found, 3 some was not, 5 could not run, 130\n" +
			"interrupted: --resume DIR goes on. The other questions measure nothing.\n\n" +
			"--points fits models to measured saturation throughputs: linear growth, Amdahl's\n" +
			"law, the Universal Scalability Law and a hard ceiling. It says which of them the\n" +
			"points speak for, where the throughput ends, and what to expect of other sizes.\n" +
			"The file is CSV. Its first line is n,throughput or n,throughput,mean_ms: n\n" +
			"replicas, processors or clients, the most requests per second that they do, and\n" +
			"the mean response time in milliseconds. - is the standard input. Rates within an\n" +
			"SLO do not belong there: they may rightly grow faster than n.\n\n" +
			"--decide holds options against a demand: what each carries, how long it lasts,\n" +
			"what it costs, and what would change the answer.\n\n" +
			"--queue predicts the p95 under load from the times of a run in which no request\n" +
			"waited, such as one of a single client. docs/capacity.md has an example of each.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "points", Usage: "read measured throughputs from `FILE`"},
			&cli.StringFlag{Name: "need", Usage: "with --points: say what n the throughput `RATE` takes, in requests per second"},
			&cli.StringSliceFlag{Name: "at", Usage: "with --points: predict the throughput at size `N`; may be repeated"},
			&cli.StringFlag{Name: decideFlag, Usage: "read demand, options and prices from `FILE`"},
			&cli.StringFlag{Name: "study", Usage: "with --decide: take what the options carry from the study in `DIR`, and write its report anew"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "print it as `json|md|text`; a decision also as html"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE` instead of the standard output"},
		}, slices.Concat(forecastFlags(), searchFlags())...),
		Action: func(c *cli.Context) error {
			asked := slices.ContainsFunc(questions, func(q question) bool { return c.IsSet(q.flag) && q.flag != decideFlag })
			if c.NArg() > 0 && !asked {
				return search(c, w, in)
			}
			if c.NArg() > 0 {
				return usage("this question measures nothing, and takes no argument: got %q", c.Args().First())
			}
			for _, question := range questions {
				if c.IsSet(question.flag) {
					if err := question.alone(c); err != nil {
						return err
					}
					return question.print(c, w)
				}
			}
			return usage("capacity takes a scenario or an address, or --points FILE, --decide FILE or --queue RUN: see `stress capacity --help`")
		},
	}
}

// decideFlag names what is to be decided, with what is measured or with what was.
const decideFlag = "decide"

// question is one of those that the command answers, by the flag that asks it.
type question struct {
	flag  string
	with  []string // the flags that go with it alone
	print func(c *cli.Context, w environment) error
}

var questions = []question{
	{"points", []string{"need", "at"}, printGrowth},
	{decideFlag, []string{"study"}, printDecision},
	{"queue", []string{"target", "replicas", "workers", "balancer", "arrivals", "rate", "slo"}, printForecast},
}

// alone refuses the flags of the other questions.
func (q question) alone(c *cli.Context) error {
	for _, other := range questions {
		for _, flag := range append(other.with, other.flag) {
			if other.flag != q.flag && c.IsSet(flag) {
				return usage("--%s does not go with --%s: see `stress capacity --help`", flag, q.flag)
			}
		}
	}
	return nil
}

// printGrowth says how throughput grows, and is inconclusive where no model fits.
func printGrowth(c *cli.Context, w environment) error {
	show, err := chosenFormat(c, slices.Sorted(maps.Keys(report.GrowthFormats)), report.GrowthFormats)
	if err != nil {
		return err
	}
	ask, err := questionOf(c)
	if err != nil {
		return err
	}
	file := c.String("points")
	points, err := readPoints(w, file)
	if err != nil {
		return usage("%w", err)
	}
	g, err := capacity.Growth(file, points, ask)
	if err != nil {
		return usage("%w", err)
	}
	if err := toFile(w, c.String("output"), func(out io.Writer, o report.Options) error { return show(out, g, o) }); err != nil {
		return err
	}
	if !g.Fits {
		return &exitError{code: exitInconclusive}
	}
	return nil
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

// printDecision says which option to take. Of a study it also writes the page anew, unless another form or file
// is asked for.
func printDecision(c *cli.Context, w environment) error {
	show, err := chosenFormat(c, slices.Sorted(maps.Keys(report.DecisionFormats)), report.DecisionFormats)
	if err != nil {
		return err
	}
	of, text, err := scenarios.LoadCase(c.String(decideFlag))
	if err != nil {
		return err
	}
	dir := c.String("study")
	var study *result.Study
	if dir != "" {
		if study, err = result.ReadStudy(dir); err != nil {
			return usage("%w", err)
		}
	}
	if of, err = of.WithStudy(study); err != nil {
		return usage("%s: %w", c.String(decideFlag), err)
	}
	d := capacity.Decide(of, time.Now().UTC())
	err = toFile(w, c.String("output"), func(out io.Writer, o report.Options) error { return show(out, d, o) })
	if err != nil || dir == "" || c.IsSet("format") || c.IsSet("output") {
		return err
	}
	return keepDecision(c, w, dir, text)
}
