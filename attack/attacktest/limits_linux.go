package attacktest

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/internal/testenv"
	"github.com/stress-tool/stress/runlog"
)

// In the network namespace of a test, connections start from these ports only.
const firstPort, lastPort, ports = 40_000, 40_063, 64

func limitPorts() error { return testenv.LimitPorts(firstPort, lastPort) }

// targetKey is the environment variable with the target of a test in a process of its own.
const targetKey = "STRESS_TEST_TARGET"

// needsKeptPorts leaves a case out in which the end of a connection must keep its port. With TLS
// the server says its own end to a socket that is closed; the kernel then resets the connection and
// frees the port.
func (s suite) needsKeptPorts(t *testing.T) {
	t.Helper()
	if s.tls != nil {
		t.Skip("connections with TLS keep no port")
	}
}

// limitCases run this machine out of what a load needs, each in a process of its own.
var limitCases = map[string]func(*testing.T, suite){
	// Every client closes its connection and so keeps its port for a minute.
	"ports that run out are named": func(t *testing.T, s suite) {
		s.needsKeptPorts(t)
		if !testenv.OwnProcess(t, limitPorts) {
			return
		}
		srv := s.listening(t, "127.0.0.1:8080")
		const n = 100
		l := s.run(t, attack.Job{Plan: clients(t, n, 200*time.Millisecond), Target: srv.url, Requests: get("/")})
		if l.Outcomes.Success != ports || l.Outcomes.Network != n-ports || l.Sent != n {
			t.Errorf("outcomes %+v of %d, there are %d ports", l.Outcomes, l.Sent, ports)
		}
		srv.served(t, l)
		l.failed(t, "no free local port (64 to one target: add load.local_addresses)")
	},

	"more local addresses have more ports": func(t *testing.T, s suite) {
		if !testenv.OwnProcess(t, limitPorts) {
			return
		}
		srv := s.listening(t, "127.0.0.1:8080")
		l := s.run(t, attack.Job{
			Plan: clients(t, 100, 200*time.Millisecond), Target: srv.url, Requests: get("/"),
			Settings: attack.Settings{LocalAddresses: []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.3")}},
		})
		l.all(t, runlog.Success, 100)
		srv.counted(t, l)
	},

	"and run out in turn": func(t *testing.T, s suite) {
		s.needsKeptPorts(t)
		if !testenv.OwnProcess(t, limitPorts) {
			return
		}
		srv := s.listening(t, "127.0.0.1:8080")
		l := s.run(t, attack.Job{
			Plan: clients(t, 150, 300*time.Millisecond), Target: srv.url, Requests: get("/"),
			Settings: attack.Settings{LocalAddresses: []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.3")}},
		})
		if l.Outcomes.Success != 2*ports || l.Outcomes.Network != 150-2*ports {
			t.Errorf("outcomes %+v of %d, there are %d ports on each of 2 addresses", l.Outcomes, l.Sent, ports)
		}
		srv.served(t, l)
		l.failed(t, "no free local port (128 to one target: add load.local_addresses)")
	},

	// A port is taken from one target only, on a chosen local address as well.
	"every target has all ports": func(t *testing.T, s suite) {
		if !testenv.OwnProcess(t, limitPorts) {
			return
		}
		one, other := s.listening(t, "127.0.0.1:8080"), s.listening(t, "127.0.0.1:8081")
		for _, local := range [][]netip.Addr{nil, {netip.MustParseAddr("127.0.0.2")}} {
			l := s.run(t, attack.Job{
				Plan: clients(t, ports, 200*time.Millisecond), Target: one.url,
				Requests: get("/", other.url.String()), Settings: attack.Settings{LocalAddresses: local},
			})
			l.all(t, runlog.Success, 2*ports)
		}
	},

	// The kernel takes the first of two ports first. A socket that is given the very port
	// it connects to is connected to itself and would read its own request.
	"nobody listens on a port that connections start from": func(t *testing.T, s suite) {
		if !testenv.OwnProcess(t, func() error { return testenv.LimitPorts(firstPort, firstPort+1) }) {
			return
		}
		for _, local := range [][]netip.Addr{nil, {netip.MustParseAddr("127.0.0.1")}} {
			l := s.loop(t, 1, 20, attack.Job{
				Target: mustParse(t, fmt.Sprintf(s.scheme()+"://127.0.0.1:%d", firstPort)), Requests: get("/"), Settings: attack.Settings{LocalAddresses: local},
			})
			l.all(t, runlog.Network, l.Sent)
			for _, o := range l.outcomes {
				if o.Reason != "connection refused" || o.Own || o.BytesSent+o.BytesReceived > 0 {
					t.Fatalf("%q, own %v, %d bytes sent, %d received", o.Reason, o.Own, o.BytesSent, o.BytesReceived)
				}
			}
		}
	},

	// Nothing is answered, so a client that has a connection keeps it.
	"files that run out are named": func(t *testing.T, s suite) {
		srv := s.bare(t, func(p *peer) { p.request(); p.wait() })
		if !testenv.OwnProcess(t, nil, targetKey+"="+srv.url.String()) {
			return
		}
		limit := testenv.LimitFiles(t, 24)
		const n = 60
		l := s.run(t, attack.Job{
			Plan: clients(t, n, 50*time.Millisecond), Target: mustParse(t, os.Getenv(targetKey)), Requests: get("/"), Settings: attack.Settings{Timeout: time.Second},
		})
		if l.Outcomes.Timeout == 0 || l.Outcomes.Network == 0 || l.Outcomes.Timeout+l.Outcomes.Network != n || l.Sent != n {
			t.Errorf("outcomes %+v of %d; this process may have %d files", l.Outcomes, l.Sent, limit)
		}
		l.failed(t, fmt.Sprintf("too many open files (this process may have %d: raise `ulimit -n`)", limit))
	},

	"a closed load that needs more files is refused": func(t *testing.T, s suite) {
		if !testenv.OwnProcess(t, nil) {
			return
		}
		limit := testenv.LimitFiles(t, 24)
		const n = 1000
		l, err := s.perform(t.Context(), attack.Job{
			Plan: loops(t, n, time.Hour), Target: mustParse(t, "http://127.0.0.1:1/"), Requests: get("/"),
		}, nil, nil)
		if err == nil || l.Sent != 0 {
			t.Fatalf("%d requests sent, error %v", l.Sent, err)
		}
		for _, want := range []string{"1000 clients", fmt.Sprintf("may have %d:", limit), "`ulimit -n 1064`"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("error %q, want one that says %q", err, want)
			}
		}
	},
}

// failed requires that all failures of class network are of one kind, a limit of the
// generator's own, and no other outcome is.
func (l leg) failed(t *testing.T, reason string) {
	t.Helper()
	n := 0
	for _, o := range l.outcomes {
		if o.Own != (o.Class == runlog.Network) {
			t.Fatalf("%v, reason %q: the generator's own: %v", o.Class, o.Reason, o.Own)
		}
		if o.Class == runlog.Network {
			if n++; o.Reason != reason {
				t.Fatalf("reason %q, want %q", o.Reason, reason)
			}
		}
	}
	stored := 0
	for _, s := range l.seconds {
		stored += int(s.Own)
	}
	if len(l.Failures) == 0 || n == 0 || stored != n {
		t.Errorf("%d failures of %d kinds, %d stored as the generator's own", n, len(l.Failures), stored)
	}
	for _, f := range l.Failures {
		if f.Own != (f.Class == runlog.Network) {
			t.Errorf("%+v", f)
		}
	}
}

// served requires that the server saw the requests that succeeded and no other.
func (s *server) served(t *testing.T, l leg) {
	t.Helper()
	if got := uint64(s.requests.Load()); got != l.Outcomes.Success {
		t.Errorf("the server saw %d requests, %d succeeded", got, l.Outcomes.Success)
	}
}

// listening is a server on a port that the kernel does not choose from. It leaves it
// to its clients to close.
func (s suite) listening(t *testing.T, address string) *server {
	t.Helper()
	return s.bareOn(t, listen(t, "tcp", address), answers(ok))
}
