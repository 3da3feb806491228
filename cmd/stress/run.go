package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/scenarios"
)

func runCommand(w environment, in *interrupts) *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "put a scenario's load on its targets and say what it means",
		ArgsUsage: "SCENARIO | URL...",
		Description: scenarioWords() + "\n\n" +
			"An address in place of a file is a target, with 50 clients at work for a minute unless\n" +
			"flags say otherwise; several are targets to compare, and may be named:\n" +
			"  stress run http://127.0.0.1:8080/index.php --clients 50 --duration 1m\n" +
			"  stress run single=http://10.0.0.4/ cluster=http://10.0.0.4:4500/ --save shop.yaml\n" +
			"\nExit codes: 0 pass, 1 fail, 2 usage or scenario error, 3 inconclusive, 4 invalid\n" +
			"measurement, 5 could not run, 130 interrupted.",
		Flags: append(runFlags(), &cli.StringFlag{Name: "save", Usage: "keep what runs as the scenario `FILE`, commented; secrets become variables"},
			&cli.StringFlag{Name: "resume", Usage: "end the run in `DIR`, which was killed, with what its agents kept; with the --nkey, the --tls-ca or the password in --nats that it had"}),
		Action: func(c *cli.Context) error {
			if c.IsSet("resume") {
				return collect(c, w, in, c.String("resume"))
			}
			return perform(c, w, in, c.Args().Slice(), w.lookup)
		},
	}
}

// scenarioWords say what a command takes for a scenario.
func scenarioWords() string {
	return "SCENARIO is a file, - for the standard input, or a name of the catalogue:\n" + strings.TrimSuffix(catalogue(), "\n")
}

func catalogue() string {
	s := ""
	for _, e := range scenarios.Catalogue() {
		s += fmt.Sprintf("  %-18s %s\n", e.Name, e.Title)
	}
	return s
}

// perform runs a scenario, prints what it means and returns its verdict as an
// exit code.
func perform(c *cli.Context, w environment, in *interrupts, args []string, lookup scenarios.Lookup) error {
	full, err := reportChoice(c)
	if err != nil {
		return err
	}
	asked, err := newScenarioArgs(c, w, args)
	if err != nil {
		return err
	}
	sc, err := asked.scenario(lookup)
	if err != nil {
		return err
	}
	if sc.Search != nil && sc.Search.Alone {
		return usage("%s has no load of its own: search for what its targets carry with `stress capacity %[1]s`", args[0])
	}
	if err := asked.save(w, c.String("save")); err != nil {
		return err
	}
	fleet, err := newFleet(c, w, asked, lookup)
	if err != nil {
		return err
	}
	defer fleet.close()
	o := run.Options{Dir: c.String("out"), Targets: c.StringSlice("target"), Performer: fleet.performer()}
	a, dir, err := measureScenario(c, w, in, sc, o, c.Bool("quiet") || c.Bool("json"))
	if a == nil {
		return err
	}
	return tell(c, w, in, a, dir, full, err)
}

// tell prints what a run means, writes its report, and returns its verdict as an exit code; err is what went
// wrong in it.
func tell(c *cli.Context, w environment, in *interrupts, a *result.Analysis, dir string, full bool, err error) error {
	// Print first: what cannot be written can still be read.
	err = errors.Join(err, show(c, w, a, full))
	unwritten := report.WriteAll(in.writing, dir, a)
	if !c.Bool("json") {
		if full {
			repeatVerdict(w, a)
		}
		sayWhere(w, a, dir, full, unwritten == nil)
	}
	return verdictError(in, a, errors.Join(err, unwritten))
}

func reportChoice(c *cli.Context) (full bool, err error) {
	switch v := c.String("report"); v {
	case "all", "summary":
		return v == "all", nil
	default:
		return false, usage("--report: %q is neither all nor summary", v)
	}
}

func show(c *cli.Context, w environment, a *result.Analysis, full bool) error {
	format := "text"
	if c.Bool("json") {
		format = "json"
	}
	return report.Formats[format](w.stdout, a, report.Options{Color: w.color(), Width: w.terminal.width, Full: full})
}

// verdictError turns a judged run into the exit code it deserves.
func verdictError(in *interrupts, a *result.Analysis, err error) error {
	if in.interrupted() {
		return &exitError{exitInterrupted, err}
	}
	if err != nil {
		return &exitError{exitUnable, err}
	}
	if code := verdictCodes[a.Verdict]; code != exitPass {
		return &exitError{code, nil}
	}
	return nil
}

// repeatVerdict repeats the answer below the tables: on a terminal their beginning has gone by.
func repeatVerdict(w environment, a *result.Analysis) {
	fmt.Fprintf(w.stderr, "\n%s: %s\n", plain.Line(result.Answers(a.Verdict, a.Answer)), plain.Line(a.Headline))
	if a.Remedy != "" {
		fmt.Fprintln(w.stderr, plain.Line(a.Remedy))
	}
}

// sayWhere says how to see all of it here, if that was not shown, and where the page is.
func sayWhere(w environment, a *result.Analysis, dir string, full, written bool) {
	if !full {
		fmt.Fprintf(w.stderr, "\neverything as text: stress report %s\n", dir)
	}
	if written {
		fmt.Fprintf(w.stderr, "%s, report: %s\n", a.Verdict, filepath.Join(dir, report.PageFile))
	}
}
