package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/scenarios"
)

// overrides are the flags that replace a key of the scenario.
var overrides = []struct{ flag, key, usage string }{
	{"type", "load.type", "`TYPE` of load: clients-per-test, clients-per-second, maintain-client-load, rate"},
	{"clients", "load.clients", "`NUMBER` of clients"},
	{"duration", "load.duration", "how long load is started, such as `30s`"},
	{"rounds", "compare.rounds", "`NUMBER` of rounds, each with one leg of every target"},
	{"budget", "compare.budget", "`TIME` for all rounds, such as `10m`: one begins only if it should still end within it"},
	{"warm-up", "compare.warm_up", "`TIME` of load before each leg that no figure counts"},
	{"cool-down", "compare.cool_down", "`TIME` to wait before each leg"},
}

// runFlags are the flags of every command that runs a scenario.
func runFlags() []cli.Flag {
	fs := []cli.Flag{
		&cli.StringSliceFlag{Name: "target", Usage: "run only the target `NAME`; may be repeated"},
		&cli.StringSliceFlag{Name: "set", Usage: "override any key by its dotted path: `KEY=VALUE`; may be repeated"},
		&cli.StringFlag{Name: "out", Usage: "write the run into `DIR` instead of results/<scenario>/<UTC time>"},
		&cli.BoolFlag{Name: "record", Usage: "keep every request, readable by `vegeta report`, encode and plot"},
		&cli.StringFlag{Name: "report", Value: "summary", Usage: "what to print at the end: `all|summary`"},
		&cli.BoolFlag{Name: "json", Usage: "print summary.json and nothing else"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no progress"},
		&cli.BoolFlag{Name: "i-own-this-target", Usage: "skip the proof of ownership of public hosts; recorded in the run"},
	}
	for _, o := range overrides {
		fs = append(fs, &cli.StringFlag{Name: o.flag, Usage: o.usage})
	}
	return fs
}

func runCommand(w world, drain <-chan struct{}) *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "put a scenario's load on its targets and say what it means",
		ArgsUsage: "FILE",
		Description: "FILE is a scenario, or the name of one in the catalogue:\n" + catalogue() +
			"\nExit codes: 0 pass, 1 fail, 2 usage or scenario error, 3 inconclusive, 4 invalid\n" +
			"measurement, 5 could not run, 130 interrupted.",
		Flags: runFlags(),
		Action: func(c *cli.Context) error {
			name, err := oneArg(c, "scenario")
			if err != nil {
				return err
			}
			return perform(c, w, drain, name, w.lookup)
		},
	}
}

func catalogue() string {
	s := ""
	for _, e := range scenarios.Catalogue() {
		s += fmt.Sprintf("  %-18s %s\n", e.Name, e.Title)
	}
	return s
}

// loadScenario reads a scenario with the command line's overrides.
func loadScenario(c *cli.Context, name string, lookup scenarios.Lookup) (*scenarios.Scenario, error) {
	set, flags := c.StringSlice("set"), map[string]string{}
	for _, o := range overrides {
		if c.IsSet(o.flag) {
			set, flags[o.key] = append(set, o.key+"="+c.String(o.flag)), "--"+o.flag
		}
	}
	return scenarios.Load(name, scenarios.Options{Lookup: lookup, Set: set, Flags: flags})
}

// perform runs a scenario, prints what it means and returns its verdict as an
// exit code.
func perform(c *cli.Context, w world, drain <-chan struct{}, name string, lookup scenarios.Lookup) error {
	full, err := reportChoice(c)
	if err != nil {
		return err
	}
	sc, err := loadScenario(c, name, lookup)
	if err != nil {
		return err
	}
	guard, err := newGuard(c, w)
	if err != nil {
		return err
	}
	watch := newProgress(w, c.Bool("quiet") || c.Bool("json"))
	a, dir, err := run.Do(c.Context, sc, run.Options{
		Dir: c.String("out"), Targets: c.StringSlice("target"), Record: c.Bool("record"),
		Guard: guard, Drain: drain, Watch: watch, Tool: tool(),
	})
	watch.close()
	if a == nil {
		return err
	}
	if perr := show(c, w, a, full); perr != nil {
		err = errors.Join(err, perr)
	}
	if !c.Bool("json") {
		fmt.Fprintf(w.stderr, "\n%s, report: %s\n", a.Verdict, filepath.Join(dir, report.PageFile))
	}
	return verdictError(c.Context, drain, a, err)
}

func reportChoice(c *cli.Context) (full bool, err error) {
	switch v := c.String("report"); v {
	case "all", "summary":
		return v == "all", nil
	default:
		return false, usage("--report: %q is neither all nor summary", v)
	}
}

func show(c *cli.Context, w world, a *analyze.Analysis, full bool) error {
	format := "text"
	if c.Bool("json") {
		format = "json"
	}
	return report.Formats[format](w.stdout, a, report.Options{Color: w.color(), Width: w.terminal.width, Full: full})
}

// verdictError turns a judged run into the exit code it deserves.
func verdictError(ctx context.Context, drain <-chan struct{}, a *analyze.Analysis, err error) error {
	select {
	case <-drain:
		return &coded{exitInterrupted, err}
	case <-ctx.Done():
		return &coded{exitInterrupted, err}
	default:
	}
	if err != nil {
		return &coded{exitCould, err}
	}
	if code := verdictCodes[a.Verdict]; code != exitPass {
		return &coded{code, nil}
	}
	return nil
}
