// Package threshold reads what a scenario demands of every leg, such as p95 < 500ms.
package threshold

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/internal/lazy"
)

// Threshold is one demand on every leg of a target, or of all targets.
//
// The grammar, in which blanks may stand around the operator:
//
//	threshold  = [ target "." ] [ clock "." ] metric [ "{" request "}" ] op value
//	target     = letter or digit { letter | digit | "_" | "-" }
//	clock      = "response" | "service" | "ttfb"      ; times only
//	request    = name without { } < > = !             ; not of ttfb, nor of what only a whole leg has
//	metric     = percentile | "mean" | "min" | "max"  ; value is a time
//	           | "outage"                             ; the longest time without a success
//	           | "error_rate" | "max_deviation"       ; value is a share
//	           | "rate_rps" | "rate" | "success_rps"  ; value is a rate
//	           | "lost" | "extra" | "dropped" | "skipped" | "hosts" ; value is a count
//	percentile = "p" digit [ digit ] [ "." digit { digit } ]
//	           | "p9" digit digit { digit }           ; p999 is p99.9
//	op         = "<" | "<=" | ">" | ">=" | "==" | "!="
//	value      = number ( "us" | "µs" | "ms" | "s" )  ; a time
//	           | number "%" | "0"                     ; a share
//	           | number [ "/s" ]                      ; a rate
//	           | digit { digit }                      ; a count
//	number     = digit { digit } [ "." digit { digit } ]
//
// Examples: "p95 < 500ms", "p95{login} < 300ms", "cluster.service.p99.9 <= 2s", "error_rate < 1%",
// "error_rate{login} < 1%", "lost == 0". Without a clock a time is the run's measure: response time
// of an open load, service time of a closed one. [metric.Metric.Whole] says which metrics are known of
// all requests together alone. The zero value is no threshold.
type Threshold struct {
	// Target is the target it is about, "" for all.
	Target string
	// Clock is "response", "service", [FirstByte], or "" for the run's measure.
	Clock  string
	Metric metric.Metric
	// Request is the name of the request it is about, "" for all.
	Request string
	// Op is the operator as written.
	Op string
	// Value is in the metric's unit: a share is of 1.
	Value float64
}

// FirstByte is the clock of the time to the first byte of the answer, from sent on.
const FirstByte = "ttfb"

// clocks are all clocks, as alternatives of a pattern.
const clocks = clocksOfRequest + "|" + FirstByte

// clocksOfRequest are those of a single request of a pass.
const clocksOfRequest = "response|service"

var (
	thresholdForm = lazy.Regexp(`^([^<>=!]*?)\s*([<>=!]+)\s*([^<>=!]*)$`)
	subjectForm   = lazy.Regexp(`^(?:([A-Za-z0-9][A-Za-z0-9_-]*)\.)?(?:(` + clocks + `)\.)?(p[0-9]+(?:\.[0-9]+)?|[A-Za-z][A-Za-z0-9_-]*)(?:\{([^{}\r\n]+)\})?$`)
	callForm      = lazy.Regexp(`^p\(([0-9]{1,2}(?:\.[0-9]+)?)\)$`)
	valueForm     = lazy.Regexp(`^([0-9]{1,15}(?:\.[0-9]{1,40})?)\s*([a-zµμ%/]*)$`)
	operators     = []string{"<", "<=", ">", ">=", "==", "!="}
)

// slippedOperators are those of other languages, and slips.
var slippedOperators = map[string]string{"=": "==", "=<": "<=", "=>": ">=", "===": "==", "!==": "!=", "!": "!="}

// Parse reads a threshold in the grammar of [Threshold]. The error says
// what is wrong and how to write it.
func Parse(s string) (Threshold, error) {
	t, err := parse(strings.TrimSpace(s))
	if err != nil {
		return Threshold{}, fmt.Errorf("threshold %q: %w", s, err)
	}
	return t, nil
}

func parse(s string) (Threshold, error) {
	form := thresholdForm().FindStringSubmatch(s)
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
	v, err := parseValue(value, t.Metric)
	if err != nil {
		return Threshold{}, err
	}
	t.Value = v
	return t, nil
}

func (t *Threshold) parseSubject(s string) error {
	form := subjectForm().FindStringSubmatch(s)
	if k6 := callForm().FindStringSubmatch(s); k6 != nil {
		return fmt.Errorf("unknown metric %q: did you mean p%s?", s, k6[1])
	}
	if form == nil {
		return fmt.Errorf("%q is no metric: write metric, clock.metric or target.metric, as in cluster.p95", s)
	}
	t.Target, t.Clock = form[1], form[2]
	if t.Clock == "" && slices.Contains(strings.Split(clocks, "|"), t.Target) {
		t.Target, t.Clock = "", t.Target
	}
	m, err := metric.Parse(form[3])
	if err != nil {
		return err
	}
	t.Metric, t.Request = m, form[4]
	timed := m.Unit.Class() == metric.Times && m != metric.Outage
	switch {
	case t.Request != "" && m.Whole != "":
		return m.CheckRequest(t.Request)
	case t.Request != "" && t.Clock == FirstByte:
		return fmt.Errorf("of a single request the time to the first byte is not kept: write %s or service.%s", m.Written(t.Request), m.Written(t.Request))
	}
	if t.Clock != "" && !timed {
		return fmt.Errorf("%s is not a time of requests: leave %s. out", m.Name, t.Clock)
	}
	return nil
}

func parseValue(s string, m metric.Metric) (float64, error) {
	class := m.Unit.Class()
	form := valueForm().FindStringSubmatch(s)
	if form == nil {
		return 0, fmt.Errorf("%q is no value: %s takes one like %s", s, m.Name, examples[class])
	}
	v, err := strconv.ParseFloat(form[1], 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no number: %w", form[1], err)
	}
	suffix := form[2]
	switch {
	case class == metric.Times:
		return parseTime(v, form[1], suffix)
	case class == metric.Shares && (suffix == "%" || suffix == "" && v == 0):
		return strconv.ParseFloat(form[1]+"e-2", 64) // a division by 100 could miss a share of counts by a rounding
	case class == metric.Shares && suffix == "":
		return 0, fmt.Errorf("%s is a share and needs its unit: write %s%%, or %s%% if you meant a fraction",
			m.Name, form[1], strconv.FormatFloat(v*100, 'f', -1, 64))
	case class == metric.Rates && (suffix == "" || suffix == "/s"):
		return v, nil
	case class == metric.Counts && suffix == "" && v == math.Trunc(v):
		return v, nil
	}
	return 0, fmt.Errorf("%q does not fit %s: it takes a value like %s", s, m.Name, examples[class])
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

// examples are values as a threshold takes them.
var examples = map[metric.Class]string{metric.Times: "500ms", metric.Shares: "1%", metric.Rates: "100", metric.Counts: "0"}

// Called is the figure in a sentence, without its target and clock: "p95 of login".
func (t Threshold) Called() string { return t.Metric.Called(t.Request) }

// Holds reports whether the observed figure, in the metric's unit, meets the
// demand. Edges count exactly as written: 100 is not < 100.
func (t Threshold) Holds(observed float64) bool {
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

// Worse reports that one figure is worse by the demand than another: beyond it by more, or nearer to it.
func (t Threshold) Worse(one, other float64) bool {
	switch t.Op {
	case "<", "<=":
		return one > other
	case ">", ">=":
		return one < other
	}
	return !t.Holds(one) && t.Holds(other)
}

// Within reports that every figure from lo to hi meets the demand; an end that is infinite
// is open.
func (t Threshold) Within(lo, hi float64) bool {
	switch t.Op {
	case "<", "<=":
		return t.Holds(hi)
	case ">", ">=":
		return t.Holds(lo)
	case "==":
		return lo == t.Value && hi == t.Value
	default:
		return t.Value < lo || t.Value > hi
	}
}

// Beyond reports that no figure from lo to hi meets the demand.
func (t Threshold) Beyond(lo, hi float64) bool {
	switch t.Op {
	case "<", "<=":
		return !t.Holds(lo)
	case ">", ">=":
		return !t.Holds(hi)
	case "==":
		return t.Value < lo || t.Value > hi
	default:
		return lo == t.Value && hi == t.Value
	}
}

// Unmeetable reports that no sample can show the demand to be met, however large: that a
// share is 0, or a time a certain one. One of counts can.
func (t Threshold) Unmeetable() bool {
	switch class := t.Metric.Unit.Class(); {
	case class == metric.Counts:
		return false
	case t.Op == "==":
		return true
	default:
		return t.Op == "<=" && t.Value == 0
	}
}
