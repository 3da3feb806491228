package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stress-tool/stress/fleet/lead"
	"github.com/stress-tool/stress/runlog"
)

// own asks the server's own API, and returns the code and what the JSON of the answer is.
func (s *served) own(method, path, kind, body string) (int, map[string]any) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, strings.TrimSuffix(s.api, "v2/")+"api/v1"+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	r.Header.Set("Content-Type", kind)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	var got map[string]any
	if len(text) > 0 && json.Unmarshal(text, &got) != nil {
		got = map[string]any{"text": string(text)}
	}
	return answer.StatusCode, got
}

// keep keeps a scenario as a test, and returns its identifier.
func (s *served) keep(scenario string) string {
	s.t.Helper()
	code, got := s.own("POST", "/tests", "application/yaml", scenario)
	if code != http.StatusCreated {
		s.t.Fatalf("the scenario is answered by %d, %v", code, got)
	}
	return got["id"].(string)
}

// begin runs a test, and returns the identifier of the run.
func (s *served) begin(test string) string {
	s.t.Helper()
	code, got := s.own("POST", "/tests/"+test+"/runs", "", "")
	if code != http.StatusAccepted {
		s.t.Fatalf("the run is answered by %d, %v", code, got)
	}
	return got["id"].(string)
}

// ended waits for the end of a run, and returns what it came to. The test is left out where the machine stood still when
// an agent was to begin: it then sends nothing, as it must.
func (s *served) ended(run string) (got map[string]any) {
	s.t.Helper()
	until(s.t, "the end of the run", func() bool {
		_, got = s.own("GET", "/runs/"+run, "", "")
		time.Sleep(50 * time.Millisecond)
		return got["state"] == "ended"
	})
	if _, summary := s.own("GET", "/runs/"+run+"/summary", "", ""); beganLate(ran{stdout: fmt.Sprint(summary)}) {
		s.t.Skipf("!!! LEFT OUT: the machine stood still when an agent was to begin: %v", summary["headline"])
	}
	return got
}

// loaded waits until so much of a run's load has come.
func (s *served) loaded(run string, is func() bool) {
	s.t.Helper()
	until(s.t, "load", func() bool {
		time.Sleep(50 * time.Millisecond)
		if _, got := s.own("GET", "/runs/"+run, "", ""); got["state"] == "ended" {
			s.t.Fatalf("the run ended without it: %v", s.ended(run))
		}
		return is()
	})
}

// counts are what a run came to: its successes, and why it had no end of its own.
func counts(got map[string]any) (success float64, problem string) {
	totals, _ := got["totals"].(map[string]any)
	outcomes, _ := totals["outcomes"].(map[string]any)
	success, _ = outcomes["success"].(float64)
	problem, _ = got["problem"].(string)
	return success, problem
}

// onlyRun is what the run directory of a server's only run of a test holds.
func onlyRun(t *testing.T, data, test string) *runlog.Run {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(data, "runs", test, "*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("%q, %v", dirs, err)
	}
	r, err := runlog.Open(dirs[0])
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// byServer are the flags with which a server reaches the broker.
func (f *secureFleet) byServer() []string {
	return []string{"--nats", f.url, "--nkey", f.file("lead.nk"), "--tls-ca", f.file("ca.pem"), "--call", "127.0.0.0/8"}
}

// agent starts one, which is ended with the test.
func (f *secureFleet) agent(t *testing.T, name string, args ...string) {
	t.Helper()
	upUntilTheEnd(t, append([]string{"agent", "--nats", f.url, "--nkey", f.file("agent.nk"), "--tls-ca", f.file("ca.pem"), "--name", name}, args...)...)
}

// shared is a scenario whose load agents put on.
func shared(target string, seconds int, generators string) string {
	return fmt.Sprintf("name: shared\nload: {type: rate, rate: 100, duration: %ds}\nrequest: {path: /}\ntargets: [{name: a, url: %q}]\nthresholds: []\ngenerators: %s\n", seconds, target, generators)
}

// A test that was given to a server is put on by two agents on a broker with TLS and keys: each request once, each
// with its row of a payload file that the server fetched for all. The pages, both APIs and the result say who did it.
func TestAServerHasAFleet(t *testing.T) {
	f := newSecureFleet(t)
	var mu sync.Mutex
	rows := map[string]int{}
	var fetched, wrong atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/users.csv" {
			fetched.Add(1)
			for i := range 300 {
				fmt.Fprintf(w, "%s%d\n", map[bool]string{true: "user\n"}[i == 0], i)
			}
			return
		}
		if r.Header.Get("Authorization") != "Bearer sesame" {
			wrong.Add(1)
		}
		mu.Lock()
		defer mu.Unlock()
		rows[r.URL.Query().Get("u")]++
	}))
	defer target.Close()
	f.agent(t, "n1")
	f.agent(t, "n2")
	f.agents(t, "n1", "n2")
	data := filepath.Join(t.TempDir(), "data")
	s := startServer(t, data, "", f.byServer()...)
	defer s.end()

	code, got := s.own("GET", "/fleet", "", "")
	if all, _ := got["agents"].([]any); code != http.StatusOK || len(all) != 2 || got["broker"] != f.url || all[0].(map[string]any)["free"] != true {
		t.Errorf("the fleet is answered by %d, %v", code, got)
	}
	if v := fmt.Sprint(s.ask("GET", "servers", "")["stress"]); v != "map[agents:[n1 n2]]" {
		t.Errorf("loader.io's API has the agents %s", v)
	}
	scenario := strings.Replace(shared(target.URL, 3, "{agents: 2}"), "request: {path: /}",
		"request: {path: '/?u={{user}}', headers: {Authorization: 'Bearer ${TOKEN}'}}\nfeeds: [{name: users, url: '"+target.URL+"/users.csv', order: unique}]", 1)
	body, err := json.Marshal(map[string]any{"scenario": scenario, "secrets": map[string]string{"TOKEN": "sesame"}})
	if err != nil {
		t.Fatal(err)
	}
	code, got = s.own("POST", "/tests", "application/json", string(body))
	if code != http.StatusCreated {
		t.Fatalf("%d, %v", code, got)
	}
	test := got["id"].(string)
	if _, text := s.own("GET", "/tests/"+test+"/scenario", "", ""); !strings.Contains(fmt.Sprint(text["text"]), "generators:") {
		t.Errorf("the exported scenario is %v", text)
	}
	run := s.begin(test)
	ended := s.ended(run)
	if n, problem := counts(ended); n != 300 || problem != "" || wrong.Load() != 0 {
		t.Fatalf("%v successes, problem %q, %d requests without what is secret: %v", n, problem, wrong.Load(), ended)
	}
	mu.Lock()
	for i := range 300 {
		if n := rows[fmt.Sprint(i)]; n != 1 {
			t.Errorf("row %d was used %d times", i, n)
		}
	}
	if mu.Unlock(); fetched.Load() != 1 {
		t.Errorf("the payload file was fetched %d times", fetched.Load())
	}
	leg := onlyRun(t, data, test).Legs[0]
	if len(leg.Agents) != 2 || leg.Agents[0].Sent != 150 || leg.Agents[1].Sent != 150 {
		t.Errorf("the agents are %+v", leg.Agents)
	}
	if left, _ := filepath.Glob(filepath.Join(data, "scratch", "*")); len(left) != 0 {
		t.Errorf("of the run there are %q", left)
	}

	// What no test may have; what is the server's own it may.
	for generators, says := range map[string]string{
		"{agents: 2, nats: 'nats://10.0.0.1:4222'}":                                                             "generators.nats: is an address that the server's machine would dial",
		"{agents: 2, nats: '" + f.url + "', nkey: /etc/shadow}":                                                 "generators.nkey: names a file of the server's machine",
		"{agents: 2, nats: '" + f.url + "', ca: /etc/shadow}":                                                   "generators.ca: names a file of the server's machine",
		"{agents: 2, nats: '" + f.url + "', nkey: '" + f.file("lead.nk") + "', ca: '" + f.file("ca.pem") + "'}": "",
	} {
		code, got := s.own("POST", "/tests", "application/yaml", shared(target.URL, 1, generators))
		if says == "" && code != http.StatusCreated || says != "" && (code != http.StatusUnprocessableEntity || !strings.Contains(fmt.Sprint(got), says)) {
			t.Errorf("%s is answered by %d, %v, want %q", generators, code, got, says)
		}
	}
	// More agents than are there end their run before any load, and say who was there.
	_, problem := counts(s.ended(s.begin(s.keep(shared(target.URL, 1, "{agents: 3}")))))
	if !strings.Contains(problem, "3 agents asked for, and free were n1, n2") {
		t.Errorf("the problem is %q", problem)
	}
	if code, got := s.own("POST", "/fleet/calibrate", "", ""); code != http.StatusAccepted || got["calibrating"] != true {
		t.Errorf("a calibration is answered by %d, %v", code, got)
	}
	until(t, "calibrations", func() bool {
		_, got = s.own("GET", "/fleet", "", "")
		time.Sleep(50 * time.Millisecond)
		return got["calibrating"] == false
	})
	for _, a := range got["agents"].([]any) {
		if c, _ := a.(map[string]any)["calibrations"].([]any); len(c) == 0 || got["calibration_problem"] != nil {
			t.Errorf("after a calibration %v", got)
		}
	}
}

// Without a broker a server starts agents itself, no more than its machine has processors.
func TestAServerStartsAgents(t *testing.T) {
	var came atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { came.Add(1) }))
	defer target.Close()
	data := filepath.Join(t.TempDir(), "data")
	s := startServer(t, data, "")
	defer s.end()
	most := runtime.GOMAXPROCS(0)
	code, got := s.own("POST", "/tests", "application/yaml", shared(target.URL, 1, fmt.Sprintf("{agents: %d}", most+1)))
	if want := fmt.Sprintf("this server starts %d at most", most); code != http.StatusUnprocessableEntity || !strings.Contains(fmt.Sprint(got), want) {
		t.Errorf("too many agents are answered by %d, %v", code, got)
	}
	test := s.keep(shared(target.URL, 2, fmt.Sprintf("{agents: %d}", most)))
	if n, problem := counts(s.ended(s.begin(test))); n != 200 || problem != "" || came.Load() != 200 {
		t.Errorf("%v successes, problem %q, %d came", n, problem, came.Load())
	}
	if leg := onlyRun(t, data, test).Legs[0]; len(leg.Agents) != most {
		t.Errorf("the agents are %+v", leg.Agents)
	}
}

// A run of agents is stopped as any other: in order, with all that was sent answered.
func TestARunOfAgentsIsStopped(t *testing.T) {
	var came atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { came.Add(1) }))
	defer target.Close()
	s := startServer(t, filepath.Join(t.TempDir(), "data"), "", "--queue")
	defer s.end()
	test := s.keep(shared(target.URL, 120, "{agents: 1}"))
	for _, how := range []string{"stop", "cut"} {
		before := came.Load()
		run := s.begin(test)
		s.loaded(run, func() bool { return came.Load() > before+100 })
		if how == "stop" {
			if code, got := s.own("POST", "/runs/"+run+"/stop", "", ""); code != http.StatusAccepted {
				t.Errorf("%d, %v", code, got)
			}
		} else {
			answer, err := http.Post(strings.TrimSuffix(s.api, "v2/")+"tests/"+test+"/results/"+run+"/cut", "application/x-www-form-urlencoded", nil)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
		}
		n, problem := counts(s.ended(run))
		fewer := 2. // which are asked before the load
		if how == "cut" {
			fewer = 60 // and those under way, on a machine that stood still before: less than a second of the load
		}
		if all := float64(came.Load() - before); n > all || n < all-fewer || problem != "" {
			t.Errorf("%s: %v successes, problem %q, %v came", how, n, problem, all)
		}
	}
	waiting := s.begin(test) // its agent is being started
	if code, got := s.own("POST", "/runs/"+waiting+"/stop", "", ""); code != http.StatusAccepted {
		t.Errorf("%d, %v", code, got)
	}
	s.ended(waiting)
}

// A server that is killed in a run of agents ends it at its next start, with what they had measured: no request more
// is sent, and each that was is in the result.
func TestAKilledServerCollectsFromItsAgents(t *testing.T) {
	f := newSecureFleet(t)
	f.agent(t, "n1")
	f.agent(t, "n2")
	f.agents(t, "n1", "n2")
	data := filepath.Join(t.TempDir(), "data")
	s := startServer(t, data, "", f.byServer()...)
	test := s.keep(shared(f.target.URL, 120, "{agents: 2}"))
	run := s.begin(test)
	s.loaded(run, func() bool { return f.served.Load() > 200 })
	s.kill()
	s = startServer(t, data, s.key, f.byServer()...)
	defer s.end()
	n, problem := counts(s.ended(run))
	came := f.served.Load()
	if int64(n) > came || int64(n) < came-40 || !strings.Contains(problem, "collected from them afterwards") {
		t.Errorf("%v successes of %d that came, problem %q", n, came, problem)
	}
	r := onlyRun(t, data, test)
	leg := r.Legs[0]
	var sent, dropped uint64
	for _, a := range leg.Agents {
		sent, dropped = sent+a.Sent, dropped+a.Dropped
	}
	if !r.Sealed || r.Stopped != lead.Collected || leg.Planned != 12_000 || sent+dropped != leg.Planned || int64(sent) < came {
		t.Errorf("sealed %v, %q: planned %d, sent %d, dropped %d, %d came", r.Sealed, r.Stopped, leg.Planned, sent, dropped, came)
	}
	f.agents(t, "n1", "n2") // they are free for the next one
	if n, problem := counts(s.ended(s.begin(s.keep(shared(f.target.URL, 1, "{agents: 2}"))))); n != 100 || problem != "" {
		t.Errorf("the next run has %v successes, problem %q", n, problem)
	}
	if f.served.Load() != came+100 {
		t.Errorf("%d requests came after the kill", f.served.Load()-came-100)
	}
}

// A run of agents that was killed, and whose broker nobody reaches any more, has what the server had, and says so.
func TestAKilledServerWithoutItsBroker(t *testing.T) {
	f := newSecureFleet(t)
	f.agent(t, "n1")
	f.agents(t, "n1")
	data := filepath.Join(t.TempDir(), "data")
	s := startServer(t, data, "", f.byServer()...)
	test := s.keep(shared(f.target.URL, 120, "{agents: 1}"))
	run := s.begin(test)
	s.loaded(run, func() bool { return f.served.Load() > 600 }) // the server has stored at least one second of six
	s.kill()
	s = startServer(t, data, s.key) // without --nats
	defer s.end()
	n, problem := counts(s.ended(run))
	if n < 100 || !strings.Contains(problem, "the server was ended while it ran") || !strings.Contains(problem, "started without --nats") || !strings.Contains(problem, "stress run --resume") {
		t.Errorf("%v successes, problem %q", n, problem)
	}
	// Its test names no broker, so it is no test that this server would refuse; one that does is not run by another's.
	if code, got := s.own("POST", "/tests", "application/yaml", shared(f.target.URL, 1, "{agents: 1, nats: '"+f.url+"'}")); code != http.StatusUnprocessableEntity {
		t.Errorf("%d, %v", code, got)
	}
}
