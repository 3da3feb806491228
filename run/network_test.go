package run

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// offline is a guard to which no token is ever served.
func offline(t *testing.T) *ownership.Guard {
	return &ownership.Guard{
		KeyFile: filepath.Join(t.TempDir(), "key"),
		Dial:    func(context.Context, netip.AddrPort) (net.Conn, error) { return nil, errors.New("offline") },
		TXT:     func(context.Context, string) ([]string, error) { return nil, errors.New("no such record") },
	}
}

func scenario(t *testing.T, text string, set ...string) *scenarios.Scenario {
	t.Helper()
	sc, err := scenarios.Parse("some.yaml", []byte(text), scenarios.Options{Set: set})
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

// page is a server that remembers what it was asked.
func page(t *testing.T) (address string, asked func() []http.Header) {
	var mu sync.Mutex
	var all []http.Header
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, r.Header.Clone())
	}))
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String(), func() []http.Header { mu.Lock(); defer mu.Unlock(); return slices.Clone(all) }
}

// switched is a resolver whose answer changes.
type switched struct {
	mu sync.Mutex
	to []string
}

func (s *switched) lead(to ...string) { s.mu.Lock(); defer s.mu.Unlock(); s.to = to }

func (s *switched) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []netip.Addr
	for _, a := range s.to {
		out = append(out, netip.MustParseAddr(a))
	}
	return out, nil
}

const small = `
load: {type: clients-per-test, clients: 4, duration: 80ms, resolve_every: 1ms, error_threshold: 0%%}
request: {path: /, auth: {user: me, password: hunter2}, headers: {X-Api-Key: sesame, Accept: text/plain}}
targets: [{name: me, url: "http://%s"}]
`

// Wherever a scenario leads: what a run refuses, check refuses, and neither sends anything.
func TestEveryAddressOfAScenarioIsJudged(t *testing.T) {
	at, asked := page(t)
	_, port, _ := net.SplitHostPort(at)
	for set, leads := range map[string][]string{
		"targets.0.url=http://192.0.2.55:8099":                                    nil,
		"targets.0.url=http://app.test:" + port:                                   {"127.0.0.1", "192.0.2.55"},
		"request.path=http://192.0.2.55:8099/victim":                              nil,
		"request.path=http://victim.test/":                                        {"192.0.2.55"},
		"request.path=http://169.254.169.254/latest/meta-data":                    nil,
		"request.path=http://[::ffff:169.254.169.254]/latest":                     nil,
		"request.path=http://[64:ff9b::a9fe:a9fe]/latest":                         nil,
		"targets.0.connect_to=192.0.2.55:80":                                      nil,
		"targets.0.connect_to=[127.0.0.1, victim.test]":                           {"192.0.2.55"},
		"targets.0.connect_to=169.254.169.254":                                    nil,
		"targets.0.proxy=http://192.0.2.55:3128":                                  nil,
		"targets.0={name: me, url: http://victim.test, proxy: http://" + at + "}": {"192.0.2.55"},
	} {
		dns := &switched{to: leads}
		dir := filepath.Join(t.TempDir(), "run")
		o := Options{Guard: offline(t), Resolver: dns, Dir: dir}
		sc := scenario(t, fmt.Sprintf(small, at), set)
		var refused *route.RefusedError
		if _, err := do(t, sc, o); !errors.As(err, &refused) {
			t.Errorf("%s: run: %v", set, err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: a run directory was made", set)
		}
		found, err := Check(t.Context(), sc, o)
		if err != nil || !slices.ContainsFunc(found, func(f Finding) bool { return errors.As(f.Err, &refused) }) {
			t.Errorf("%s: check: %v, %v", set, found, err)
		}
	}
	if n := len(asked()); n != 0 {
		t.Errorf("%d requests were sent all the same", n)
	}
}

func TestTheDatabaseIsNoMetadataService(t *testing.T) {
	for _, host := range []string{"169.254.169.254:80", "[::ffff:169.254.169.254]:3306", "[fd00:ec2::254]:80"} {
		at, _ := page(t)
		sc := scenario(t, fmt.Sprintf(small, at), fmt.Sprintf("ledger={dsn: 'u:p@tcp(%s)/d', table: t, column: c}", host))
		if _, err := OpenLedger(t.Context(), sc); err == nil || !strings.Contains(err.Error(), "metadata service") {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestCheckSendsWhatTheRunSends(t *testing.T) {
	for _, engine := range []string{"rawhttp", "nethttp"} {
		at, asked := page(t)
		sc := scenario(t, fmt.Sprintf(small, at), "engine="+engine)
		o := Options{Guard: offline(t), Dir: filepath.Join(t.TempDir(), "run"), Tool: runlog.Tool{Version: "1"}}
		found, err := Check(t.Context(), sc, o)
		if err != nil || slices.ContainsFunc(found, func(f Finding) bool { return f.Err != nil }) {
			t.Fatalf("check: %v, %v", found, err)
		}
		probes := len(asked())
		if probes != 2 {
			t.Errorf("%d probes", probes)
		}
		if _, err := do(t, sc, o); err != nil {
			t.Fatal(err)
		}
		if all := asked(); len(all) != probes+4 || !reflect.DeepEqual(all[0], all[len(all)-1]) {
			t.Errorf("%s: %d requests; check sent %v, run %v", engine, len(all), all[0], all[len(all)-1])
		}
	}
}

// What was not sent for want of a value was not answered either.
func TestCheckSaysWhatWasNotSent(t *testing.T) {
	at, asked := page(t)
	sc := scenario(t, fmt.Sprintf(`
load: {type: clients-per-test, clients: 4, duration: 80ms}
requests: [{path: /, capture: {id: {header: X-Nowhere}}}, {name: next, path: "/{{id}}"}]
targets: [{name: me, url: "http://%s"}]
`, at))
	found, err := Check(t.Context(), sc, Options{Guard: offline(t)})
	if err != nil || len(asked()) != 1 {
		t.Fatalf("%v, %d requests", err, len(asked()))
	}
	unsent := func(f Finding) bool {
		return f.What == "target me, next" && f.Err != nil && strings.HasPrefix(f.Err.Error(), "not sent")
	}
	if !slices.ContainsFunc(found, unsent) {
		t.Errorf("%+v", found)
	}
}

// do runs a scenario to its end.
func do(t *testing.T, sc *scenarios.Scenario, o Options) (*result.Analysis, error) {
	t.Helper()
	r, err := Start(t.Context(), sc, o)
	if err != nil {
		return nil, err
	}
	return r.Wait()
}

// afterLegs is an observer that does something after every leg.
type afterLegs func()

func (afterLegs) Before(context.Context, runlog.Leg)                         {}
func (afterLegs) During(context.Context, runlog.Leg, runlog.Notes) error     { return nil }
func (f afterLegs) After(context.Context, attack.Totals, runlog.Notes) error { f(); return nil }

// DNS rebinding: the name is the user's own machine when it is judged, and somebody else's,
// or a cloud's metadata, in the second round.
func TestReboundNamesAreNotLoadedInTheNextRound(t *testing.T) {
	for _, engine := range []string{"rawhttp", "nethttp"} {
		for _, elsewhere := range [][]string{{"192.0.2.55"}, {"169.254.169.254"}, {"127.0.0.1", "192.0.2.55"}} {
			at, asked := page(t)
			_, port, _ := net.SplitHostPort(at)
			dns := &switched{to: []string{"127.0.0.1"}}
			sc := scenario(t, fmt.Sprintf(small, "app.test:"+port), "engine="+engine, "compare.rounds=2", "load.clients=20", "load.duration=500ms")
			first := 0
			rebind := afterLegs(func() {
				if dns.lead(elsewhere...); first == 0 {
					first = len(asked())
				}
			})
			a, err := do(t, sc, Options{
				Guard: offline(t), Resolver: dns, Dir: filepath.Join(t.TempDir(), "run"), Observers: []Observer{rebind},
			})
			if err != nil || len(a.Legs) != 2 {
				t.Fatalf("%v, %v", a, err)
			}
			// What the first connections still find is the old answer, which was judged.
			if o := a.Legs[1].Outcomes; first != 20 || o.Network == 0 || o.Success+o.Network != 20 || len(asked()) != first+int(o.Success) {
				t.Errorf("%s, %v: %d requests, then %d; %+v", engine, elsewhere, first, len(asked()), a.Legs[1].Outcomes)
			}
			for _, f := range a.Legs[1].Failures {
				if !strings.Contains(f.Reason, "must not be loaded") {
					t.Errorf("%s: %q", engine, f.Reason)
				}
			}
		}
	}
}

func TestAnswersPerAddressAreReported(t *testing.T) {
	one, _ := page(t)
	two, _ := page(t)
	for _, engine := range []string{"rawhttp", "nethttp"} {
		sc := scenario(t, fmt.Sprintf(small, "app.test"), "engine="+engine, fmt.Sprintf("targets.0.connect_to=[%q, %q]", one, two))
		a, err := do(t, sc, Options{Guard: offline(t), Dir: filepath.Join(t.TempDir(), "run")})
		if err != nil {
			t.Fatal(err)
		}
		want := []result.Address{{Address: min(one, two), Answers: 2, Share: 0.5}, {Address: max(one, two), Answers: 2, Share: 0.5}}
		if got := a.Legs[0].Addresses; !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", engine, got, want)
		}
	}
}
