package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
)

// The end of a run is a screen of 25 lines, or what matters most stands again below the tables. A
// leg has the same name everywhere, in the first round too.
func TestTheAnswerStandsAtTheEnd(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	defer srv.Close()
	for _, much := range []string{"summary", "all"} {
		dir := filepath.Join(t.TempDir(), "run")
		r := stress(t, nil, "run", "page="+srv.URL+"/", "--type", "clients-per-test", "--clients", "4", "--duration", "200ms", "--rounds", "2",
			"--set", "thresholds=[p95 < 1us]", "--set", "decide=observed", "--out", dir, "--quiet", "--report", much)
		a := stress(t, nil, "report", dir, "--format", "json").summary(t)
		lines := strings.Split(strings.TrimSpace(r.stderr), "\n")
		if last := lines[len(lines)-1]; !strings.HasPrefix(last, string(a.Verdict)+", report: "+dir) {
			t.Errorf("the last line is %q", last)
		}
		if n := strings.Count(r.stdout+r.stderr, "\n"); much == "summary" && (n > 25 || !strings.HasPrefix(r.stdout, string(a.Verdict))) {
			t.Errorf("%d lines:\n%s%s", n, r.stdout, r.stderr)
		}
		if much == "all" && !strings.Contains(r.stderr, fmt.Sprintf("\n%s: %s\n", result.Answers(a.Verdict, a.Answer), a.Headline)) {
			t.Errorf("the answer %q is not at the end of\n%s", a.Headline, r.stderr)
		}
		for _, f := range a.Findings {
			reason := f.String()
			if strings.Contains(reason, "p95") && !strings.Contains(reason, "page, round ") {
				t.Errorf("the reason %q does not name its round", reason)
			}
		}
	}
}
