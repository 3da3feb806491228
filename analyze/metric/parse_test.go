package metric

import (
	"strings"
	"testing"
)

func TestParseRequest(t *testing.T) {
	for in, want := range map[string]string{
		"p95{login}": "p95{login}", "rate{GET /x.php}": "rate_rps{GET /x.php}", "p99.9{a}": "p999{a}", "p95": "p95",
		"lost{a}": "!rows do not tell which request of a pass wrote them: leave {a} out", "p95{}": "!unknown metric", "p95{a": "!unknown metric",
		"{a}": "!unknown metric", "p59x{a}": "!unknown metric", "p95{a}{b}": "!unknown metric", "p95{a=b}": "!unknown metric",
	} {
		m, request, err := ParseRequest(in)
		refused, wrong := strings.CutPrefix(want, "!")
		if wrong != (err != nil) || wrong && !strings.Contains(err.Error(), refused) || !wrong && m.Written(request) != want {
			t.Errorf("%q is %s, %v; want %q", in, m.Written(request), err, want)
		}
	}
}

// What is a name of a metric and a request is written as one that is the same.
func FuzzParseRequest(f *testing.F) {
	for _, s := range []string{"p95{login}", "error_rate{GET /a}", "p99.95{\xff}", "skipped{ a }", "p95{{a}}", "outage{a}", "rate"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, request, err := ParseRequest(s)
		if err != nil {
			return
		}
		again, same, err := ParseRequest(m.Written(request))
		if err != nil || again != m || same != request || request != "" && m.Whole != "" {
			t.Errorf("%q: %s of %q is written %q, which is %s of %q, %v", s, m.Name, request, m.Written(request), again.Name, same, err)
		}
	})
}
