package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/history"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/untrusted"
	"github.com/stress-tool/stress/scenarios"
)

// noise is an A/A measurement, made as the gate will be that it is for. Where the
// scenario names a baseline among its targets, the two take turns within one run: so
// each of them takes turns with itself. Else a later run will be held against a kept
// one: so there are two runs.
func (j *gatekeeper) noise(file string) error {
	sc, err := j.load(file)
	if err != nil {
		return err
	}
	noises, err := j.readNoises()
	if err != nil {
		return err
	}
	limits := sc.Gate
	sc.Thresholds, sc.Gate = nil, nil // no target is judged
	targets := noisy(sc, j.c.StringSlice("target"))
	twins, dir, err := j.twins(sc)
	if len(twins) == 0 {
		return err
	}
	g, noise, jerr := analyze.JudgeTwins(twins)
	if jerr != nil {
		return unjudged(err, jerr)
	}
	if noise != nil && err == nil {
		noise.Scenario, noise.Machine = g.Name, history.Machine(g.Candidate.Machine)
		noises.Put(*noise)
		g.Warnings = append(g.Warnings, noise.Unmeasured(limits, targets)...)
		if rerr := noise.Refuse(limits, targets, noise.Rounds); rerr != nil {
			g.Warnings = append(g.Warnings, "a gate of this scenario will be refused: "+rerr.Error())
		}
		err = j.writeNoises(noises)
	}
	return j.answer(g, dir, err)
}

// noisy are the targets whose noise is measured: the two that are compared, else those
// chosen, else all.
func noisy(sc *scenarios.Scenario, chosen []string) []string {
	switch {
	case sc.Compare.Baseline != "":
		return []string{sc.Compare.Baseline, sc.Compare.Candidate}
	case len(chosen) > 0:
		return chosen
	}
	return names(sc.Targets)
}

// twins measures every target of a scenario twice.
func (j *gatekeeper) twins(sc *scenarios.Scenario) ([]analyze.Twins, string, error) {
	if sc.Compare.Baseline == "" {
		return j.twinRuns(sc)
	}
	if j.c.IsSet("target") {
		return nil, "", usage("gate: --aa measures both targets that the scenario compares: leave out --target")
	}
	pairs := twinTargets(sc)
	a, dir, err := j.measure(sc, j.c.String("out"))
	if a == nil {
		return nil, "", err
	}
	var out []analyze.Twins
	for _, p := range pairs {
		out = append(out, analyze.Twins{A: analyze.Pick{Run: a, Target: p[0], Label: dir}, B: analyze.Pick{Run: a, Target: p[1], Label: dir}})
	}
	return out, dir, err
}

// twinRuns measures a scenario twice.
func (j *gatekeeper) twinRuns(sc *scenarios.Scenario) ([]analyze.Twins, string, error) {
	a, first, err := j.measure(sc, j.c.String("out"))
	if a == nil || err != nil || j.in.asked() {
		return nil, "", interrupted(err)
	}
	b, second, err := j.measure(sc, againDir(first))
	if b == nil {
		return nil, "", err
	}
	var out []analyze.Twins
	for _, name := range a.Targets() {
		out = append(out, analyze.Twins{A: analyze.Pick{Run: a, Target: name, Label: first}, B: analyze.Pick{Run: b, Target: name, Label: second}})
	}
	return out, second, err
}

// interrupted is an error for a measurement that was stopped between two runs.
func interrupted(err error) error {
	if err != nil {
		return err
	}
	return &coded{exitInterrupted, errors.New("interrupted: the noise takes both runs, nothing is kept")}
}

// twinTargets gives the two targets that a scenario compares a twin each, the same
// address under another name, and returns the pairs of names.
func twinTargets(sc *scenarios.Scenario) [][2]string {
	var targets []scenarios.Target
	var pairs [][2]string
	taken := names(sc.Targets)
	for _, t := range sc.Targets {
		if t.Name != sc.Compare.Baseline && t.Name != sc.Compare.Candidate {
			continue
		}
		twin := t
		for twin.Name += "-twin"; slices.Contains(taken, twin.Name); {
			twin.Name += "-twin"
		}
		targets, pairs = append(targets, t, twin), append(pairs, [2]string{t.Name, twin.Name})
	}
	turns := *sc.Compare
	turns.Baseline, turns.Candidate = pairs[0][0], pairs[0][1]
	sc.Targets, sc.Compare = targets, &turns
	return pairs
}

func names(targets []scenarios.Target) []string {
	out := make([]string, len(targets))
	for i, t := range targets {
		out[i] = t.Name
	}
	return out
}

// noiseFile is where the noise is: beside the baselines, whatever the scenario.
func (j *gatekeeper) noiseFile() string {
	if file := j.c.String("noise"); file != "" {
		return file
	}
	dir := history.DefaultDir
	if base := j.c.String("baseline"); base != "" && j.isStore(base) {
		dir = base
	}
	return filepath.Join(dir, "noise.json")
}

// noiseOf is what was measured of this scenario and machine, nil for nothing. paired
// says whether the gate holds two targets of one run against each other.
func (j *gatekeeper) noiseOf(scenario string, m runlog.Machine, paired bool) (*analyze.Noise, error) {
	if file := j.c.String("noise"); file != "" && !exists(file) {
		return nil, usage("--noise: there is no %s: `stress gate --aa` makes one", file)
	}
	noises, err := j.readNoises()
	if err != nil {
		return nil, err
	}
	return noises.Of(scenario, history.Machine(m), paired), nil
}

// readNoises reads the file of the noise; it need not be there.
func (j *gatekeeper) readNoises() (*analyze.Noises, error) {
	f, err := untrusted.Open(j.noiseFile())
	if errors.Is(err, fs.ErrNotExist) {
		return &analyze.Noises{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	n, err := analyze.ReadNoises(f)
	if err != nil {
		return nil, usage("%s: %w", j.noiseFile(), err)
	}
	return n, nil
}

func (j *gatekeeper) writeNoises(n *analyze.Noises) error {
	file := j.noiseFile()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("keeping the noise: %w", err)
	}
	if err := writeFile(file, n.Write); err != nil {
		return err
	}
	if !j.c.Bool("quiet") {
		fmt.Fprintf(j.w.stderr, "\nnoise kept in %s\n", file)
	}
	return nil
}
