package run_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/scenarios"
)

// spreadOf puts thirty kept connections on a balancer whose answers name their hosts, and says how
// they were spread. No ledger is kept.
func spreadOf(t *testing.T, url, engine string, settings ...string) *result.Spread {
	t.Helper()
	sc, err := scenarios.Parse("balanced.yaml", []byte(`
load: {type: maintain-client-load, clients: 30, duration: 2s}
request: {path: /}
targets: [{name: cluster, url: "`+url+`", replicas: 3, host_from: {header: X-Served-By}}]
thresholds: []
engine: `+engine+"\n"), scenarios.Options{Set: settings})
	if err != nil {
		t.Fatal(err)
	}
	running, err := run.Start(t.Context(), sc, run.Options{Dir: filepath.Join(t.TempDir(), "run"), Guard: &ownership.Guard{}})
	if err != nil {
		t.Fatal(err)
	}
	analysis, err := running.Wait()
	if err != nil {
		t.Fatal(err)
	}
	l := analysis.Legs[0]
	if l.Spread == nil || l.Spread.Connections < 30 {
		t.Fatalf("%+v, warnings %q", l.Spread, analysis.Warnings)
	}
	t.Logf("%s: %s, %d answers, %.0f at a time: %s", engine, l.Spread.Verdict, l.Completed, l.Spread.Together, l.Spread.Words)
	return l.Spread
}

// balancer answers in the name of the host that pick chooses for a request.
func balancer(t *testing.T, pick func(*http.Request) int) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Served-By", fmt.Sprint("web", pick(r)))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// Weights of 50/30/20 that every request meets were called sticky, for thirty connections are too
// few to tell by their rows alone. Where answers name hosts both engines tell them from connections
// that stay with a host.
func TestWeightsAreNotSticky(t *testing.T) {
	rng, mu := rand.New(rand.NewPCG(50, 30)), sync.Mutex{}
	weights := balancer(t, func(*http.Request) int {
		mu.Lock()
		at := rng.IntN(100)
		mu.Unlock()
		switch {
		case at < 50:
			return 1
		case at < 80:
			return 2
		}
		return 3
	})
	stays := balancer(t, func(r *http.Request) int {
		h := fnv.New32a()
		h.Write([]byte(r.RemoteAddr))
		return 1 + int(h.Sum32()>>8%3)
	})
	for _, engine := range []string{"rawhttp", "nethttp"} {
		if s := spreadOf(t, weights, engine); s.Verdict != result.SpreadUneven || s.Unit != "request" || s.Evidence != result.EvidenceHosts {
			t.Errorf("%s, weights per request: %+v", engine, s)
		}
		// Thirty connections may by chance be even, further apart than most, or hard to tell.
		if s := spreadOf(t, stays, engine); s.Unit != "connection" || s.Evidence != result.EvidenceHosts || !strings.Contains(s.Words, "stay") && s.Verdict != result.SpreadUneven && s.Verdict != result.SpreadTooFew {
			t.Errorf("%s, connections that stay: %+v", engine, s)
		}
	}
}

// nginxConf has three hosts and three ways to share requests among them.
const nginxConf = `daemon off; worker_processes 1; pid %[1]s/pid; error_log %[1]s/log;
events { worker_connections 400; }
http {
  access_log off; keepalive_requests 1000000;
  client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
  server { listen unix:%[1]s/web1; location / { add_header X-Served-By web1; return 200 ok; } }
  server { listen unix:%[1]s/web2; location / { add_header X-Served-By web2; return 200 ok; } }
  server { listen unix:%[1]s/web3; location / { add_header X-Served-By web3; return 200 ok; } }
  upstream weights { server unix:%[1]s/web1 weight=5; server unix:%[1]s/web2 weight=3; server unix:%[1]s/web3 weight=2; }
  upstream source { ip_hash; server unix:%[1]s/web1; server unix:%[1]s/web2; server unix:%[1]s/web3; }
  upstream stays { hash $connection; server unix:%[1]s/web1; server unix:%[1]s/web2; server unix:%[1]s/web3; }
  server { listen 127.0.0.2:%[2]d; location / { proxy_pass http://weights; } }
  server { listen 127.0.0.2:%[3]d; location / { proxy_pass http://source; } }
  server { listen 127.0.0.2:%[4]d; location / { proxy_pass http://stays; } }
}`

// The same with nginx: weights, which are a rotation; ip_hash, which sends each source address to
// one host; and a hash of the connection.
func TestSpreadBehindNginx(t *testing.T) {
	program, err := exec.LookPath("nginx")
	if err != nil {
		if program = "/usr/sbin/nginx"; !exists(program) {
			t.Skip("nginx is not installed: as root, apt-get install nginx")
		}
	}
	dir, err := os.MkdirTemp("", "nginx") // a unix socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var ports [3]int
	var held []net.Listener
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.2:0") // where no other test takes it before nginx does
		if err != nil {
			t.Skipf("this machine has no 127.0.0.2: %v", err)
		}
		ports[i], held = l.Addr().(*net.TCPAddr).Port, append(held, l)
	}
	for _, l := range held {
		l.Close()
	}
	conf := filepath.Join(dir, "conf")
	if err := os.WriteFile(conf, []byte(fmt.Sprintf(nginxConf, dir, ports[0], ports[1], ports[2])), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	nginx := exec.CommandContext(ctx, program, "-c", conf, "-g", "user root;")
	if os.Geteuid() != 0 {
		nginx = exec.CommandContext(ctx, program, "-c", conf)
	}
	nginx.Stderr = os.Stderr
	nginx.Cancel = func() error { return nginx.Process.Signal(os.Interrupt) }
	nginx.WaitDelay = 10 * time.Second
	if err := nginx.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); nginx.Wait() })
	url := func(i int) string { return fmt.Sprintf("http://127.0.0.2:%d", ports[i]) }
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get(url(2))
		if err == nil {
			resp.Body.Close()
			break
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	if s := spreadOf(t, url(0), "rawhttp"); s.Verdict != result.SpreadUneven || s.Unit != "request" {
		t.Errorf("weights: %+v", s)
	}
	var sources []string // ip_hash looks at the first three numbers
	for i := range 30 {
		sources = append(sources, fmt.Sprintf("127.0.%d.1", i+1))
	}
	if s := spreadOf(t, url(1), "rawhttp", "load.local_addresses=["+strings.Join(sources, ", ")+"]"); s.Unit != "connection" || s.Evidence != result.EvidenceHosts {
		t.Errorf("ip_hash: %+v", s)
	}
	if s := spreadOf(t, url(2), "rawhttp"); s.Unit != "connection" || s.Evidence != result.EvidenceHosts {
		t.Errorf("a hash of the connection: %+v", s)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
