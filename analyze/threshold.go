package analyze

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stress-tool/stress/internal/spell"
)

// Threshold is one demand on every leg of a target, or of all targets.
//
// The grammar, in which blanks may stand around the operator:
//
//	threshold  = [ target "." ] [ clock "." ] metric op value
//	target     = letter or digit { letter | digit | "_" | "-" }
//	clock      = "response" | "service"               ; times only
//	metric     = percentile | "mean" | "min" | "max"  ; value is a time
//	           | "error_rate" | "max_deviation"       ; value is a share
//	           | "rate_rps" | "rate" | "success_rps"  ; value is a rate
//	           | "lost" | "extra" | "dropped" | "hosts" ; value is a count
//	percentile = "p" digit [ digit ] [ "." digit { digit } ]
//	           | "p9" digit digit { digit }           ; p999 is p99.9
//	op         = "<" | "<=" | ">" | ">=" | "==" | "!="
//	value      = number ( "us" | "µs" | "ms" | "s" )  ; a time
//	           | number "%" | "0"                     ; a share
//	           | number [ "/s" ]                      ; a rate
//	           | digit { digit }                      ; a count
//	number     = digit { digit } [ "." digit { digit } ]
//
// Examples: "p95 < 500ms", "cluster.service.p99.9 <= 2s", "error_rate < 1%",
// "lost == 0". Without a clock a time is the run's measure: response time of an
// open load, service time of a closed one. The zero value is no threshold.
type Threshold struct {
	// Target is the target it is about, "" for all.
	Target string
	// Clock is "response", "service", or "" for the run's measure.
	Clock string
	// Metric is the metric's name in one spelling: "p95", "p999", "p99.5",
	// "rate_rps" …
	Metric string
	// Op is the operator as written.
	Op string
	// Value is in the metric's unit: milliseconds, percent, per second, or a count.
	Value float64
}

// unit is what a metric is counted in.
type unit string

const (
	unitTime  unit = "ms"
	unitShare unit = "%"
	unitRate  unit = "/s"
	unitCount unit = ""
)

// metricUnits are the metrics but percentiles, in their one spelling.
var metricUnits = map[string]unit{
	"mean": unitTime, "min": unitTime, "max": unitTime,
	"error_rate": unitShare, "max_deviation": unitShare,
	"rate_rps": unitRate, "success_rps": unitRate,
	"lost": unitCount, "extra": unitCount, "dropped": unitCount, "hosts": unitCount,
}

// metricAliases are other spellings a user may type.
var metricAliases = map[string]string{"rate": "rate_rps"}

var (
	thresholdForm  = regexp.MustCompile(`^([^<>=!]*?)\s*([<>=!]+)\s*([^<>=!]*)$`)
	subjectForm    = regexp.MustCompile(`^(?:([A-Za-z0-9][A-Za-z0-9_-]*)\.)?(?:(response|service)\.)?(p[0-9]+(?:\.[0-9]+)?|[A-Za-z][A-Za-z0-9_-]*)$`)
	callForm       = regexp.MustCompile(`^p\(([0-9]{1,2}(?:\.[0-9]+)?)\)$`)
	percentileForm = regexp.MustCompile(`^p([0-9]{1,2}|9[0-9]{2,5})(?:\.([0-9]{1,4}))?$`)
	valueForm      = regexp.MustCompile(`^([0-9]{1,15}(?:\.[0-9]{1,40})?)\s*([a-zµμ%/]*)$`)
	operators      = []string{"<", "<=", ">", ">=", "==", "!="}
)

// slippedOperators are those of other languages, and slips.
var slippedOperators = map[string]string{"=": "==", "=<": "<=", "=>": ">=", "===": "==", "!==": "!=", "!": "!="}

// ParseThreshold reads a threshold in the grammar of [Threshold]. The error says
// what is wrong and how to write it.
func ParseThreshold(s string) (Threshold, error) {
	t, err := parseThreshold(strings.TrimSpace(s))
	if err != nil {
		return Threshold{}, fmt.Errorf("threshold %q: %w", s, err)
	}
	return t, nil
}

func parseThreshold(s string) (Threshold, error) {
	form := thresholdForm.FindStringSubmatch(s)
	if form == nil {
		return Threshold{}, errors.New("write it as metric, operator, value: p95 < 500ms")
	}
	subject, op, value := form[1], form[2], form[3]
	if meant := slippedOperators[op]; meant != "" {
		return Threshold{}, fmt.Errorf("unknown operator %s: did you mean %s?", op, meant)
	}
	if !slices.Contains(operators, op) {
		return Threshold{}, fmt.Errorf("unknown operator %s: use one of %s", op, strings.Join(operators, " "))
	}
	t := Threshold{Op: op}
	if err := t.parseSubject(subject); err != nil {
		return Threshold{}, err
	}
	v, err := parseValue(value, t.unit(), t.Metric)
	if err != nil {
		return Threshold{}, err
	}
	t.Value = v
	return t, nil
}

func (t *Threshold) parseSubject(s string) error {
	form := subjectForm.FindStringSubmatch(s)
	if k6 := callForm.FindStringSubmatch(s); k6 != nil {
		return fmt.Errorf("unknown metric %q: did you mean p%s?", s, k6[1])
	}
	if form == nil {
		return fmt.Errorf("%q is no metric: write metric, clock.metric or target.metric, as in cluster.p95", s)
	}
	t.Target, t.Clock = form[1], form[2]
	if t.Clock == "" && (t.Target == "response" || t.Target == "service") {
		t.Target, t.Clock = "", t.Target
	}
	metric, err := metricName(form[3])
	if err != nil {
		return err
	}
	t.Metric = metric
	if t.Clock != "" && t.unit() != unitTime {
		return fmt.Errorf("%s is not a time: leave %s. out", metric, t.Clock)
	}
	return nil
}

// metricName is the one spelling of a metric.
func metricName(s string) (string, error) {
	if alias, ok := metricAliases[s]; ok {
		s = alias
	}
	if _, ok := metricUnits[s]; ok {
		return s, nil
	}
	form := percentileForm.FindStringSubmatch(s)
	if form == nil || (len(form[1]) > 2 && form[2] != "") {
		return "", unknownMetric(s)
	}
	whole, fraction := form[1], form[2]
	if len(whole) > 2 {
		whole, fraction = whole[:2], whole[2:]
	}
	whole = strings.TrimLeft(whole, "0")
	fraction = strings.TrimRight(fraction, "0")
	switch {
	case whole == "" && fraction == "":
		return "", errors.New("there is no p0: use min")
	case whole == "99" && fraction == "9":
		return "p999", nil
	case fraction == "":
		return "p" + whole, nil
	}
	return "p" + cmp.Or(whole, "0") + "." + fraction, nil
}

// unknownMetric names the metric that was likely meant.
func unknownMetric(s string) error {
	if s == "p100" {
		return errors.New("there is no p100: use max")
	}
	names := slices.Sorted(maps.Keys(metricUnits))
	if meant := spell.Meant(s, append([]string{"p50", "p90", "p95", "p99", "p999"}, names...)); meant != "" {
		return fmt.Errorf("unknown metric %q: did you mean %s?", s, meant)
	}
	return fmt.Errorf("unknown metric %q: there are p50, p99.5 and the like, %s", s, strings.Join(names, ", "))
}

func parseValue(s string, u unit, metric string) (float64, error) {
	form := valueForm.FindStringSubmatch(s)
	if form == nil {
		return 0, fmt.Errorf("%q is no value: %s takes one like %s", s, metric, example(u))
	}
	v, err := strconv.ParseFloat(form[1], 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no number: %w", form[1], err)
	}
	suffix := form[2]
	switch {
	case u == unitTime:
		return parseTime(v, form[1], suffix)
	case u == unitShare && (suffix == "%" || suffix == "" && v == 0):
		return v, nil
	case u == unitShare && suffix == "":
		return 0, fmt.Errorf("%s is a share and needs its unit: write %s%%, or %s%% if you meant a fraction",
			metric, form[1], strconv.FormatFloat(v*100, 'f', -1, 64))
	case u == unitRate && (suffix == "" || suffix == "/s"):
		return v, nil
	case u == unitCount && suffix == "" && v == math.Trunc(v):
		return v, nil
	}
	return 0, fmt.Errorf("%q does not fit %s: it takes a value like %s", s, metric, example(u))
}

// parseTime is in milliseconds.
func parseTime(v float64, number, suffix string) (float64, error) {
	switch suffix {
	case "ms":
		return v, nil
	case "s":
		if v >= 1e12 {
			return 0, fmt.Errorf("%ss is longer than any run", number)
		}
		return v * 1000, nil
	case "us", "µs", "μs":
		return v / 1000, nil
	case "":
		return 0, fmt.Errorf("a time needs its unit: write %sms or %ss", number, number)
	}
	return 0, fmt.Errorf("unknown unit %q of a time: use us, ms or s", suffix)
}

func example(u unit) string {
	return map[unit]string{unitTime: "500ms", unitShare: "1%", unitRate: "100", unitCount: "0"}[u]
}

func (t Threshold) unit() unit {
	if strings.HasPrefix(t.Metric, "p") {
		return unitTime
	}
	return metricUnits[t.Metric]
}

// Quantile is the percentile's q in (0,1); false for any other metric.
func (t Threshold) Quantile() (q float64, ok bool) { return quantileOf(t.Metric) }

func quantileOf(metric string) (q float64, ok bool) {
	if metric == "p999" {
		return 0.999, true
	}
	rest, ok := strings.CutPrefix(metric, "p")
	if !ok {
		return 0, false
	}
	percent, err := strconv.ParseFloat(rest, 64)
	return percent / 100, err == nil
}

// String is the threshold in its shortest form; [ParseThreshold] reads it back to
// the same value.
func (t Threshold) String() string {
	var b strings.Builder
	for _, part := range []string{t.Target, t.Clock} {
		if part != "" {
			b.WriteString(part + ".")
		}
	}
	b.WriteString(t.Metric + " " + t.Op + " " + strconv.FormatFloat(t.Value, 'f', -1, 64))
	if u := t.unit(); u != unitRate {
		b.WriteString(string(u))
	}
	return b.String()
}

// holds reports whether the observed figure, in the metric's unit, meets the
// demand. Edges count exactly as written: 100 is not < 100.
func (t Threshold) holds(observed float64) bool {
	switch t.Op {
	case "<":
		return observed < t.Value
	case "<=":
		return observed <= t.Value
	case ">":
		return observed > t.Value
	case ">=":
		return observed >= t.Value
	case "==":
		return observed == t.Value
	default:
		return observed != t.Value
	}
}
