package server_test

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/fleet/agent"
	"github.com/stress-tool/stress/fleet/broker"
	"github.com/stress-tool/stress/fleet/calibration"
	"github.com/stress-tool/stress/fleet/lead"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/fleet/roster"
	"github.com/stress-tool/stress/internal/browsertest"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/control"
)

// fleet is a broker with agents of this process, as a server has one.
func fleet(t *testing.T, names ...string) *control.Fleet {
	t.Helper()
	b, err := broker.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	dial := func(name string) *link.Options { o := b.Link(name); return &o }
	keys := filepath.Join(t.TempDir(), "ownership.key")
	for _, name := range names {
		conn, err := link.Dial(*dial(name))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		c := agent.Config{Name: name, Conn: conn, Guard: func() *ownership.Guard { return &ownership.Guard{KeyFile: keys} }, Tool: runlog.Tool{Version: "test"}}
		if name == "n2" {
			c.Limits.MaxRate = 500 // so nobody measures it
		}
		go func() { ended <- agent.Run(ctx, c) }()
		t.Cleanup(sync.OnceFunc(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("agent %s: %v", name, err)
			}
			conn.Close()
		}))
	}
	conn, err := link.Dial(*dial("server"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return &control.Fleet{
		NATS: b.URL(), Broker: link.Shown(b.URL()), Most: runlog.MaxAgents, Wait: 30 * time.Second,
		Assemble: func(ctx context.Context, sc *scenarios.Scenario, of scenarios.Bundle) (control.Agents, error) {
			return lead.Assemble(ctx, lead.Config{Conn: conn, Run: strings.ToLower(rand.Text()), Agents: sc.Generators.Agents, Wait: 30 * time.Second, Scenario: sc, Bundle: of})
		},
		Roster: func(ctx context.Context) (*roster.Roster, error) { return roster.Of(ctx, conn) },
		Calibrate: func(ctx context.Context) error {
			return lead.Calibrate(ctx, conn, func(calibration.Record) {})
		},
	}
}

// What somebody does who has a fleet: sees who is there, has them measured, writes a number into the form of a test,
// and watches each of them put its part on.
func TestAPersonUsesAFleet(t *testing.T) {
	browser := browsertest.Start(t)
	var came atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { came.Add(1) }))
	t.Cleanup(target.Close)
	v := serve(t, t.TempDir(), server.Options{Open: true, Fleet: fleet(t, "n1", "n2", "n3")})
	b := open(t, browser, v.base+"/settings/agents")
	for deadline := time.Now().Add(time.Minute); !strings.Contains(says[string](b, `document.body.innerText`), "3 of 3 free"); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the page says %s", says[string](b, `document.body.innerText`))
		}
		b.do(chromedp.Navigate(v.base + "/settings/agents"))
	}
	b.inspect("agents")
	b.press("Calibrate")
	b.until(`document.querySelector('[role=status]')`)
	b.inspect("agents-calibrating")
	for deadline := time.Now().Add(2 * time.Minute); says[int](b, `document.querySelectorAll('[role=status]').length`) > 0; time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the calibration does not end")
		}
		b.do(chromedp.Navigate(v.base + "/settings/agents"))
	}
	if text := says[string](b, `document.querySelector('tbody').innerText`); strings.Count(text, "requests/s") < 2 || !strings.Contains(text, "500/s") {
		t.Errorf("measured, the page says %q", text)
	}
	b.inspect("agents-calibrated")

	b.do(chromedp.Navigate(v.base + "/tests/new"))
	b.do(chromedp.Click(`form.test details:first-of-type summary`))
	if hint := says[string](b, `document.getElementById('agents-hint').innerText`); !strings.Contains(hint, "3 agents are free: n1, n2, n3") {
		t.Errorf("the form says %q", hint)
	}
	b.fill("host", strings.TrimPrefix(target.URL, "http://"))
	b.fill("agents", "none")
	b.press("Draw the load")
	if text := says[string](b, `document.getElementById('agents-faults').innerText`); !strings.Contains(text, "must be a whole number") {
		t.Errorf("the fault is %q", text)
	}
	b.inspect("form-agents")
	b.fill("agents", "3")
	b.fill("clients", "90")
	b.fill("stages", "20s 60/s")
	b.press("Save and run")
	b.until(`document.querySelectorAll('#generators li').length == 3 && /[1-9].*\/s/.test(document.querySelector('#generators').innerText)`)
	if text := says[string](b, `document.querySelector('#generators').innerText`); !strings.Contains(text, "n2") || !strings.Contains(text, "lag p99") || !strings.Contains(text, "processors") {
		t.Errorf("the generators are %q", text)
	}
	b.inspect("run-agents")
	b.until(`document.querySelector('iframe.report')`)
	b.inspect("result-agents")
	all, err := v.store.Tests(t.Context(), false)
	if err != nil || len(all) != 1 || !strings.Contains(all[0].Scenario, "generators:") {
		t.Fatalf("kept is %+v, %v", all, err)
	}
	runs, err := v.store.RunsOf(t.Context(), all[0].ID)
	if err != nil || len(runs) != 1 {
		t.Fatalf("the runs are %+v, %v", runs, err)
	}
	made, err := runlog.Open(v.store.Dir(runs[0]))
	if err != nil || len(made.Legs[0].Agents) != 3 {
		t.Fatalf("%+v, %v", made, err)
	}
	for _, a := range made.Legs[0].Agents { // they and a browser are here, in slow motion under the race detector
		if a.Lost != "" {
			t.Skipf("!!! LEFT OUT: on a machine so busy the load of agent %s is not whole: %s", a.Name, a.Lost)
		}
	}
	if runs[0].Problem != "" || runs[0].Summary.Totals.Outcomes.Success != 600 {
		t.Errorf("the run is %+v", runs[0])
	}
	if n := came.Load(); n < 600 || n > 610 { // and what asks beforehand which protocol is spoken
		t.Errorf("%d requests came", n)
	}
	b.do(chromedp.Navigate(v.base + "/tests/new?from=" + all[0].ID))
	if got := says[string](b, `document.getElementById('agents').value`); got != "3" {
		t.Errorf("the clone has %q agents", got)
	}
}

// Without a broker the settings and the form say how to have one.
func TestAServerWithoutABroker(t *testing.T) {
	browser := browsertest.Start(t)
	v := serve(t, t.TempDir(), server.Options{Open: true, Fleet: &control.Fleet{Most: 2}})
	b := open(t, browser, v.base+"/settings/agents")
	if text := says[string](b, `document.querySelector('main').innerText`); !strings.Contains(text, "at most 2") || !strings.Contains(text, "--nats") {
		t.Errorf("the settings say %q", text)
	}
	b.inspect("agents-none")
	b.do(chromedp.Navigate(v.base + "/tests/new"))
	b.do(chromedp.Click(`form.test details:first-of-type summary`))
	if hint := says[string](b, `document.getElementById('agents-hint').innerText`); !strings.Contains(hint, "a number up to 2") || !strings.Contains(hint, "stress serve --nats") {
		t.Errorf("the form says %q", hint)
	}
	b.fill("host", "127.0.0.1:1")
	b.fill("agents", "3")
	b.press("Save")
	if text := says[string](b, `document.getElementById('agents-faults').innerText`); !strings.Contains(text, "this server starts 2 at most") {
		t.Errorf("the fault is %q", text)
	}
	if tests, err := v.store.Tests(t.Context(), false); err != nil || len(tests) > 0 {
		t.Errorf("%d tests are kept, %v", len(tests), err)
	}
}
