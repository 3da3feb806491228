package metric

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/internal/spell"
)

// Parse is the metric of a name that a user typed.
func Parse(s string) (Metric, error) {
	if m, ok := Named(s); ok {
		return m, nil
	}
	switch s {
	case "p0", "p00":
		return Metric{}, errors.New("there is no p0: use min")
	case "p100":
		return Metric{}, errors.New("there is no p100: use max")
	}
	percentiles, others := Names(Percentiles), Names(Where(func(m Metric) bool { return m.Quantile == 0 }))
	if meant := spell.Meant(s, slices.Concat(percentiles, others)); meant != "" {
		return Metric{}, fmt.Errorf("unknown metric %q: did you mean %s?", s, meant)
	}
	return Metric{}, fmt.Errorf("unknown metric %q: there are p50, p99.5 and the like, %s", s, strings.Join(slices.Sorted(slices.Values(others)), ", "))
}
