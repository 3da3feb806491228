package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/scenarios"
)

// gateRounds are measured when neither the scenario nor a flag says how many, or for
// how long: enough for 25 checks at once.
const gateRounds = 10

// scenario measures and judges. What is wrong with the question is said before
// anything is measured.
func (j *gatekeeper) scenario(file string) error {
	sc, err := j.load(file)
	if err != nil {
		return err
	}
	limits, err := j.limits(sc.Gate)
	if err != nil {
		return err
	}
	if err := j.foresee(sc, limits); err != nil {
		return err
	}
	a, dir, err := j.measure(sc, j.c.String("out"))
	if a == nil {
		return err
	}
	g, jerr := j.judgeAgainstBaseline(a, dir, limits)
	if jerr != nil {
		return unjudged(err, jerr)
	}
	if err == nil && g.Retest() && !j.c.Bool("no-again") && !j.in.asked() {
		err = j.again(sc, g, dir)
	}
	return j.answer(g, dir, err)
}

// judgeAgainstBaseline holds what was measured to its limits.
func (j *gatekeeper) judgeAgainstBaseline(a *analyze.Analysis, dir string, limits []analyze.Limit) (*analyze.Gate, error) {
	base, err := j.baseline(a)
	if err != nil {
		return nil, err
	}
	return j.judge(a, dir, base, limits)
}

// unjudged is the error of a measurement that could not be judged either. What went wrong
// in measuring decides the exit code: it came first, and may be why.
func unjudged(measuring, judging error) error {
	if measuring == nil {
		return judging
	}
	return &coded{exitCould, errors.Join(measuring, judging)}
}

// load reads a scenario and lets it have rounds.
func (j *gatekeeper) load(file string) (*scenarios.Scenario, error) {
	a, err := newAsked(j.c, j.w, []string{file})
	if err != nil {
		return nil, err
	}
	sc, err := a.scenario(j.w.lookup)
	if err != nil || sc.Compare != nil && (sc.Compare.Rounds > 0 || sc.Compare.Budget > 0) {
		return sc, err
	}
	if len(sc.Targets) > 2 && sc.Compare == nil {
		sc.Compare = &scenarios.Compare{Rounds: gateRounds} // nobody says who would be compared
		return sc, nil
	}
	a.opts.Set = append(a.opts.Set, fmt.Sprintf("compare.rounds=%d", gateRounds))
	return a.scenario(j.w.lookup)
}

// foresee looks for what would refuse the gate once it is measured.
func (j *gatekeeper) foresee(sc *scenarios.Scenario, limits []analyze.Limit) error {
	coming := &analyze.Analysis{Name: sc.Name, Run: analyze.RunInfo{Started: time.Now(), Machine: run.Machine()}}
	base, err := j.baseline(coming)
	if err != nil {
		return err
	}
	own := base.run == nil && sc.Compare.Baseline != ""
	noise, err := j.noiseOf(sc.Name, coming.Run.Machine, own)
	if err != nil || noise == nil {
		return err
	}
	rounds := sc.Compare.Rounds
	if rounds == 0 {
		rounds = noise.Rounds // a budget: nobody knows yet
	}
	var targets []string
	for _, t := range sc.Targets {
		targets = append(targets, t.Name)
	}
	return refusal(noise.Refuse(limits, targets, rounds))
}

// measureScenario runs a scenario. With an error from a run that had begun, there is an
// analysis of what was measured.
func (j *gatekeeper) measure(sc *scenarios.Scenario, dir string) (*analyze.Analysis, string, error) {
	a, dir, err := measureScenario(j.c, j.w, j.in, sc, dir, j.c.Bool("quiet") || j.forms.print == "json")
	if a == nil {
		return nil, dir, err
	}
	return a, dir, errors.Join(err, report.WriteAll(j.in.last, dir, a))
}

// again measures once more, beside the first run, and judges what failed.
func (j *gatekeeper) again(sc *scenarios.Scenario, g *analyze.Gate, dir string) error {
	if !j.c.Bool("quiet") && j.forms.print != "json" {
		fmt.Fprintf(j.w.stderr, "\n%s\nmeasuring once more, for what fails must fail twice\n", g.Headline)
	}
	a, second, err := j.measure(sc, againDir(dir))
	if a == nil {
		return err
	}
	if cerr := g.Confirm(a, second); cerr != nil {
		return unjudged(err, refusal(cerr))
	}
	return err
}

// againDir is the directory of a second measurement.
func againDir(dir string) string { return filepath.Clean(dir) + "-again" }
