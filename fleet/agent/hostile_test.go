package agent_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/fleet/agent"
	"github.com/stress-tool/stress/fleet/broker"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// hostile is a lead that says whatever it likes to an agent that keeps its own rules.
type hostile struct {
	*testing.T
	conn   *nats.Conn
	target *httptest.Server
	came   atomic.Int64
	// chunk answers a fetch of the bundle.
	chunk func(bundle []byte, offset int64) []byte
	n     int // runs so far
}

func newHostile(t *testing.T) *hostile {
	b, err := broker.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	h := &hostile{T: t, chunk: honest}
	h.target = httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { h.came.Add(1) }))
	t.Cleanup(h.target.Close)
	dial := func(name string) *nats.Conn {
		conn, err := link.Dial(b.Link(name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(conn.Close)
		return conn
	}
	h.conn = dial("lead")
	ready := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	own := dial("n1")
	go func() {
		ended <- agent.Run(ctx, agent.Config{
			Name: "n1", Conn: own, Tool: runlog.Tool{Version: "test"},
			Limits: agent.Limits{MaxRate: 50, MaxClients: 3, Targets: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("203.0.113.0/24")}},
			Guard: func() *ownership.Guard {
				return &ownership.Guard{KeyFile: filepath.Join(t.TempDir(), "key"), TXT: func(context.Context, string) ([]string, error) { return nil, errors.New("no such record") }}
			},
			Say: func(text string) {
				if strings.Contains(text, "is ready") {
					close(ready)
				}
			},
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-ready:
	case <-time.After(time.Minute):
		t.Fatal("the agent is not ready")
	}
	return h
}

func honest(bundle []byte, offset int64) []byte {
	return bundle[offset:min(int64(len(bundle)), offset+wire.Chunk)]
}

// newRun is the name of a run that there has not been.
func (h *hostile) newRun() string { h.n++; return fmt.Sprintf("run-%d", h.n) }

// ask says something to the agent, and returns what it answers and why it refuses.
func (h *hostile) ask(c wire.Command) (wire.Answer, string) {
	h.Helper()
	c.Protocol = wire.Protocol
	b, err := json.Marshal(c) // without the bounds of whoever is honest
	if err != nil {
		h.Fatal(err)
	}
	m, err := h.conn.Request(wire.CommandSubject("n1"), b, 30*time.Second)
	if err != nil {
		h.Fatal(err)
	}
	a, err := wire.Decode[wire.Answer](m.Data)
	if err != nil {
		h.Fatal(err)
	}
	return a, a.Error
}

// clock is the agent's.
func (h *hostile) clock() time.Duration {
	h.Helper()
	m, err := h.conn.Request(wire.ClockSubject("n1"), nil, 30*time.Second)
	if err != nil {
		h.Fatal(err)
	}
	now, err := wire.Decode[wire.Now](m.Data)
	if err != nil {
		h.Fatal(err)
	}
	return now.Mono
}

// bundle is a scenario as agents fetch it.
func (h *hostile) bundle(yaml string) []byte {
	b, err := json.Marshal(scenarios.Bundle{File: "/nowhere/test.yaml", Source: []byte(yaml)})
	if err != nil {
		h.Fatal(err)
	}
	return b
}

// prepare has the agent make a scenario ready, and returns why it refuses.
func (h *hostile) prepare(of string, bundle []byte, change func(*wire.Prepare)) string {
	h.Helper()
	s, err := h.conn.Subscribe(wire.FetchSubject(of), func(m *nats.Msg) {
		f, err := wire.Decode[wire.Fetch](m.Data)
		if err != nil {
			h.Error(err)
			return
		}
		_ = m.Respond(h.chunk(bundle, f.Offset))
	})
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { _ = s.Unsubscribe() })
	sum := sha256.Sum256(bundle)
	p := wire.Prepare{Lead: "somebody", Bundle: wire.Piece{Size: int64(len(bundle)), SHA256: hex.EncodeToString(sum[:])}}
	if change != nil {
		change(&p)
	}
	_, why := h.ask(wire.Command{Run: of, Prepare: &p})
	return why
}

// release gives the agent up.
func (h *hostile) release(of string) { h.ask(wire.Command{Run: of, Release: &wire.Release{}}) }

func (h *hostile) refused(what, why, want string) {
	h.Helper()
	if why == "" || !strings.Contains(why, want) {
		h.Errorf("%s: the agent answers %q, want %q", what, why, want)
	}
}

// gentle is a scenario that the agent may put on.
func (h *hostile) gentle() string {
	return fmt.Sprintf("load: {type: rate, rate: 10, duration: 1s}\nrequest: {path: /}\ntargets: [{name: a, url: %q}]\n", h.target.URL)
}

func order(change func(*run.Order)) run.Order {
	o := run.Order{Target: "a", Load: plan.Load{Type: plan.Rate, Rate: 10, Duration: time.Second}, Timeout: time.Second}
	if change != nil {
		change(&o)
	}
	return o
}

// A lead that lies gets nothing from an agent but a refusal: each of its commands is judged as it comes, whatever was
// asked before.
func TestALeadThatLies(t *testing.T) {
	h := newHostile(t)
	ready := func(of string, leg int, o run.Order, part int, weights ...int) string {
		_, why := h.ask(wire.Command{Run: of, Ready: &wire.Ready{Leg: leg, Order: o, Part: part, Weights: weights}})
		return why
	}
	start := func(of string, leg int, in time.Duration) string {
		_, why := h.ask(wire.Command{Run: of, Start: &wire.Start{Leg: leg, At: h.clock() + in}})
		return why
	}
	const soon = 5 * time.Second // a start that comes too late is refused, and a machine may stand still for seconds
	r := h.newRun()
	h.refused("a start of nothing", start(r, 1, soon), "has nothing prepared for this run")
	h.refused("a part of nothing", ready(r, 1, order(nil), 0, 1), "has nothing prepared for this run")
	for _, name := range []string{"*", ">", "a.b", "", "a b", "A", strings.Repeat("a", 64), "a\n"} {
		h.refused(fmt.Sprintf("a run %q", name), start(name, 1, soon), "a run without a name")
	}

	if why := h.prepare(r, h.bundle(h.gentle()), nil); why != "" {
		t.Fatal(why)
	}
	h.refused("a start without a part", start(r, 1, soon), "leg 1 is not ready")
	for what, c := range map[string]struct {
		o    run.Order
		want string
	}{
		"a rate beyond its own": {order(func(o *run.Order) { o.Load.Rate = 50.1 }), "started with --max-rate 50"},
		"a rate beyond all":     {order(func(o *run.Order) { o.Load.Rate = 1e12 }), "rate: must be at most"},
		"clients beyond its own": {order(func(o *run.Order) {
			o.Load = plan.Load{Type: plan.MaintainClientLoad, Clients: 4, Duration: time.Second}
		}), "started with --max-clients 3"},
		"no load":                    {order(func(o *run.Order) { o.Load = plan.Load{} }), "type: must be one of"},
		"another target":             {order(func(o *run.Order) { o.Target = "b" }), "b"},
		"no timeout":                 {order(func(o *run.Order) { o.Timeout = 0 }), "settings that no scenario has"},
		"a warm-up before the begin": {order(func(o *run.Order) { o.WarmUp = -1 }), "settings that no scenario has"},
		"names that are headers":     {order(func(o *run.Order) { o.Names = "x\r\nHost: elsewhere\r\nX: " }), "settings that no scenario has"},
		"fewer than no connections":  {order(func(o *run.Order) { o.Settings.MaxConnections = -1 }), "settings that no scenario has"},
		"stages that last for ever": {order(func(o *run.Order) {
			o.Load = plan.Load{Type: plan.Stages, ByRate: true, Stages: []plan.Stage{{Duration: 1 << 62, Rate: 1}, {Duration: 1 << 62, Rate: 1}}}
		}), ""},
		"a load that is nobody's own": {order(func(o *run.Order) { o.Load.Clients = 7 }), "clients"},
	} {
		h.refused(what, ready(r, 1, c.o, 0, 1), c.want)
	}
	h.refused("a part that is not there", ready(r, 1, order(nil), 2, 1, 1), "part 2 of 2")
	h.refused("a part before the first", ready(r, 1, order(nil), -1, 1, 1), "part -1 of 2")
	h.refused("weights of nothing", ready(r, 1, order(nil), 0, 0), "a weight of 0")
	h.refused("weights beyond all", ready(r, 1, order(nil), 0, 1, 1<<40), "a weight of")
	h.refused("more parts than agents", ready(r, 1, order(nil), 0, make([]int, 257)...), "part 0 of 257")
	h.refused("a leg before the first", ready(r, 0, order(nil), 0, 1), "part 0 of 1")

	if why := ready(r, 1, order(nil), 0, 1); why != "" {
		t.Fatal(why)
	}
	h.refused("a start of another leg", start(r, 2, soon), "leg 2 is not ready")
	h.refused("an instant that is past", start(r, 1, -time.Hour), "past, or too near")
	h.refused("an instant of next week", start(h.again(r, 2, ready), 2, 7*24*time.Hour), "the longest wait is 2m0s")
	if n := h.came.Load(); n != 0 {
		t.Fatalf("%d requests came", n)
	}

	// What is in order is done, once.
	if why := ready(r, 3, order(nil), 0, 1); why != "" {
		t.Fatal(why)
	}
	if why := start(r, 3, soon); why != "" {
		t.Fatal(why)
	}
	h.refused("a second start", start(r, 3, soon), "leg 3 has begun")
	h.refused("a leg during another", ready(r, 4, order(nil), 0, 1), "has not ended")
	for deadline := time.Now().Add(time.Minute); h.came.Load() < 10 && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond)
	}
	h.refused("a leg that was", ready(r, 3, order(nil), 0, 1), "leg 3 is not after leg 3")
	if why := h.prepare(r, h.bundle(h.gentle()), nil); why != "" {
		t.Fatal(why)
	}
	if why := ready(r, 3, order(nil), 0, 1); why != "" {
		t.Fatal(why)
	}
	h.refused("a part that was begun, prepared anew", start(r, 3, soon), "was begun by another process")
	h.release(r)
	h.refused("a start of what was released", start(r, 3, soon), "has nothing prepared for this run")
	if n := h.came.Load(); n != 10 {
		t.Errorf("%d requests came, want those 10 of the one part that was begun", n)
	}
}

// again makes a leg ready whose start was refused for good.
func (h *hostile) again(of string, leg int, ready func(string, int, run.Order, int, ...int) string) string {
	h.Helper()
	if why := ready(of, leg, order(nil), 0, 1); why != "" {
		h.Fatal(why)
	}
	return of
}

// What an agent is sent for a scenario is what its lead has named, or nothing; it reads no file of its own, and
// keeps to the addresses that it may load.
func TestAScenarioThatLies(t *testing.T) {
	h := newHostile(t)
	scenario := func(text string) []byte {
		return h.bundle("load: {type: rate, rate: 10, duration: 1s}\n" + strings.ReplaceAll(text, "TARGET", h.target.URL))
	}
	gentle := h.bundle(h.gentle())
	for what, c := range map[string]struct {
		bundle []byte
		change func(*wire.Prepare)
		chunk  func([]byte, int64) []byte
		want   string
	}{
		"changed on the way":         {gentle, nil, func(b []byte, at int64) []byte { b = honest(b, at); return append([]byte{b[0] ^ 1}, b[1:]...) }, "the scenario was changed while it was read"},
		"cut on the way":             {gentle, nil, func([]byte, int64) []byte { return nil }, "more or less of it than there is"},
		"longer on the way":          {gentle, nil, func(b []byte, at int64) []byte { return append(honest(b, at), ' ') }, "more or less of it than there is"},
		"larger than any":            {gentle, func(p *wire.Prepare) { p.Bundle.Size = 1 << 40 }, nil, "a scenario of 1099511627776 bytes"},
		"larger than fits":           {gentle, func(p *wire.Prepare) { p.Bundle.Size = 1 << 33 }, nil, "a scenario of 8589934592 bytes"},
		"no scenario":                {[]byte("x"), nil, nil, "the scenario: invalid character"},
		"a scenario with mistakes":   {h.bundle("load: 7\n"), nil, nil, "load"},
		"a target of another name":   {gentle, func(p *wire.Prepare) { p.Target = []string{"b"} }, nil, "b"},
		"a file of the agent":        {scenario("requests: [{path: /, method: POST, body_file: /etc/hostname}]\ntargets: [{name: a, url: \"TARGET\"}]\n"), nil, nil, "its lead has not sent it"},
		"a feed of the agent":        {scenario("feeds: [{name: f, file: /etc/rows.csv}]\nrequest: {path: /}\ntargets: [{name: a, url: \"TARGET\"}]\n"), nil, nil, "its lead has not sent it"},
		"authorities of the agent":   {scenario("request: {path: /}\ntargets: [{name: a, url: \"https://127.0.0.1:1\", tls: {ca: /etc/ssl/certs/ca-certificates.crt}}]\n"), nil, nil, "its lead has not sent it"},
		"a variable of the agent":    {scenario("request: {path: \"/${HOME}\"}\ntargets: [{name: a, url: \"TARGET\"}]\n"), nil, nil, "HOME"},
		"a socket":                   {scenario("request: {path: /}\ntargets: [{name: a, url: \"unix:/var/run/docker.sock\"}]\n"), nil, nil, "is a unix socket"},
		"a public address":           {scenario("request: {path: /}\ntargets: [{name: a, url: \"http://203.0.113.7\"}]\n"), nil, nil, "203.0.113.7"},
		"outside its networks":       {scenario("request: {path: /}\ntargets: [{name: a, url: \"http://10.1.2.3\"}]\n"), nil, nil, "outside the networks to which this program was limited"},
		"outside by another address": {scenario("request: {path: /}\ntargets: [{name: a, url: \"http://[::1]\"}]\n"), nil, nil, "outside the networks to which this program was limited"},
		"outside by a request":       {scenario("request: {path: \"http://10.1.2.3/\"}\ntargets: [{name: a, url: \"TARGET\"}]\n"), nil, nil, "outside the networks to which this program was limited"},
		"outside by a balancer":      {scenario("request: {path: /}\ntargets: [{name: a, url: \"TARGET\", connect_to: \"10.1.2.3:80\"}]\n"), nil, nil, "outside the networks to which this program was limited"},
		"outside by a proxy":         {scenario("request: {path: /}\ntargets: [{name: a, url: \"TARGET\", proxy: \"http://10.1.2.3:3128\"}]\n"), nil, nil, "outside the networks to which this program was limited"},
		"outside by data":            {scenario("feeds: [{name: f, url: \"http://10.1.2.3/rows.csv\"}]\nrequest: {path: \"/{{x}}\"}\ntargets: [{name: a, url: \"TARGET\"}]\n"), nil, nil, "outside the networks to which this program was limited"},
		"data of a public host":      {scenario("feeds: [{name: f, url: \"http://203.0.113.7/rows.csv\"}]\nrequest: {path: \"/{{x}}\"}\ntargets: [{name: a, url: \"TARGET\"}]\n"), nil, nil, "203.0.113.7"},
		"metadata of a cloud":        {scenario("request: {path: /}\ntargets: [{name: a, url: \"http://169.254.169.254\"}]\n"), nil, nil, "169.254.169.254"},
	} {
		if h.chunk = c.chunk; c.chunk == nil {
			h.chunk = honest
		}
		h.refused(what, h.prepare(h.newRun(), c.bundle, c.change), c.want)
	}
	h.chunk = honest
	if n := h.came.Load(); n != 0 {
		t.Errorf("%d requests came", n)
	}
	if why := h.prepare(h.newRun(), gentle, nil); why != "" {
		t.Errorf("what is in order: %s", why)
	}
}
