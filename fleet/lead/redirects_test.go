package lead_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stress-tool/stress/fleet/agent"
	"github.com/stress-tool/stress/run"
)

// A redirect leads to no address outside of the networks of an agent: another host is not followed at all, and its own
// name not where it leads elsewhere by then.
func TestRedirectsStayWithinTheNetworks(t *testing.T) {
	t.Parallel()
	var there, outside atomic.Int64
	var port string
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close") // each hop dials
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, "http://127.0.0.2:"+port+"/", http.StatusFound)
		case "/moved":
			http.Redirect(w, r, "http://shop.test:"+port+"/there", http.StatusFound)
		default:
			there.Add(1)
		}
	}))
	t.Cleanup(inside.Close)
	_, port, _ = strings.Cut(strings.TrimPrefix(inside.URL, "http://"), ":")
	l, err := net.Listen("tcp", "127.0.0.2:"+port)
	if err != nil {
		t.Fatal(err)
	}
	other := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { outside.Add(1) })}}
	other.Start()
	t.Cleanup(other.Close)
	for _, engine := range []string{"rawhttp", "nethttp"} {
		t.Run(engine, func(t *testing.T) {
			there.Store(0)
			f := newFleet(t)
			names := &resolver{names: func(int) string {
				if there.Load() > 3 {
					return "127.0.0.2"
				}
				return "127.0.0.1"
			}}
			f.agent("n1", func(c *agent.Config) {
				c.Resolver, c.Limits.Targets = names, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
			})
			lead, sc, err := f.assemble(fmt.Sprintf(`
load: {type: clients-per-second, clients: 10, duration: 3s, resolve_every: 1s, error_threshold: 0%%, timeout: 1s}
requests: [{path: /away, follow: 5}, {path: /moved, follow: 5}]
targets: [{name: a, url: "http://shop.test:%s"}]
engine: %s
thresholds: []
`, port, engine), 1)
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(t.TempDir(), "run")
			here := &resolver{names: func(int) string { return "127.0.0.1" }}
			r, err := run.Start(t.Context(), sc, run.Options{Dir: dir, Guard: offline(t), Performer: lead, Resolver: here})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Wait(); err != nil {
				t.Fatal(err)
			}
			_, recs := stored(t, dir)
			said := false
			for _, f := range recs[0].Failures {
				said = said || strings.Contains(f.Reason, "the name leads to an address that must not be loaded")
			}
			if there.Load() == 0 || !said || outside.Load() > 0 {
				t.Errorf("%d were redirected within, %d out of it; failures %+v", there.Load(), outside.Load(), recs[0].Failures)
			}
		})
	}
}
