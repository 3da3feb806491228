package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/run/capacity"
	"github.com/stress-tool/stress/scenarios"
)

// searchFlags are the flags of a search for a capacity.
func searchFlags() []cli.Flag {
	return slices.Concat([]cli.Flag{
		&cli.StringSliceFlag{Name: "slo", Usage: "what must hold for a rate to count as carried: `THRESHOLD`, such as 'p95 < 250ms'; may be repeated; with --queue one on p95"},
		&cli.StringFlag{Name: "resume", Usage: "go on with the search whose study is in `DIR`"},
		&cli.StringFlag{Name: "out", Usage: "write the study into `DIR` instead of results/<scenario>/<UTC time>"},
		yesFlag(),
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no progress"},
	}, overrideFlags(searchOverrides), choiceFlags())
}

// search looks for what the targets of a scenario carry, and prints it.
func search(c *cli.Context, w environment, in *interrupts) error {
	show, err := chosenFormat(c, slices.Sorted(maps.Keys(report.StudyFormats)), report.StudyFormats)
	if err != nil {
		return err
	}
	asked, sc, err := searched(c, w)
	if err != nil {
		return err
	}
	decision, err := toDecide(c, sc)
	if err != nil {
		return err
	}
	fleet, err := newFleet(c, w, asked, w.lookup)
	if err != nil {
		return err
	}
	defer fleet.close()
	return searchFor(c, w, in, sc, fleet, decision, show)
}

// toDecide is the text of what is to be decided with what is found; nil for nothing.
func toDecide(c *cli.Context, sc *scenarios.Scenario) ([]byte, error) {
	file := c.String(decideFlag)
	switch {
	case c.IsSet("study"):
		return nil, usage("--study names what was measured before: leave it away where a scenario is measured now")
	case file == "":
		return nil, nil
	}
	of, text, err := scenarios.LoadCase(file)
	if err != nil {
		return nil, err
	}
	if err := of.CheckTargets(targetNames(sc)); err != nil {
		return nil, usage("%s: %w", file, err)
	}
	return text, nil
}

// searchFor searches for what the targets of a scenario carry, writes the report into the directory of the study,
// and shows it. fleet puts the load on; nil is this machine. decision is the text of what is to be decided with it; nil
// is nothing.
func searchFor(c *cli.Context, w environment, in *interrupts, sc *scenarios.Scenario, fleet *fleet, decision []byte, show report.Format[*result.Study]) error {
	dir := cmp.Or(c.String("resume"), c.String("out"), newRunDir(sc.Name, time.Now()))
	faults, restore, err := shareChanges(c, w, sc, dir)
	if err != nil {
		return err
	}
	o := capacity.Options{
		Dir: dir, Resume: c.IsSet("resume"), Decision: decision,
		Drain: in.endInOrder(), Tool: tool(), Machine: fleet.machine(),
		Measure: func(ctx context.Context, sc *scenarios.Scenario, dir string) (*result.Analysis, error) {
			a, _, err := measureOnce(c, w, in, sc, run.Options{Dir: dir, Faults: faults, Performer: fleet.performer()}, c.Bool("quiet"))
			if err == nil && a != nil {
				err = report.WriteAll(ctx, dir, a)
			}
			return a, err
		},
	}
	if !c.Bool("quiet") {
		o.Told = func(p capacity.Progress) { fmt.Fprintln(w.stderr, plain.Line(probeWords(p))) }
	}
	found, err := capacity.Run(c.Context, sc, o)
	err = errors.Join(err, restore())
	if found == nil {
		return err
	}
	study, failed := capacity.Read(o.Dir, report.PageFile)
	if study == nil {
		study = found // what cannot be read back can be shown all the same
	}
	err = errors.Join(err, failed, toFile(w, c.String("output"), func(out io.Writer, o report.Options) error {
		o.Full = c.String("output") != "" // the report beside the study has it all
		return show(out, study, o)
	}))
	fmt.Fprintf(w.stderr, "\nstudy: %s\n", filepath.Join(o.Dir, report.PageFile))
	if study.Stopped != "" {
		fmt.Fprintf(w.stderr, "to go on: %s\n", resumption(c, sc, o.Dir))
	}
	if failed == nil { // last: what cannot be written has been shown
		err = errors.Join(err, report.WriteStudy(in.writing, o.Dir, study))
	}
	return studyError(in, study, err)
}

// resumption is the command that goes on with a search.
func resumption(c *cli.Context, sc *scenarios.Scenario, dir string) string {
	if c.Command.Name != capacityName {
		return "there is no lab any more; " + report.ShellCommand([]string{"stress", "report", dir}) + " shows what was found"
	}
	words := commandLine(c, sc.Secrets())
	if i := slices.Index(words, "--resume"); i >= 0 {
		words = slices.Delete(words, i, i+2)
	}
	return report.ShellCommand(append(words, "--resume", dir))
}

// keepDecision keeps what is to be decided beside a study, and writes its report anew.
func keepDecision(c *cli.Context, w environment, dir string, decision []byte) error {
	if err := capacity.Keep(dir, decision); err != nil {
		return err
	}
	study, err := capacity.Read(dir, report.PageFile)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.stderr, "study: %s\n", filepath.Join(dir, report.PageFile))
	return report.WriteStudy(c.Context, dir, study)
}

// searched is the scenario with the targets that were chosen, which must say what to search for.
func searched(c *cli.Context, w environment) (asked scenarioArgs, sc *scenarios.Scenario, err error) {
	if file := c.Args().First(); strings.HasSuffix(file, ".csv") && !scenarios.IsAddress(file) {
		return asked, nil, usage("%s is no scenario: points that were measured are given with --points %[1]s", file)
	}
	if c.IsSet("resume") && c.IsSet("out") {
		return asked, nil, usage("--resume goes on in the directory of its study: leave --out away")
	}
	if asked, err = newScenarioArgs(c, w, c.Args().Slice()); err != nil {
		return asked, nil, err
	}
	if sc, err = asked.scenario(w.lookup); err != nil {
		return asked, nil, err
	}
	if sc.Search == nil {
		return asked, nil, usage("%s does not say what its targets must keep: add --slo 'p95 < 250ms', or capacity.slo to the scenario", c.Args().First())
	}
	if names := c.StringSlice("target"); len(names) > 0 {
		var chosen []scenarios.Target
		for _, name := range names {
			i := slices.IndexFunc(sc.Targets, func(t scenarios.Target) bool { return t.Name == name })
			if i < 0 {
				return asked, nil, &run.UnknownTargetError{Name: name, Known: targetNames(sc)}
			}
			chosen = append(chosen, sc.Targets[i])
		}
		sc.Targets = chosen
	}
	return asked, sc, nil
}

func targetNames(sc *scenarios.Scenario) (names []string) {
	for _, t := range sc.Targets {
		names = append(names, t.Name)
	}
	return names
}

// probeWords say what is measured next, and what is known so far.
func probeWords(p capacity.Progress) string {
	load := words.Counted(p.Probe.Clients, "client")
	if p.Probe.RateRPS > 0 {
		load = fmt.Sprintf("%s requests/s", words.Significant(p.Probe.RateRPS, 4))
	}
	elapsed := p.Elapsed.Round(time.Second).String()
	if p.Budget > 0 {
		elapsed += " of " + p.Budget.String()
	}
	known := "nothing known yet"
	switch held, broken := p.Capacity.HeldRPS, p.Capacity.BrokenRPS; {
	case held > 0 && broken > 0:
		known = fmt.Sprintf("between %s and %s/s so far", words.Significant(held, 4), words.Significant(broken, 4))
	case held > 0:
		known = fmt.Sprintf("at least %s/s so far", words.Significant(held, 4))
	case broken > 0:
		known = fmt.Sprintf("less than %s/s so far", words.Significant(broken, 4))
	}
	return fmt.Sprintf("%s, probe %d (%s): %s for %gs · %s · %s", p.Target, len(p.Capacity.Probes)+1, p.Probe.Kind, load, p.Probe.LoadS, known, elapsed)
}

// studyError is the exit code of a study: whether there is an answer for every target.
func studyError(in *interrupts, s *result.Study, err error) error {
	switch {
	case in.interrupted():
		return &exitError{exitInterrupted, err}
	case err != nil:
		return &exitError{exitUnable, err}
	case slices.ContainsFunc(s.Configurations, func(c result.Capacity) bool { return c.Verdict.Tone() == result.Doubtful }):
		return &exitError{exitInconclusive, nil}
	}
	return nil
}
