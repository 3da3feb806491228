package threshold

import (
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
)

// Pattern is a regular expression, in a syntax that Go and JavaScript share, for
// what [Parse] takes, but for what [ClockOfNoTime] finds.
func Pattern() string {
	const (
		number     = `[0-9]{1,15}(\.[0-9]{1,40})?`
		fraction   = `(0{0,3}[1-9]|0{0,2}[1-9][0-9]|0?[1-9][0-9]{2}|[1-9][0-9]{3})` // above 0, of 1 to 4 digits
		percentile = `p(9[0-9]{2,5}|(0?[1-9]|[1-9][0-9])(\.[0-9]{1,4})?|00?\.` + fraction + `)`
		seconds    = `0{0,3}[0-9]{1,12}(\.[0-9]{1,40})?\s*s`
		request    = metric.RequestPattern
		op         = `\s*(<|<=|>|>=|==|!=)\s*`
	)
	of := func(class metric.Class) string {
		return `(` + spellings(every, class) + `|(` + spellings(single, class) + `)` + request + `)`
	}
	return `^\s*([A-Za-z0-9][A-Za-z0-9_-]*\.)?(` + strings.Join([]string{
		`(((` + clocks + `)\.)?(` + spellings(every, metric.Times) + `|` + percentile + `)|((` + clocksOfRequest + `)\.)?(` + spellings(single, metric.Times) + `|` + percentile + `)` + request + `)` + op + `(` + number + `\s*(us|µs|μs|ms)|` + seconds + `)`,
		of(metric.Shares) + op + `(` + number + `\s*%|0{1,15}(\.0{1,40})?)`,
		of(metric.Rates) + op + number + `\s*(/s)?`,
		of(metric.Counts) + op + `[0-9]{1,15}(\.0{1,40})?`,
	}, "|") + `)\s*$`
}

// ClockOfNoTime is a regular expression for thresholds that [Parse] refuses for
// their clock.
func ClockOfNoTime() string {
	return `^\s*(` + clocks + `)\.(` + spellings(every, metric.Shares, metric.Rates, metric.Counts) + `)`
}

func every(metric.Metric) bool    { return true }
func single(m metric.Metric) bool { return m.Whole == "" }

// spellings are those of the metrics of some classes for which ok holds, percentiles aside, as
// alternatives.
func spellings(ok func(metric.Metric) bool, of ...metric.Class) string {
	var names []string
	for _, m := range metric.All {
		if m.Quantile > 0 || !ok(m) || !slices.Contains(of, m.Unit.Class()) {
			continue
		}
		names = append(names, m.Name)
		if m.Alias != "" {
			names = append(names, m.Alias)
		}
	}
	return strings.Join(names, "|")
}
