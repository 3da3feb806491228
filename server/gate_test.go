package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/runlogtest"
	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/queue"
	"github.com/stress-tool/stress/server/store"
)

// What the form says of a gate is what the exported scenario has, what a clone's fields hold, and what each result is
// held to: bounds alone, and margins against the result before it.
func TestTheGateOfTheForm(t *testing.T) {
	target, _ := page(t)
	v := serve(t, t.TempDir(), server.Options{Open: true})
	const lines = "error_rate max 1%\np95 worse_by 10% and 5ms"
	answer, text := v.post("/tests/new", url.Values{
		"do": {"run"}, "name": {"gated"}, "type": {"clients-per-second"}, "clients": {"50"}, "duration": {"2"}, "unit": {"s"}, "protocol": {"http"},
		"host": {strings.TrimPrefix(target, "http://")}, "method": {"GET"}, "path": {"/"}, "requests": {"1"}, "gate": {lines},
	}, nil)
	if answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d, %.2000s", answer.StatusCode, text)
	}
	parts := strings.Split(answer.Header.Get("Location"), "/")
	test, first := parts[2], parts[4]
	v.await(test, first)
	exported, text := v.get("/tests/"+test+"/scenario.yaml", nil)
	sc, err := scenarios.Parse("scenario.yaml", []byte(text), scenarios.Options{})
	if err != nil || exported.StatusCode != http.StatusOK || len(sc.Gate) != 2 {
		t.Fatalf("exported is %d, %v\n%s", exported.StatusCode, err, text)
	}
	if _, form := v.get("/tests/new?from="+test, nil); !strings.Contains(form, lines) {
		t.Error("a clone has another gate")
	}
	gate := func(result string) string {
		t.Helper()
		if _, page := v.get("/tests/"+test+"/results/"+result, nil); !strings.Contains(page, "/results/"+result+`/gate"`) {
			t.Error("the result does not lead to its gate")
		}
		answer, page := v.get("/tests/"+test+"/results/"+result+"/gate/page", nil)
		if answer.StatusCode != http.StatusOK || !strings.Contains(page, "error_rate") || !strings.Contains(page, "p95") {
			t.Errorf("the gate is answered by %d, %.1000s", answer.StatusCode, page)
		}
		return page
	}
	alone := gate(first)
	_, begun := v.ask("PUT", "/v2/tests/"+test+"/run", "", "")
	second := member(begun, "result_id")
	v.await(test, second)
	runs, err := v.store.RunsOf(t.Context(), test)
	if err != nil || len(runs) != 2 {
		t.Fatal(runs, err)
	}
	both := gate(second)
	if runs[1].Verdict() == result.Invalid { // on a busy machine; then nothing is held against it
		return
	}
	if dated := runs[1].Started.Format("2006-01-02 15:04:05"); !strings.Contains(both, dated) || !strings.Contains(alone, "no baseline") {
		t.Errorf("the second result is not held against the first, or the first against something")
	}
}

// A result that did not come to its end is no baseline, as in `stress gate`: what stopped it says nothing of it.
func TestAStoppedResultIsNoBaseline(t *testing.T) {
	for _, stopped := range []string{"", "interrupted"} {
		dir := t.TempDir()
		s, err := store.Open(t.Context(), dir)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(err)
		test := keepTest(t, s, store.Test{Name: "gated"})
		var runs []store.Run
		for i := range 2 {
			r := taken(t, s, test, time.Now().Add(time.Duration(i)*time.Second), func(dir string) error {
				if err := runlogtest.Write(dir, runlogtest.Shape{Targets: 1, Rounds: 1, Seconds: 20, PerSecond: 20}); err != nil {
					return err
				}
				return rewritten(dir, func(m *runlog.Manifest) {
					m.Gate = []runlog.Limit{{Metric: "p95", WorseBy: new(0.1)}}
					if i == 0 {
						m.Stopped = stopped
					}
				})
			})
			// A run that a person stopped has no problem, unlike one whose server was killed.
			summary, err := queue.Judge(t.Context(), s.Dir(r))
			must(err)
			must(s.End(t.Context(), r.ID, time.Now(), "", summary))
			runs = append(runs, r)
		}
		must(s.Close())
		v := serve(t, dir, server.Options{Open: true})
		answer, page := v.get("/tests/"+test.ID+"/results/"+runs[1].ID+"/gate/page", nil)
		if held := strings.Contains(page, runs[0].Started.Format("2006-01-02 15:04:05")); answer.StatusCode != http.StatusOK || held != (stopped == "") {
			t.Errorf("stopped %q: %d, held against the first: %v", stopped, answer.StatusCode, held)
		}
	}
}
