package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/stress-tool/stress/runlog/untrusted"
)

// NoiseFile is the name of the file that holds the noise of the machines.
const NoiseFile = "noise.json"

// NoiseSchema is the version of that file.
const NoiseSchema = 1

// ErrNoNoise says that a file does not hold the noise that was measured.
var ErrNoNoise = errors.New("is no noise file")

// Noise is how far identical targets seem to differ on one machine under one scenario:
// what an A/A measurement shows, and less than which no gate there can tell.
type Noise struct {
	// Scenario is the scenario's name, Machine the kind of machine as baselines are
	// kept by.
	Scenario string    `json:"scenario"`
	Machine  string    `json:"machine"`
	Measured time.Time `json:"measured"`
	// Paired says that the two sides took turns within one run, as the targets of a
	// comparison do; else they were two runs, one after the other, as a candidate and
	// a kept baseline are.
	Paired bool    `json:"paired"`
	Rounds int     `json:"rounds"`
	Floors []Floor `json:"floors"`
}

// Floor is the noise of one metric of one target.
type Floor struct {
	Load   string `json:"load,omitempty"` // "" in a run of one
	Target string `json:"target"`
	Metric string `json:"metric"` // as in Limit
	// Request is the request of a pass that it is about; "" is all of them.
	Request string `json:"request,omitempty"`
	// Figure is the metric, in its unit.
	Figure float64 `json:"figure"`
	// Observed is how far the two sides were apart, and Detectable the difference that
	// as many rounds show 8 times out of 10: shares of the figure, of an error rate
	// differences.
	Observed   float64 `json:"observed"`
	Detectable float64 `json:"detectable"`
}

// Noises is a file of them, one per scenario, machine and kind.
type Noises struct {
	Schema int     `json:"schema"` // [NoiseSchema]
	Noise  []Noise `json:"noise"`
}

// ReadNoises reads what [Noises.Write] wrote. The error is an [*untrusted.SchemaError] where
// it was written in another format, and wraps [ErrNoNoise] where the text is anything else.
func ReadNoises(r io.Reader) (*Noises, error) {
	var n Noises
	var other *untrusted.SchemaError
	text, err := untrusted.ReadAll(r)
	if err == nil {
		err = untrusted.CheckSchema(text, NoiseFile, NoiseSchema)
	}
	if errors.As(err, &other) {
		return nil, err
	}
	if err == nil {
		err = json.Unmarshal(text, &n)
	}
	if err == nil {
		err = untrusted.Check(&n)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoNoise, err)
	}
	for _, one := range n.Noise {
		if one.Rounds < 1 || slices.ContainsFunc(one.Floors, func(f Floor) bool { return !(f.Observed >= 0 && f.Detectable >= 0 && f.Figure >= 0) }) {
			return nil, fmt.Errorf("%w: what it holds of %q is no measurement", ErrNoNoise, one.Scenario)
		}
	}
	return &n, nil
}

// Write writes the file as JSON.
func (n *Noises) Write(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(n)
}

// Put takes a measurement in, in place of an older one of the same kind.
func (n *Noises) Put(one Noise) {
	n.Schema = NoiseSchema
	if old := n.Of(one.Scenario, one.Machine, one.Paired); old != nil {
		*old = one
		return
	}
	n.Noise = append(n.Noise, one)
}

// Of is the measurement for a scenario and machine of the kind that a gate needs; nil
// where there is none.
func (n *Noises) Of(scenario, machine string, paired bool) *Noise {
	i := slices.IndexFunc(n.Noise, func(one Noise) bool {
		return one.Scenario == scenario && one.Machine == machine && one.Paired == paired
	})
	if i < 0 {
		return nil
	}
	return &n.Noise[i]
}
