//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stress-tool/stress/bench/child"
)

// The generator is on one core, what it loads on the other.
const (
	generatorCore = 1
	labCore       = 2
	spinners      = 4
)

// tally is what the gates of one trial said.
type tally struct {
	trial
	verdicts map[string]int
	words    string // the headline of the first verdict that was asked for, else of the last
	// answers counts, per metric of the comparison, what it said.
	answers map[string]map[string]int
}

// gateAll gates one system as often as asked.
func gateAll(ctx context.Context, o options, dir string, t trial, log io.Writer) (tally, error) {
	out := tally{trial: t, verdicts: map[string]int{}, answers: map[string]map[string]int{}}
	if t.times == 0 {
		return out, nil
	}
	base, err := startLab(ctx, o.stress, "BASE", t.lab)
	if err != nil {
		return out, err
	}
	defer base.Stop()
	if t.faults != nil {
		change, err := startLab(ctx, o.stress, "CHANGE", append(t.faults, t.lab...))
		if err != nil {
			return out, err
		}
		defer change.Stop()
	}
	if t.starved || t.noisy {
		stop, err := spin(ctx, t.starved)
		if err != nil {
			return out, err
		}
		defer stop()
	}
	file := filepath.Join(dir, "scenario.yaml")
	if err := os.WriteFile(file, []byte(t.scenario(o.rounds)), 0o644); err != nil {
		return out, err
	}
	for i := range t.times {
		if err := out.gate(ctx, o, dir, file); err != nil {
			return out, err
		}
		fmt.Fprintf(log, "%s, %d of %d: %v %s\n", t.name, i+1, t.times, out.verdicts, out.words)
	}
	return out, nil
}

// gate measures and judges once, and counts what was said.
func (t *tally) gate(ctx context.Context, o options, dir, file string) error {
	run := filepath.Join(dir, "run")
	defer os.RemoveAll(run)
	limit := 4*time.Minute + 4*time.Duration(o.rounds)*o.duration
	_, err := child.Run(ctx, child.Options{Core: generatorCore, Limit: limit}, o.stress, "gate", "--run", file, "--quiet", "--out", run)
	var exit *child.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.Code != 2 && exit.Code != 5) {
		return err
	}
	var gate struct{ Verdict, Headline string }
	if err := read(filepath.Join(run, "gate.json"), &gate); err != nil {
		return err
	}
	t.verdicts[gate.Verdict]++
	if !strings.Contains(t.truth, gate.Verdict) || t.verdicts[gate.Verdict] == 1 {
		t.words = gate.Headline
	}
	var summary struct {
		Comparison struct {
			Metrics []struct{ Name, Verdict string }
		}
	}
	if err := read(filepath.Join(run, "summary.json"), &summary); err != nil {
		return err
	}
	for _, m := range summary.Comparison.Metrics {
		if t.answers[m.Name] == nil {
			t.answers[m.Name] = map[string]int{}
		}
		t.answers[m.Name][m.Verdict]++
	}
	return nil
}

func read(file string, v any) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// startLab brings a lab up and names its addresses in the environment of whatever is
// started later: BASE_SINGLE, BASE_CLUSTER, BASE_DSN for the prefix BASE.
func startLab(ctx context.Context, stress, prefix string, flags []string) (*child.Process, error) {
	dir, err := os.MkdirTemp("", "stress-lab-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	env := filepath.Join(dir, "env")
	p, err := child.Start(ctx, child.Options{Core: labCore}, append([]string{stress, "lab", "--env", env}, flags...)...)
	if err != nil {
		return nil, err
	}
	for range 300 {
		time.Sleep(100 * time.Millisecond)
		b, err := os.ReadFile(env)
		if err != nil {
			continue
		}
		for line := range bytes.Lines(b) {
			name, value, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(string(line), "export ")), "=")
			if ok {
				os.Setenv(prefix+strings.TrimPrefix(name, "STRESS"), strings.Trim(value, "'"))
			}
		}
		return p, nil
	}
	p.Stop()
	return nil, fmt.Errorf("the lab did not come up within 30 s: %s", p.LastWords())
}

// halfBusy runs for a tenth of a second and rests for another.
const halfBusy = "while :; do timeout 0.1 sh -c 'while :; do :; done'; sleep 0.1; done"

// spin keeps the generator's core busy until stop; or, of a noisy machine, any core for half
// of the time.
func spin(ctx context.Context, starve bool) (stop func(), err error) {
	core, busy, n := 0, halfBusy, 1
	if starve {
		core, busy, n = generatorCore, "while :; do :; done", spinners
	}
	var ps []*child.Process
	stop = func() {
		for _, p := range ps {
			p.Stop()
		}
	}
	for range n {
		p, err := child.Start(ctx, child.Options{Core: core}, "sh", "-c", busy)
		if err != nil {
			stop()
			return nil, err
		}
		ps = append(ps, p)
	}
	return stop, nil
}
