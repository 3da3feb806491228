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
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no progress"},
	}, overrideFlags(searchOverrides), choiceFlags())
}

// search looks for what the targets of a scenario carry, and prints it.
func search(c *cli.Context, w environment, in *interrupts) error {
	show, err := chosenFormat(c, slices.Sorted(maps.Keys(report.StudyFormats)), report.StudyFormats)
	if err != nil {
		return err
	}
	sc, err := searched(c, w)
	if err != nil {
		return err
	}
	return searchFor(c, w, in, sc, show)
}

// searchFor searches for what the targets of a scenario carry, and shows it.
func searchFor(c *cli.Context, w environment, in *interrupts, sc *scenarios.Scenario, show report.Format[*result.Study]) error {
	o := capacity.Options{
		Dir: cmp.Or(c.String("resume"), c.String("out"), newRunDir(sc.Name, time.Now())), Resume: c.IsSet("resume"),
		Drain: in.endInOrder(), Tool: tool(),
		Measure: func(ctx context.Context, sc *scenarios.Scenario, dir string) (*result.Analysis, error) {
			a, _, err := measureScenario(c, w, in, sc, dir, nil, run.Looks{}, c.Bool("quiet"))
			return a, err
		},
	}
	if !c.Bool("quiet") {
		o.Told = func(p capacity.Progress) { fmt.Fprintln(w.stderr, plain.Line(probeWords(p))) }
	}
	study, err := capacity.Run(c.Context, sc, o)
	if study == nil {
		return err
	}
	err = errors.Join(err, toFile(w, c.String("output"), func(out io.Writer, o report.Options) error { return show(out, study, o) }))
	fmt.Fprintf(w.stderr, "\nstudy: %s\n", filepath.Join(o.Dir, result.StudyFile))
	if study.Stopped != "" {
		fmt.Fprintf(w.stderr, "to go on: stress capacity %s --resume %s\n", strings.Join(c.Args().Slice(), " "), o.Dir)
	}
	return studyError(in, study, err)
}

// searched is the scenario with the targets that were chosen, which must say what to search for.
func searched(c *cli.Context, w environment) (*scenarios.Scenario, error) {
	if file := c.Args().First(); strings.HasSuffix(file, ".csv") && !scenarios.IsAddress(file) {
		return nil, usage("%s is no scenario: points that were measured are given with --points %[1]s", file)
	}
	if c.IsSet("resume") && c.IsSet("out") {
		return nil, usage("--resume goes on in the directory of its study: leave --out away")
	}
	sc, err := loadScenario(c, w, c.Args().Slice()...)
	if err != nil {
		return nil, err
	}
	if sc.Search == nil {
		return nil, usage("%s does not say what its targets must keep: add --slo 'p95 < 250ms', or capacity.slo to the scenario", c.Args().First())
	}
	if names := c.StringSlice("target"); len(names) > 0 {
		var chosen []scenarios.Target
		for _, name := range names {
			i := slices.IndexFunc(sc.Targets, func(t scenarios.Target) bool { return t.Name == name })
			if i < 0 {
				return nil, &run.UnknownTargetError{Name: name, Known: targetNames(sc)}
			}
			chosen = append(chosen, sc.Targets[i])
		}
		sc.Targets = chosen
	}
	return sc, nil
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
