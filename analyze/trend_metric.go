package analyze

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// TrendMetrics are the metrics that have a trend.
var TrendMetrics = []string{"p50", "p90", "p95", "p99", "p999", "mean", "rate_rps", "success_rps", "error_rate", "lost", "extra"}

// followed is a metric of a trend.
type followed string

// follow is the metric of a name in any of its spellings.
func follow(name string) (followed, error) {
	metric, err := metricName(name)
	if err != nil {
		return "", err
	}
	if !slices.Contains(TrendMetrics, metric) {
		return "", fmt.Errorf("a summary does not keep %s: there are %s", spoken(metric), strings.Join(TrendMetrics, ", "))
	}
	return followed(metric), nil
}

// name is the metric in words.
func (f followed) name() string {
	words := map[followed]string{
		"rate_rps": "requests per second", "success_rps": "successes per second", "error_rate": "error rate",
		"lost": "lost rows", "extra": "extra rows",
	}
	return cmp.Or(words[f], spoken(string(f)))
}

func (f followed) unit() unit { return Threshold{Metric: string(f)}.unit() }

func (f followed) better() string {
	if f.unit() == unitRate {
		return higherBetter
	}
	return lowerBetter
}

// difference reports that a change is a difference: from next to nothing there is no
// ratio.
func (f followed) difference() bool { return f.unit() == unitShare || f.unit() == unitCount }

// level writes a mean of figures: of counts it has a fraction.
func (f followed) level(v float64) string {
	switch f.unit() {
	case unitTime:
		return millis(v)
	case unitShare:
		return percent(v)
	case unitRate:
		return significant(v, 3) + "/s"
	}
	return significant(v, 3) + " rows"
}

// step writes a difference of levels.
func (f followed) step(v float64) string {
	if f.unit() == unitShare {
		return points(v)
	}
	return f.level(v)
}
