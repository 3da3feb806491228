package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/server"
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
