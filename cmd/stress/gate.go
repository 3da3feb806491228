package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/analyze/compare"
	judging "github.com/stress-tool/stress/analyze/gate"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/run/gate"
	"github.com/stress-tool/stress/scenarios"
)

func gateCommand(w environment, in *interrupts) *cli.Command {
	return &cli.Command{
		Name:      "gate",
		Usage:     "hold a run to the limits of its scenario, and against a baseline",
		ArgsUsage: "RUN | --run SCENARIO | --aa SCENARIO",
		Description: "RUN is a run directory: it is judged as it is stored. --run SCENARIO measures, in\n" +
			"10 rounds unless it says otherwise, and judges that; while they cannot tell, or begin to\n" +
			"say FAIL, it goes on to twice as many, or to --most-rounds, within a budget if there is\n" +
			"one. --aa SCENARIO measures every target against itself:\n" +
			"how much this machine makes of no difference at all. What it finds is kept, and later\n" +
			"gates refuse a tolerance below it.\n\n" +
			"The limits are under gate in the scenario:\n" +
			"  gate:\n" +
			"    p95: {worse_by: 10%, and: 5ms}\n" +
			"    error_rate: {max: 1%}\n\n" +
			"A baseline is a run, a summary.json, or a directory of \"stress baseline save\", from which\n" +
			"the newest of this scenario and machine is taken. Without --baseline the run's own\n" +
			"baseline target is the baseline, where its scenario compares two.\n\n" +
			"Exit codes: 0 pass, 1 fail, 2 usage or scenario error, 3 inconclusive (see\n" +
			"--inconclusive), 4 invalid measurement, 5 could not run, 130 interrupted.",
		Flags: gateFlags(),
		Action: func(c *cli.Context) error {
			if err := gateLineFits(c); err != nil {
				return err
			}
			forms, err := newForms(c, w)
			if err != nil {
				return err
			}
			j := &gateRun{c: c, w: w, in: in, forms: forms}
			answer, err := j.ask()
			j.fleet.close()
			if answer == nil {
				return gateAdvice(err)
			}
			return j.answer(answer, err)
		},
	}
}

func gateFlags() []cli.Flag {
	fs := []cli.Flag{
		&cli.StringFlag{Name: "run", Usage: "measure `SCENARIO`, or an address, and judge that; takes the flags of stress run too"},
		&cli.StringFlag{Name: "aa", Usage: "measure every target of `SCENARIO` against itself, and keep the noise"},
		&cli.StringFlag{Name: "baseline", Usage: "hold the run against `RUN|DIR`: a run, a summary.json or a directory of baselines"},
		&cli.StringFlag{Name: "scenario", Usage: "take the limits from `SCENARIO` instead of the run's own"},
		&cli.StringFlag{Name: "noise", Usage: "`FILE` of the noise, noise.json in the directory of baselines if not given"},
		&cli.StringFlag{Name: "inconclusive", Value: "exit", Usage: "what INCONCLUSIVE is to the exit code: `exit|pass|fail`; exit is 3"},
		&cli.StringFlag{Name: "format", Value: "text", Usage: "print it as `" + gateFormats() + "`"},
		&cli.BoolFlag{Name: "json", Usage: "the same as --format json"},
		&cli.StringSliceFlag{Name: "write", Usage: "write a form of it to a file as well, `FORMAT=FILE`; may be repeated"},
		&cli.BoolFlag{Name: "github", Usage: "for GitHub Actions: annotations after the text, and Markdown for the step's summary"},
	}
	return append(fs, measuringFlags()...)
}

// measuringFlags are the flags that mean nothing for a run that is stored.
func measuringFlags() []cli.Flag {
	return slices.Concat(scenarioFlags(), choiceFlags(), measureFlags())
}

func gateFormats() string {
	return strings.Join(slices.Sorted(maps.Keys(report.GateFormats)), "|")
}

// gateLineFits refuses a command line that does not fit together.
func gateLineFits(c *cli.Context) error {
	measures := c.IsSet("run") || c.IsSet("aa")
	switch {
	case c.IsSet("run") && c.IsSet("aa"):
		return usage("gate: --run judges a target and --aa the machine: one at a time")
	case measures && c.NArg() > 0:
		return usage("gate: %s is stored already: leave out --run and --aa to judge it", c.Args().First())
	case !measures && c.NArg() != 1:
		return usage("gate takes one run directory, or --run SCENARIO: see `stress gate --help`")
	case !measures && namesScenario(c.Args().First()):
		return usage("gate: %s is a scenario, and no run: --run %[1]s measures it and judges that", c.Args().First())
	case c.IsSet("aa") && (c.IsSet("baseline") || c.IsSet("scenario")):
		return usage("gate: --aa holds a scenario's targets against themselves: leave out --baseline and --scenario")
	case measures:
		return nil
	}
	for _, f := range measuringFlags() {
		if name := f.Names()[0]; c.IsSet(name) {
			return usage("gate: --%s is for measuring: add --run SCENARIO", name)
		}
	}
	return nil
}

// gateRun is one call of `stress gate`.
type gateRun struct {
	c     *cli.Context
	w     environment
	in    *interrupts
	forms forms
	fleet *fleet // nil: the load comes from here
}

// ask judges the run that the command line names, or measures and judges one.
func (j *gateRun) ask() (*gate.Result, error) {
	o, err := j.options()
	if err != nil {
		return nil, err
	}
	ctx := j.c.Context
	if !j.c.IsSet("run") && !j.c.IsSet("aa") {
		dir, err := findRun(j.w, j.c.Args().First())
		if err != nil {
			return nil, err
		}
		return gate.Judge(ctx, dir, o)
	}
	name, ask := j.c.String("run"), gate.Run
	if j.c.IsSet("aa") {
		name, ask = j.c.String("aa"), gate.Twins
	}
	a, err := newScenarioArgs(j.c, j.w, []string{name})
	if err != nil {
		return nil, err
	}
	a.opts.Rounds = gate.Rounds
	sc, err := a.scenario(j.w.lookup)
	if err != nil {
		return nil, err
	}
	if j.fleet, err = newFleet(j.c, j.w, a, j.w.lookup); err != nil {
		return nil, err
	}
	o.Machine = j.fleet.machine()
	return ask(ctx, sc, o)
}

// options are what the flags say.
func (j *gateRun) options() (gate.Options, error) {
	c := j.c
	o := gate.Options{
		Baseline: c.String("baseline"), Noise: c.String("noise"),
		Measure: j.measure, Dir: c.String("out"), Targets: c.StringSlice("target"),
		Drain: j.in.first,
	}
	file := c.String("scenario")
	if file == "" {
		return o, nil
	}
	// Without the overrides of a measurement: they are for the scenario that runs.
	doc, err := scenarios.Find(file, j.w.stdin)
	if err != nil {
		return o, err
	}
	sc, err := doc.Parse(scenarios.Options{Lookup: j.w.lookup})
	if err != nil {
		return o, err
	}
	if o.Limits = sc.Gate; len(o.Limits) == 0 {
		return o, judging.ErrNoLimits
	}
	return o, nil
}

// quiet reports that nothing is said of the measuring.
func (j *gateRun) quiet() bool { return j.c.Bool("quiet") || j.forms.print == "json" }

// measure is the [gate.Measure] of the command line.
func (j *gateRun) measure(ctx context.Context, sc *scenarios.Scenario, dir string, looks run.Looks) (*result.Analysis, string, error) {
	a, dir, err := measureScenario(j.c, j.w, j.in, sc, run.Options{Dir: dir, Targets: j.c.StringSlice("target"), Looks: looks, Performer: j.fleet.performer()}, j.quiet())
	if a == nil {
		return nil, dir, err
	}
	return a, dir, errors.Join(err, report.WriteAll(j.in.writing, dir, a))
}

// gateAdvice says what to change on the command line.
func gateAdvice(err error) error {
	switch {
	case errors.As(err, new(*gate.UnjudgedError)):
		return &exitError{exitUnable, err}
	case errors.Is(err, judging.ErrNoLimits):
		return usage("%w: say what is asked in the scenario, or name one that does with --scenario:\n"+
			"  gate:\n    p95: {worse_by: 10%%, and: 5ms}\n    error_rate: {max: 1%%}", err)
	case errors.Is(err, gate.ErrNoNoise):
		return usage("--noise: %w: `stress gate --aa` makes one", err)
	case errors.Is(err, gate.ErrBothTargets):
		return usage("gate: %w: leave out --target", err)
	case errors.As(err, new(*compare.RefusedError)):
		return usage("gate: %w", err)
	}
	return err
}
