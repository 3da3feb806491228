package metric

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/internal/spell"
)

// RequestPattern is a regular expression, in a syntax that Go and JavaScript share, for what names a request
// behind a metric: {login}.
const RequestPattern = `\{[^{}<>=!\r\n]+\}`

var requestForm = lazy.Regexp(`^([^{}]*)(` + RequestPattern + `)$`)

// CutRequest divides a name such as p95{login} into the metric's and {login}; without a request rest is "".
func CutRequest(name string) (base, rest string) {
	form := requestForm().FindStringSubmatch(name)
	if form == nil {
		return name, ""
	}
	return form[1], form[2]
}

// ParseRequest is [Parse] for a name that may name a request behind the metric, as p95{login} does; request
// is "" for all of them.
func ParseRequest(s string) (m Metric, request string, err error) {
	base, rest := CutRequest(s)
	if m, err = Parse(base); err != nil || rest == "" {
		return m, "", err
	}
	request = rest[1 : len(rest)-1]
	return m, request, m.CheckRequest(request)
}

// CheckRequest says why the metric is not known of a single request; nil where it is.
func (m Metric) CheckRequest(request string) error {
	if m.Whole == "" {
		return nil
	}
	return fmt.Errorf("%s is of all requests together, for %s: leave {%s} out", m.Name, m.Whole, request)
}

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
