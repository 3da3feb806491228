package gate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/history"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
)

// ErrNoNoise says that the file of the noise that was named is not there.
var ErrNoNoise = errors.New("there is no such file")

// baseline is a run that others are held against, and what its user calls it. run is nil
// without one.
type baseline struct {
	run   *result.Analysis
	label string
}

// baseline is the run that the options name. Of a directory of baselines it is the newest
// before the candidate.
func (o Options) baseline(ctx context.Context, candidate *result.Analysis) (baseline, error) {
	switch {
	case o.Baseline == "":
		return baseline{}, nil
	case isStore(o.Baseline):
		a, file, err := history.Latest(o.Baseline, candidate)
		return baseline{a, label(a, file)}, err
	}
	a, err := run.Stored(ctx, o.Baseline)
	return baseline{a, label(a, o.Baseline)}, err
}

// label is the label that a baseline's owner gave it, and its path.
func label(a *result.Analysis, path string) string {
	if a == nil || a.Label == "" {
		return path
	}
	return a.Label + " (" + path + ")"
}

// isStore reports that a path is a directory, and not that of a run.
func isStore(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir() && !run.Holds(path)
}

// noiseFile is where the noise is: beside the baselines, whatever the scenario.
func (o Options) noiseFile() string {
	switch {
	case o.Noise != "":
		return o.Noise
	case o.Baseline != "" && isStore(o.Baseline):
		return filepath.Join(o.Baseline, history.NoiseFile)
	}
	return filepath.Join(history.DefaultDir, history.NoiseFile)
}

// noise is what was measured of this scenario and machine; nil for nothing. paired says
// that the gate holds two targets of one run against each other.
func (o Options) noise(scenario string, m runlog.Machine, paired bool) (*result.Noise, error) {
	if o.Noise != "" {
		if _, err := os.Stat(o.Noise); err != nil {
			return nil, fmt.Errorf("%s: %w", o.Noise, ErrNoNoise)
		}
	}
	noises, err := history.ReadNoises(o.noiseFile())
	if err != nil {
		return nil, err
	}
	return noises.Of(scenario, history.Machine(m), paired), nil
}
