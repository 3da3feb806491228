package main

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/history"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

func gateCommand(w world, in *interrupts) *cli.Command {
	return &cli.Command{
		Name:      "gate",
		Usage:     "hold a run to the limits of its scenario, and against a baseline",
		ArgsUsage: "RUN | --run SCENARIO | --aa SCENARIO",
		Description: "RUN is a run directory: it is judged as it is stored. --run SCENARIO measures, in\n" +
			"10 rounds unless it says otherwise, and judges that; what fails by more than chance is\n" +
			"measured once more before it counts. --aa SCENARIO measures every target against itself:\n" +
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
			j, err := newGatekeeper(c, w, in)
			if err != nil {
				return err
			}
			switch file := c.String("run"); {
			case c.IsSet("aa"):
				return j.noise(c.String("aa"))
			case c.IsSet("run"):
				return j.scenario(file)
			default:
				return j.stored(c.Args().First())
			}
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
		&cli.BoolFlag{Name: "no-again", Usage: "with --run: let what fails count at once"},
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
	return together(scenarioFlags(), choiceFlags(), measureFlags())
}

func gateFormats() string {
	return strings.Join(slices.Sorted(maps.Keys(report.GateFormats)), "|")
}

// gatekeeper is one use of `stress gate`.
type gatekeeper struct {
	c     *cli.Context
	w     world
	in    *interrupts
	forms forms
}

// newGatekeeper refuses a command line that does not fit together, before anything is
// measured.
func newGatekeeper(c *cli.Context, w world, in *interrupts) (*gatekeeper, error) {
	measures := c.IsSet("run") || c.IsSet("aa")
	switch {
	case c.IsSet("run") && c.IsSet("aa"):
		return nil, usage("gate: --run judges a target and --aa the machine: one at a time")
	case measures && c.NArg() > 0:
		return nil, usage("gate: %s is stored already: leave out --run and --aa to judge it", c.Args().First())
	case !measures && c.NArg() != 1:
		return nil, usage("gate takes one run directory, or --run SCENARIO: see `stress gate --help`")
	case c.IsSet("aa") && (c.IsSet("baseline") || c.IsSet("scenario")):
		return nil, usage("gate: --aa holds a scenario's targets against themselves: leave out --baseline and --scenario")
	}
	if !measures {
		for _, f := range append(measuringFlags(), &cli.BoolFlag{Name: "no-again"}) {
			if name := f.Names()[0]; c.IsSet(name) {
				return nil, usage("gate: --%s is for measuring: add --run SCENARIO", name)
			}
		}
	}
	if out := c.String("out"); measures && out != "" { // what fails is measured once more, beside it
		if err := runlog.Free(againDir(out)); err != nil {
			return nil, err
		}
	}
	fs, err := newForms(c, w)
	if err != nil {
		return nil, err
	}
	return &gatekeeper{c, w, in, fs}, nil
}

// stored judges a run that is there.
func (j *gatekeeper) stored(dir string) error {
	dir, err := findRun(j.w, dir)
	if err != nil {
		return err
	}
	a, err := readRun(j.c.Context, dir)
	if err != nil {
		return err
	}
	limits, err := j.limits(a.Run.Gate)
	if err != nil {
		return err
	}
	base, err := j.baseline(a)
	if err != nil {
		return err
	}
	g, err := j.judge(a, dir, base, limits)
	if err != nil {
		return err
	}
	return j.answer(g, dir, nil)
}

// limits are the run's own, or those of --scenario.
func (j *gatekeeper) limits(own []analyze.Limit) ([]analyze.Limit, error) {
	if file := j.c.String("scenario"); file != "" {
		// Without the overrides of a measurement: they are for the scenario that runs.
		sc, err := scenarios.Load(file, scenarios.Options{Lookup: j.w.lookup})
		if err != nil {
			return nil, err
		}
		own = sc.Gate
	}
	if len(own) == 0 {
		return nil, usage("%w: say what is asked in the scenario, or name one that does with --scenario:\n"+
			"  gate:\n    p95: {worse_by: 10%%, and: 5ms}\n    error_rate: {max: 1%%}", analyze.ErrNoLimits)
	}
	return own, nil
}

// kept is a baseline run and what the user called it; nil without one.
type kept struct {
	run   *analyze.Analysis
	label string
}

// baseline is the run that --baseline names, of a directory of baselines the newest
// before the candidate.
func (j *gatekeeper) baseline(candidate *analyze.Analysis) (kept, error) {
	path := j.c.String("baseline")
	if path == "" {
		return kept{}, nil
	}
	if j.isStore(path) {
		a, file, err := history.Latest(path, candidate)
		return kept{a, called(a, file)}, err
	}
	a, err := readRun(j.c.Context, path)
	return kept{a, called(a, path)}, err
}

// called is a baseline's label, where its owner gave one, and its file.
func called(a *analyze.Analysis, path string) string {
	if a == nil || a.Label == "" {
		return path
	}
	return a.Label + " (" + path + ")"
}

// isStore reports that a path is a directory, and not that of a run.
func (j *gatekeeper) isStore(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir() && !exists(filepath.Join(path, "run.json")) && !exists(filepath.Join(path, report.SummaryFile))
}

// judge holds a run to limits and, where that was measured, to the noise.
func (j *gatekeeper) judge(a *analyze.Analysis, label string, base kept, limits []analyze.Limit) (*analyze.Gate, error) {
	noise, err := j.noiseOf(a.Name, a.Run.Machine, base.run == nil)
	if err != nil {
		return nil, err
	}
	g, err := analyze.JudgeGate(a, label, base.run, base.label, limits, noise)
	return g, refusal(err)
}

// refusal makes what a gate refuses the user's to mend.
func refusal(err error) error {
	var refused *analyze.RefusedError
	if errors.As(err, &refused) || errors.Is(err, analyze.ErrNoLimits) {
		return usage("gate: %w", err)
	}
	return err
}
