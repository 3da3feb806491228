package analyze

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/runlog/untrusted"
)

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
	Target string `json:"target"`
	Metric string `json:"metric"` // as in Limit
	// Figure is the metric, in its unit.
	Figure float64 `json:"figure"`
	// Observed is how far the two sides were apart, and Detectable the difference that
	// as many rounds show 8 times out of 10: shares of the figure, of an error rate
	// differences.
	Observed   float64 `json:"observed"`
	Detectable float64 `json:"detectable"`
}

// least is the smallest tolerance that makes sense for a gate of so many rounds, times
// those of the A/A measurement: the larger of what was seen between identical targets
// and what could have been. More rounds make the second smaller, by the square root;
// the first may be a lasting difference between runs, which they do not cure.
func (f Floor) least(times float64) float64 {
	detectable := f.Detectable / math.Sqrt(times)
	if !metric.Of(f.Metric).Difference() {
		detectable = math.Pow(1+f.Detectable, 1/math.Sqrt(times)) - 1
	}
	return max(f.Observed, detectable)
}

// NoiseSchema is the version of a file of the noise.
const NoiseSchema = 1

// Noises is a file of them, one per scenario, machine and kind.
type Noises struct {
	Schema int     `json:"schema"` // [NoiseSchema]
	Noise  []Noise `json:"noise"`
}

// ReadNoises reads what [Noises.Write] wrote.
func ReadNoises(r io.Reader) (*Noises, error) {
	var n Noises
	var other *untrusted.SchemaError
	text, err := untrusted.ReadAll(r)
	if err == nil {
		err = untrusted.CheckSchema(text, "the noise file", NoiseSchema, "measure it anew with `stress gate --aa`")
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
		return nil, fmt.Errorf("no noise file, which `stress gate --aa` writes: %w", err)
	}
	for _, one := range n.Noise {
		if one.Rounds < 1 || slices.ContainsFunc(one.Floors, func(f Floor) bool { return !(f.Observed >= 0 && f.Detectable >= 0 && f.Figure >= 0) }) {
			return nil, fmt.Errorf("the noise of %q is no measurement: measure it again with `stress gate --aa`", one.Scenario)
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

// Unmeasured names the metrics of tolerances whose noise is not known, for the rounds
// had too few requests: nothing will be refused there.
func (n *Noise) Unmeasured(limits []Limit, targets []string) []string {
	var out []string
	for _, d := range demands(limits, targets) {
		measured := slices.ContainsFunc(n.Floors, func(f Floor) bool { return f.Metric == d.limit.Metric && f.Target == d.target })
		if d.kind == notWorse && !measured {
			out = append(out, fmt.Sprintf("the noise of %s of %s is not known: its rounds had too few requests", d.of.Label, d.target))
		}
	}
	return out
}

// Refuse is a [*RefusedError] where a tolerance is below the noise of these targets: to
// meet or to miss it would be chance. rounds are those of the gate. Between targets of
// one run the noisiest counts.
func (n *Noise) Refuse(limits []Limit, targets []string, rounds int) error {
	times := float64(max(1, rounds)) / float64(n.Rounds)
	var refused []string
	for _, d := range demands(limits, targets) {
		if d.kind != notWorse {
			continue
		}
		var allowed, least float64
		for _, f := range n.Floors {
			ours := f.Metric == d.limit.Metric && slices.Contains(targets, f.Target) && (n.Paired || f.Target == d.target)
			if l := f.least(times); ours && l > least {
				allowed, least = d.allowed(f.Figure), l
			}
		}
		if allowed < least-1e-9 { // not for a rounding
			refused = appendNew(refused, fmt.Sprintf("%s: %s is below this machine's noise of %s (A/A of %s, %s): allow more or measure more rounds",
				d.key(), d.writeAllowed(allowed), d.writeAllowed(least), n.Measured.UTC().Format(time.DateOnly), counted(n.Rounds, "round")))
		}
	}
	if len(refused) > 0 {
		return &RefusedError{refused}
	}
	return nil
}
