package server_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/store"
)

// What the npm package loader.io.api 2.0.3 sends, for one test from its host to its result.
func TestAClientDoesItsWork(t *testing.T) {
	target, hits := page(t)
	v := serve(t, t.TempDir(), server.Options{Alone: true})
	host := strings.TrimPrefix(target, "http://")
	code, app := v.ask("POST", "/v2/apps", "text/plain;charset=UTF-8", "app="+host)
	id := member(app, "app_id")
	if code != http.StatusOK || member(app, "message") != "success" || member(app, "verification_id") != "loaderio-"+id || len(id) != 32 {
		t.Fatalf("a host is answered by %d, %v", code, app)
	}
	if code, got := v.ask("POST", "/v2/apps/"+id, "text/plain;charset=UTF-8", "method=http"); code != http.StatusOK || member(got, "message") != "success" {
		t.Errorf("verification is answered by %d, %v", code, got)
	}
	code, got := v.ask("POST", "/v2/tests", "application/json", `{"test_type":"per-second","initial":1,"total":20,"timeout":10000,"error_threshold":50,
		"name":"npm","notes":"ask Ana","duration":2,"urls":[{"url":"`+target+`/index.php?a=b","request_type":"GET","headers":{"X-A":"b"},"authentication":{"login":"me","password":"hidden","type":"basic"}}]}`)
	test, result := member(got, "test_id"), member(got, "result_id")
	if code != http.StatusOK || member(got, "message") != "success" || member(got, "status") != "running" || test == "" || result == "" {
		t.Fatalf("a test is answered by %d, %v", code, got)
	}
	if code, got := v.ask("PUT", "/v2/tests/"+test+"/run", "", ""); code != http.StatusUnprocessableEntity || member(got, "message") != "error" {
		t.Errorf("another run at the same time is answered by %d, %v", code, got)
	}
	found := v.await(test, result)
	want := map[string]any{
		"success": 40.0, "error": 0.0, "timeout_error": 0.0, "network_error": 0.0, "avg_error_rate": 0.0,
		"public_results_url": v.base + "/reports/" + test + "/results/" + mustRun(t, v.store, result).Share,
	}
	for name, value := range want {
		if found[name] != value {
			t.Errorf("%s is %v, want %v", name, found[name], value)
		}
	}
	// The load, and what asks before it which protocol the server speaks.
	if n := hits.Load(); n < 40 || n > 45 {
		t.Errorf("the target counted %d requests, want 40 and a few before them", n)
	}
	beyond, _ := found["stress"].(map[string]any)
	if beyond["verdict"] == nil || beyond["response_ms"] == nil {
		t.Errorf("no figures beyond loader.io's: %v", beyond)
	}
	_, seen := v.ask("GET", "/v2/tests/"+test, "", "")
	all, _ := json.Marshal(seen)
	for _, part := range []string{
		`"name":"npm"`, `"notes":"ask Ana"`, `"status":"complete"`, `"test_type":"Clients per second"`, `"duration":2`, `"total":20`, `"timeout":10000`, `"error_threshold":50`,
		`"url":"` + target + `/index.php?a=b"`, `"X-A":"b"`, `"login":"me"`, `"password":"(set)"`, `"domain":"` + host + `"`,
	} {
		if !strings.Contains(string(all), part) {
			t.Errorf("%s is missing in %s", part, all)
		}
	}
	if strings.Contains(string(all), "hidden") {
		t.Errorf("a password is sent back: %s", all)
	}
	code, report := v.send("GET", "/reports/"+test+"/results/"+mustRun(t, v.store, result).Share, "", nil)
	if text, _ := report.(string); code != http.StatusOK || !strings.Contains(text, "<html") {
		t.Errorf("the shared report is answered by %d", code)
	}
}

// The requests of other clients of loader.io's.
func TestOtherClients(t *testing.T) {
	target, _ := page(t)
	v := serve(t, t.TempDir(), server.Options{})
	form := url.Values{
		"api_key": {v.key}, "name": {"a form"}, "test_type": {"cycling"}, "initial": {"1"}, "total": {"2"}, "duration": {"1"},
		"scheduled_at": {"2999-01-01T00:00:00Z"}, "urls[][url]": {target + "/a", target + "/b"}, "urls[0][headers][Accept]": {"text/html"},
	}
	code, got := v.send("POST", "/v2/tests", form.Encode(), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
	test := member(got, "test_id")
	if code != http.StatusOK || member(got, "status") != "pending" || member(got, "result_id") != "" {
		t.Fatalf("a form is answered by %d, %v", code, got)
	}
	// The Jenkins plugin lists with a key of another spelling, and runs.
	code, list := v.send("GET", "/v2/tests?status=active&fields[]=name&fields[]=domain", "", http.Header{"loaderio-Auth": {v.key}})
	all, _ := json.Marshal(list)
	for _, part := range []string{`"test_type":"Cycling"`, `"initial":1`, `"total":2`, target + "/a", target + "/b", "text/html", `"scheduled_at":"2999-01-01T00:00:00Z"`, `"status":"pending"`} {
		if code != http.StatusOK || !strings.Contains(string(all), part) {
			t.Errorf("%s is missing in %d, %s", part, code, all)
		}
	}
	code, got = v.send("PUT", "/v2/tests/"+test+"/run?source=jenkins&api_key="+v.key, "", nil)
	if code != http.StatusOK || member(got, "status") != "running" {
		t.Fatalf("Jenkins' run is answered by %d, %v", code, got)
	}
	kept, err := v.store.Test(t.Context(), test)
	if err != nil {
		t.Fatal(err)
	}
	if code, _ := v.send("POST", "/v2/tests/"+test+"/token/"+store.NewID()+"/run", "", nil); code != http.StatusNotFound {
		t.Errorf("another token is answered by %d", code)
	}
	code, got = v.send("POST", "/v2/tests/"+test+"/token/"+kept.Token+"/run", "", nil)
	if code != http.StatusOK {
		t.Fatalf("the token is answered by %d, %v", code, got)
	}
	second := member(got, "result_id")
	v.await(test, second)
	_, list = v.ask("GET", "/v2/tests/"+test+"/results", "", "")
	results, _ := list.([]any)
	if len(results) != 2 || member(results[0], "result_id") != second {
		t.Errorf("results %v, want the newest of two first", results)
	}
	if code, got := v.ask("PUT", "/v2/tests/"+test+"/stop", "", ""); code != http.StatusUnprocessableEntity {
		t.Errorf("the stop of a test that does not run is answered by %d, %v", code, got)
	}
	_, servers := v.ask("GET", "/v2/servers", "", "")
	if object, _ := servers.(map[string]any); object["ip_addresses"] == nil {
		t.Errorf("servers %v", servers)
	}
	_, apps := v.ask("GET", "/v2/apps", "", "")
	hosts, _ := apps.([]any)
	if len(hosts) != 1 || member(hosts[0], "status") != "verified" {
		t.Fatalf("hosts %v", apps)
	}
	if code, got := v.ask("DELETE", "/v2/apps/"+member(hosts[0], "app_id"), "", ""); code != http.StatusOK || got != nil {
		t.Errorf("the end of a host is answered by %d, %v", code, got)
	}
	if code, _ := v.ask("GET", "/v2/tests/"+test, "", ""); code != http.StatusNotFound {
		t.Errorf("a test of a host that is gone is answered by %d", code)
	}
}

// Values of answers are loader.io's variables: what the page says goes into the next URL, and where it says
// nothing the rest of the pass is not sent.
func TestVariablesOfAnswers(t *testing.T) {
	var logins, orders atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/login" && logins.Add(1)%2 == 0:
			w.Header().Set("X-Csrf", "a/b")
		case r.URL.EscapedPath() == "/orders/a%2Fb" && r.Header.Get("X-Csrf") == "a/b":
			orders.Add(1)
		}
	}))
	t.Cleanup(target.Close)
	v := serve(t, t.TempDir(), server.Options{})
	code, got := v.ask("POST", "/v2/tests", "application/json", `{"test_type":"per-test","total":20,"duration":1,"urls":[
		{"url":"`+target.URL+`/login","variables":[{"name":"csrf","property":"X-Csrf","source":"header"}]},
		{"url":"`+target.URL+`/orders/{{csrf}}","headers":{"X-Csrf":"{{csrf}}"}}]}`)
	if code != http.StatusOK {
		t.Fatalf("%d, %v", code, got)
	}
	found := v.await(member(got, "test_id"), member(got, "result_id"))
	beyond, _ := found["stress"].(map[string]any)
	sent, lacking := uint64(orders.Load()), found["error"].(float64)
	if lacking == 0 || sent == 0 || beyond["skipped"] != lacking || float64(sent)+lacking != 20 || found["success"] != float64(2*sent) {
		t.Errorf("%d orders, %v", sent, found)
	}
	_, seen := v.ask("GET", "/v2/tests/"+member(got, "test_id"), "", "")
	if all, _ := json.Marshal(seen); !strings.Contains(string(all), `"variables":[{"name":"csrf","property":"X-Csrf","source":"header"}]`) {
		t.Errorf("%s", all)
	}
}
