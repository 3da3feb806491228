package result

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/stress-tool/stress/analyze/metric"
)

// Latency summarises a distribution of times in milliseconds. With N 0 every other
// figure is 0 and means nothing.
type Latency struct {
	N      uint64
	Mean   float64
	StdDev float64
	Min    float64
	Max    float64
	// Quantiles are keyed by the names of [metric.Percentiles]: p50 … p999. In JSON they
	// are fields like the others.
	Quantiles map[string]float64
	// Intervals hold the quantiles and the mean again with their 95 % intervals, keyed by
	// their names.
	Intervals map[string]Estimate
}

// At is the percentile, the mean or an extreme; 0 for one that the summary does not have.
func (l Latency) At(m metric.Metric) float64 {
	switch m {
	case metric.Mean:
		return l.Mean
	case metric.Min:
		return l.Min
	case metric.Max:
		return l.Max
	}
	return l.Quantiles[m.Name]
}

// MarshalJSON implements json.Marshaler: the figures in one object, in the order of the
// fields and of the table of metrics.
func (l Latency) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	add := func(name string, v any) error {
		text, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(&b, ",%q:%s", name, text)
		return nil
	}
	fields := []latencyField{{"n", l.N}, {"mean", l.Mean}, {"stddev", l.StdDev}, {"min", l.Min}, {"max", l.Max}}
	for _, m := range metric.Percentiles {
		fields = append(fields, latencyField{m.Name, l.Quantiles[m.Name]})
	}
	if len(l.Intervals) > 0 {
		fields = append(fields, latencyField{"intervals", l.Intervals})
	}
	for _, f := range fields {
		if err := add(f.name, f.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	text := b.Bytes()
	text[0] = '{' // in place of the first comma
	return text, nil
}

type latencyField struct {
	name  string
	value any
}

// UnmarshalJSON implements json.Unmarshaler. A percentile that the text lacks, for its
// writer had no such metric, is absent.
func (l *Latency) UnmarshalJSON(text []byte) error {
	var fields struct {
		N         uint64              `json:"n"`
		Mean      float64             `json:"mean"`
		StdDev    float64             `json:"stddev"`
		Min       float64             `json:"min"`
		Max       float64             `json:"max"`
		Intervals map[string]Estimate `json:"intervals"`
	}
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	var byName map[string]json.RawMessage
	if err := json.Unmarshal(text, &byName); err != nil {
		return err
	}
	*l = Latency{N: fields.N, Mean: fields.Mean, StdDev: fields.StdDev, Min: fields.Min, Max: fields.Max, Intervals: fields.Intervals}
	for _, m := range metric.Percentiles {
		value, ok := byName[m.Name]
		if !ok {
			continue
		}
		var v float64
		if err := json.Unmarshal(value, &v); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
		if l.Quantiles == nil {
			l.Quantiles = map[string]float64{}
		}
		l.Quantiles[m.Name] = v
	}
	return nil
}
