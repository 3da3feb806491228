package server_test

import (
	"bufio"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/account"
	"github.com/stress-tool/stress/server/reach"
	"github.com/stress-tool/stress/server/store"
)

// followed follows a run by the server's own API or its page, and returns what is closed when that ends.
func (v *serving) followed(path string, header http.Header) (ended chan time.Time) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), "GET", v.base+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header = header
	answer, err := http.DefaultClient.Do(r)
	if err != nil || answer.StatusCode != http.StatusOK {
		v.t.Fatalf("following is answered by %v, %v", answer, err)
	}
	lines := bufio.NewScanner(answer.Body)
	if !lines.Scan() {
		v.t.Fatalf("nothing comes: %v", lines.Err())
	}
	ended = make(chan time.Time)
	go func() {
		defer answer.Body.Close()
		for lines.Scan() { // the run goes on for far longer than the test
		}
		close(ended)
	}()
	return ended
}

// Who follows a run hears no more of it once what let him in is worth nothing: a key that is revoked, a session that
// has come to its time, nobody's where there is an account now. Others hear on.
func TestAStreamEndsWithWhatLetItIn(t *testing.T) {
	target, _ := page(t)
	v := serve(t, t.TempDir(), server.Options{Open: true})
	_, begun := v.ask("POST", "/v2/tests", "application/json", `{"test_type":"per-second","total":5,"duration":600,"urls":[{"url":"`+target+`/"}]}`)
	test, run := member(begun, "test_id"), member(begun, "result_id")
	keyed := func(name string) (string, chan time.Time) {
		key, err := v.store.AddKey(t.Context(), name, store.By{At: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		return key, v.followed("/api/v1/runs/"+run+"/live", http.Header{"Authorization": {"Bearer " + key}})
	}
	page := "/tests/" + test + "/results/" + run + "/events"
	_, stays := keyed("stays")
	_, revoked := keyed("revoked")
	open := v.followed(page, nil)
	if answer, _ := v.post("/settings/keys/revoke", url.Values{"name": {"revoked"}}, nil); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d", answer.StatusCode)
	}
	await := func(what string, ended chan time.Time) {
		t.Helper()
		select {
		case <-ended:
		case <-time.After(time.Minute):
			t.Errorf("%s is followed on", what)
		}
	}
	await("by a revoked key a run", revoked)
	if answer, text := v.post("/settings/accounts", url.Values{"name": {"anna"}, "password": {"five words that nobody knows"}}, nil); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d, %.500s", answer.StatusCode, text)
	}
	await("by nobody, with an account, a run", open)
	now := time.Now()
	token := "a session"
	session := store.Session{Account: "anna", Created: now.Add(-account.Absolute).Add(10 * time.Second), Used: now}
	if err := v.store.AddSession(t.Context(), token, session, now.Add(-account.Absolute), now.Add(-account.Idle), store.By{At: now}); err != nil {
		t.Fatal(err)
	}
	await("by a session whose time has come a run", v.followed(page, http.Header{"Cookie": {"stress=" + token}}))
	select {
	case <-stays:
		t.Error("a key that is good follows no more")
	default:
	}
	v.ask("PUT", "/v2/tests/"+test+"/stop", "", "")
	await("an ended run", stays)
}

// Whatever changes hosts, tests, schedules, badges and who is told says who did it, by pages as by programs, and holds
// no secret.
func TestChangesAreInTheAudit(t *testing.T) {
	v := serve(t, t.TempDir(), server.Options{Open: true})
	key, err := v.store.AddKey(t.Context(), "ci", store.By{At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path, body string, want int) any {
		t.Helper()
		code, got := v.send(method, "/api/v1"+path, body, http.Header{"Authorization": {"Bearer " + key}})
		if code != want {
			t.Errorf("%s %s is answered by %d, %v", method, path, code, got)
		}
		return got
	}
	press := func(path string, form url.Values) {
		t.Helper()
		if answer, text := v.post(path, form, nil); answer.StatusCode != http.StatusSeeOther {
			t.Errorf("%s is answered by %d, %.2000s", path, answer.StatusCode, text)
		}
	}
	press("/hosts", url.Values{"name": {"127.0.0.1:1"}})
	scenario := `name: audited\nload: {type: rate, rate: 10, duration: 1s}\nrequest: {path: /, auth: {user: me, password: hidden}}\ntargets: [{name: a, url: \"http://127.0.0.1:1\"}]`
	test := member(ask("POST", "/tests", `{"scenario":"`+scenario+`"}`, 201), "id")
	ask("PATCH", "/tests/"+test, `{"callback":"http://127.0.0.1:2/?token=hidden","secret":"hidden"}`, 200)
	press("/tests/"+test+"/badge", nil)
	ask("DELETE", "/tests/"+test+"/badge", "", 204)
	schedule := member(ask("POST", "/tests/"+test+"/schedules", `{"cron":"30 2 * * *"}`, 201), "id")
	press("/tests/"+test+"/schedules/"+schedule+"/pause", nil)
	ask("DELETE", "/schedules/"+schedule, "", 204)
	press("/tests/"+test+"/archive", nil)
	press("/tests/"+test+"/restore", nil)
	ask("POST", "/hosts/"+member(ask("POST", "/hosts", `{"name":"127.0.0.1:1"}`, 201), "id")+"/verify", "", 200) // both change nothing
	press("/tests/"+test+"/delete", nil)

	got := v.deeds()
	for _, d := range got {
		if strings.Contains(d, "hidden") {
			t.Errorf("the audit has a secret: %s", d)
		}
	}
	const page, program = " 127.0.0.1 ", "API key ci 127.0.0.1 "
	want := []string{
		"test deleted " + page + "audited", "test restored " + page + "audited", "test archived " + page + "audited",
		"schedule deleted " + program + "audited: 30 2 * * *, UTC, paused", "schedule changed " + page + "audited: 30 2 * * *, UTC, paused", "schedule made " + program + "audited: 30 2 * * *, UTC",
		"badge removed " + program + "audited", "badge made " + page + "audited", "notifications changed " + program + "audited", "test made " + program + "audited",
		"host verified " + page + "127.0.0.1:1", "host added " + page + "127.0.0.1:1",
	}
	if len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
		t.Errorf("the audit has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if _, text := v.get("/settings/audit", nil); !strings.Contains(text, "schedule changed") || !strings.Contains(text, "API key ci") {
		t.Error("the page of the audit has none of it")
	}
}

var loopback = reach.Networks{netip.MustParsePrefix("127.0.0.0/8")}

// scratch is what runs have left of what they needed while they went on.
func scratch(t *testing.T, dir string) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, "scratch", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// The payload files of a run are bounded together, wherever they come from and whatever their servers say of their
// length. What was fetched goes with the run.
func TestPayloadFilesAreBounded(t *testing.T) {
	target, hits := page(t)
	files, _ := at(t, "127.0.0.1", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "a")
		for range 700 { // 700 KiB each, in pieces of unknown number
			fmt.Fprintln(w, strings.Repeat("x", 1023))
			w.(http.Flusher).Flush()
		}
	})
	dir := t.TempDir()
	v := serve(t, dir, server.Options{Open: true, Within: loopback, MostPayload: 1 << 20})
	keep := func(feeds ...string) string {
		t.Helper()
		var all []string
		for i, f := range feeds {
			all = append(all, fmt.Sprintf("{name: f%d, url: '%s/%s'}", i, files, f))
		}
		scenario := "name: fed\nload: {type: rate, rate: 10, duration: 1s}\nrequest: {path: /}\ntargets: [{name: a, url: '" + target + "'}]\nfeeds: [" + strings.Join(all, ", ") + "]\n"
		code, got := v.send("POST", "/api/v1/tests", scenario, http.Header{"Authorization": {"Bearer " + v.key}, "Content-Type": {"application/yaml"}})
		if code != http.StatusCreated {
			t.Fatalf("%d, %v", code, got)
		}
		return member(got, "id")
	}
	run := func(test string) (problem string) {
		t.Helper()
		code, got := v.send("POST", "/api/v1/tests/"+test+"/runs", "", http.Header{"Authorization": {"Bearer " + v.key}})
		if code != http.StatusAccepted {
			t.Fatalf("%d, %v", code, got)
		}
		found := v.await(test, member(got, "id"))
		beyond, _ := found["stress"].(map[string]any)
		return member(beyond, "problem")
	}
	if problem := run(keep("a.csv")); problem != "" {
		t.Errorf("one that is small enough has the problem %q", problem)
	}
	before := hits.Load()
	if problem := run(keep("a.csv", "b.csv")); !strings.Contains(problem, "feed f1") || !strings.Contains(problem, "may have 1 MiB together on this server") || !strings.Contains(problem, "--max-payload") {
		t.Errorf("two of them have the problem %q", problem)
	}
	if hits.Load() != before {
		t.Error("load was sent without its data")
	}
	if left := scratch(t, dir); len(left) > 0 {
		t.Errorf("of the runs there are %q", left)
	}
}

// What a server that was killed left of its runs' payload files is gone at its next start.
func TestPayloadFilesOfAKilledServer(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, "scratch", "of-a-run")
	if err := os.MkdirAll(left, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(left, "0"), []byte("a\nb\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	serve(t, dir, server.Options{Open: true})
	if all := scratch(t, dir); len(all) > 0 {
		t.Errorf("there are %q", all)
	}
}
