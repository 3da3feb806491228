package report

import (
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/report/reporttest"
)

// One code that goes without saying stands on the page alone; any other stands in every form.
func TestStatusCodesAreShownWhereTheyTellSomething(t *testing.T) {
	one := []result.Status{{Code: 200, Answers: 40}}
	for _, c := range []struct {
		name     string
		statuses []result.Status
		outcomes func(*result.Leg)
		forms    map[string]bool // by format: it has the section
	}{
		{"as expected", one, func(*result.Leg) {}, map[string]bool{"text": false, "md": false, "html": true}},
		{"one that was not expected", []result.Status{{Code: 404, Answers: 40}}, func(l *result.Leg) { l.Outcomes.Success--; l.Outcomes.HTTP4xx++ }, map[string]bool{"text": true, "md": true, "html": true}},
		{"two, both expected", append(one, result.Status{Code: 302, Answers: 2}), func(*result.Leg) {}, map[string]bool{"text": true, "md": true, "html": true}},
		{"from before they were counted", nil, func(l *result.Leg) { l.Outcomes.Success-- }, map[string]bool{"text": false, "md": false, "html": false}},
	} {
		a := reporttest.Closed()
		for i := range a.Legs {
			a.Legs[i].Statuses = c.statuses
			c.outcomes(&a.Legs[i])
		}
		for format, want := range c.forms {
			if got := strings.Contains(render(t, Formats[format], a, Options{Full: true}), "Status codes of the answers"); got != want {
				t.Errorf("%s: %s has the section: %v", c.name, format, got)
			}
		}
	}
}
