package nethttp_test

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/nethttp"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/runlog"
)

// quiet hears of refused certificates: they are the point.
var quiet = log.New(io.Discard, "", 0)

// secure is a TLS server that counts connections and requests by protocol.
type secure struct {
	*httptest.Server
	conns  atomic.Int64
	mu     sync.Mutex
	protos map[string]int
}

func newSecure(t *testing.T, http2 bool) *secure {
	t.Helper()
	s := &secure{protos: make(map[string]int)}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		s.mu.Lock()
		s.protos[r.Proto]++
		s.mu.Unlock()
		if r.Method == http.MethodGet && r.RequestURI != "/?%C3%A9%20x" {
			w.WriteHeader(http.StatusBadRequest)
		}
		w.Write([]byte("ok"))
	}))
	s.EnableHTTP2 = http2
	s.Config.ErrorLog = quiet
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.conns.Add(1)
		}
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// attackTLS sends n passes of two requests and returns the outcomes.
func attackTLS(t *testing.T, address string, n int, job attack.Job) []attack.Outcome {
	t.Helper()
	return attackPath(t, address, "/", n, job)
}

// attackPath sends the same to another path, or to a whole URL.
func attackPath(t *testing.T, address, path string, n int, job attack.Job) []attack.Outcome {
	t.Helper()
	var err error
	if job.Plan, err = plan.New(plan.Load{Type: plan.ClientsPerTest, Clients: n, Duration: 20 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	if job.Target, err = url.Parse(address); err != nil {
		t.Fatal(err)
	}
	job.Timeout = 20 * time.Second
	body := attack.Request{Name: "post", Method: "POST", Path: path, Body: make([]byte, 10_000), Expect: attack.Expect{Body: "ok"}}
	job.Requests = []attack.Request{{Name: "get", Method: "GET", Path: "/?é x", Expect: attack.Expect{Body: "ok"}}, body}
	var outcomes []attack.Outcome
	_, err = attack.Perform(t.Context(), nethttp.New(nethttp.Options{}), job, time.Now(), attack.MeterConfig{
		Sink: nowhere{}, Requests: []string{"get", "post"},
		OnDone: func(o *attack.Outcome) { outcomes = append(outcomes, *o) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(outcomes) != 2*n {
		t.Fatalf("%d outcomes of %d requests", len(outcomes), 2*n)
	}
	return outcomes
}

func TestTLS(t *testing.T) {
	const n = 10
	for name, c := range map[string]struct {
		server, client bool // HTTP/2
		connections    attack.Connections
		proto          string
		conns          int64 // 0: not said
	}{
		"HTTP/1.1":               {false, false, attack.PerClient, "HTTP/1.1", n},
		"HTTP/2 not asked for":   {true, false, attack.PerClient, "HTTP/1.1", n},
		"HTTP/2 not offered":     {false, true, attack.PerClient, "HTTP/1.1", n},
		"HTTP/2":                 {true, true, attack.PerClient, "HTTP/2.0", n},
		"HTTP/2 on one for all":  {true, true, attack.Shared, "HTTP/2.0", 1},
		"HTTP/1.1 shared by all": {false, true, attack.Shared, "HTTP/1.1", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newSecure(t, c.server)
			var connects, first, sent, stamped int
			for _, o := range attackTLS(t, srv.URL, n, attack.Job{Insecure: true, HTTP2: c.client, Settings: attack.Settings{Connections: c.connections}}) {
				if o.Class != runlog.Success {
					t.Errorf("%v: %s", o.Class, o.Reason)
				}
				if o.Connect > 0 {
					connects++
				}
				if o.Nth.Answer == 1 {
					first++
				}
				sent += int(o.BytesSent)
				if o.Stamped {
					stamped++
				}
			}
			if c.proto == "HTTP/2.0" && stamped > 0 || c.proto == "HTTP/1.1" && runtime.GOOS == "linux" && stamped == 0 {
				t.Errorf("the kernel stamped %d answers", stamped)
			}
			if srv.protos[c.proto] != 2*n || len(srv.protos) != 1 {
				t.Errorf("requests by protocol: %v, want %d of %s", srv.protos, 2*n, c.proto)
			}
			if got := srv.conns.Load(); int64(connects) != got || int64(first) != got || (c.conns > 0 && got != c.conns) {
				t.Errorf("%d connections, want %d; %d were reported", got, c.conns, connects)
			}
			if sent < n*10_000 {
				t.Errorf("%d bytes sent, the bodies alone have %d", sent, n*10_000)
			}
		})
	}
}

func TestTLSFailures(t *testing.T) {
	srv := newSecure(t, false)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	for _, c := range []struct {
		address  string
		insecure bool
		reason   string
	}{
		{srv.URL, false, "tls: certificate of an unknown authority"},
		{"https" + plain.URL[len("http"):], true, "tls: the server does not speak TLS: is its address http://?"},
	} {
		for _, http2 := range []bool{false, true} {
			for _, o := range attackTLS(t, c.address, 2, attack.Job{Insecure: c.insecure, HTTP2: http2}) {
				if o.Class != runlog.Network || o.Reason != c.reason {
					t.Errorf("%v: %q, want %q (HTTP/2 %v)", o.Class, o.Reason, c.reason, http2)
				}
			}
		}
	}
}
