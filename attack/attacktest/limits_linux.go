package attacktest

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
)

// ports are what the kernel chooses from in the namespace of a test.
const firstPort, lastPort, ports = 40_000, 40_063, 64

// limitCases run this machine out of what a load needs, each in a process of its own.
var limitCases = map[string]func(*testing.T, suite){
	// Every client closes its connection and so keeps its port for a minute.
	"ports that run out are named": func(t *testing.T, s suite) {
		if !alone(t, fewPorts) {
			return
		}
		srv := listening(t, "127.0.0.1:8080")
		const n = 100
		l := s.run(t, attack.Job{Plan: clients(t, n, 200*time.Millisecond), Target: srv.url, Requests: get("/")})
		if l.Outcomes.Success != ports || l.Outcomes.Network != n-ports || l.Sent != n {
			t.Errorf("outcomes %+v of %d, there are %d ports", l.Outcomes, l.Sent, ports)
		}
		srv.served(t, l)
		l.failed(t, "no free local port (64 to one target: add load.local_addresses)")
	},

	"more local addresses have more ports": func(t *testing.T, s suite) {
		if !alone(t, fewPorts) {
			return
		}
		srv := listening(t, "127.0.0.1:8080")
		l := s.run(t, attack.Job{
			Plan: clients(t, 100, 200*time.Millisecond), Target: srv.url, Requests: get("/"),
			LocalAddresses: []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.3")},
		})
		l.all(t, runlog.Success, 100)
		srv.counted(t, l)
	},

	"and run out in turn": func(t *testing.T, s suite) {
		if !alone(t, fewPorts) {
			return
		}
		srv := listening(t, "127.0.0.1:8080")
		l := s.run(t, attack.Job{
			Plan: clients(t, 150, 300*time.Millisecond), Target: srv.url, Requests: get("/"),
			LocalAddresses: []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.3")},
		})
		if l.Outcomes.Success != 2*ports || l.Outcomes.Network != 150-2*ports {
			t.Errorf("outcomes %+v of %d, there are %d ports on each of 2 addresses", l.Outcomes, l.Sent, ports)
		}
		srv.served(t, l)
		l.failed(t, "no free local port (128 to one target: add load.local_addresses)")
	},

	// A port is taken from one target only, on a chosen local address as well.
	"every target has all ports": func(t *testing.T, s suite) {
		if !alone(t, fewPorts) {
			return
		}
		one, other := listening(t, "127.0.0.1:8080"), listening(t, "127.0.0.1:8081")
		for _, local := range [][]netip.Addr{nil, {netip.MustParseAddr("127.0.0.2")}} {
			l := s.run(t, attack.Job{
				Plan: clients(t, ports, 200*time.Millisecond), Target: one.url,
				Requests: get("/", other.url.String()), LocalAddresses: local,
			})
			l.all(t, runlog.Success, 2*ports)
		}
	},

	// Nothing is answered, so a client that has a connection keeps it.
	"files that run out are named": func(t *testing.T, s suite) {
		srv := bare(t, func(p *peer) { p.request(); p.wait() })
		if !alone(t, nil, targetKey+"="+srv.url.String()) {
			return
		}
		limit := fewFiles(t, 24)
		const n = 60
		l := s.run(t, attack.Job{
			Plan: clients(t, n, 50*time.Millisecond), Target: mustParse(t, os.Getenv(targetKey)), Requests: get("/"), Timeout: time.Second,
		})
		if l.Outcomes.Timeout == 0 || l.Outcomes.Network == 0 || l.Outcomes.Timeout+l.Outcomes.Network != n || l.Sent != n {
			t.Errorf("outcomes %+v of %d; this process may have %d files", l.Outcomes, l.Sent, limit)
		}
		l.failed(t, fmt.Sprintf("too many open files (this process may have %d: raise `ulimit -n`)", limit))
	},

	"a closed load that needs more files is refused": func(t *testing.T, s suite) {
		if !alone(t, nil) {
			return
		}
		limit := fewFiles(t, 24)
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

// failed requires that all failures are of class network and one kind.
func (l leg) failed(t *testing.T, reason string) {
	t.Helper()
	n := 0
	for _, o := range l.outcomes {
		if o.Class == runlog.Network {
			if n++; o.Reason != reason {
				t.Fatalf("reason %q, want %q", o.Reason, reason)
			}
		}
	}
	if len(l.Failures) == 0 || n == 0 {
		t.Errorf("%d failures of %d kinds", n, len(l.Failures))
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
func listening(t *testing.T, address string) *server {
	t.Helper()
	return bareOn(t, listen(t, "tcp", address), answers(ok))
}

// Of the environment of a test in a process of its own.
const (
	aloneKey  = "STRESS_TEST_ALONE"
	targetKey = "STRESS_TEST_TARGET"
)

// alone runs the test that calls it once more, in a process of its own, and reports
// what came of it. It is true in that process, once setUp has run there. With setUp
// the process has a network of its own, where that is allowed.
func alone(t *testing.T, setUp func() error, env ...string) bool {
	t.Helper()
	if os.Getenv(aloneKey) == t.Name() {
		if setUp != nil {
			if err := setUp(); err != nil {
				t.Skipf("LEFT OUT, this system does not let a test set up its network: %v", err)
			}
		}
		return true
	}
	if setUp != nil && os.Geteuid() != 0 {
		t.Skip("LEFT OUT, only root may make a network namespace")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(t.Name(), "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	cmd := exec.CommandContext(t.Context(), program, "-test.v", "-test.run="+strings.Join(parts, "/"))
	cmd.Env = append(append(os.Environ(), aloneKey+"="+t.Name()), env...)
	cmd.WaitDelay = patient
	if setUp != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	}
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil && bytes.Contains(out, []byte("--- PASS: "+t.Name()+" ")):
	case err == nil && bytes.Contains(out, []byte("--- SKIP: "+t.Name()+" ")):
		t.Skipf("%s", out)
	case cmd.Process == nil && setUp != nil:
		t.Skipf("LEFT OUT, no network namespace is to be had: %v", err)
	default:
		t.Errorf("in a process of its own: %v\n%s", err, out)
	}
	return false
}

// fewPorts sets up a network of its own: the loopback alone, with few ports, each of
// them taken for a minute after use.
func fewPorts() error {
	for name, value := range map[string]string{
		"ip_local_port_range": fmt.Sprintf("%d %d", firstPort, lastPort),
		"tcp_tw_reuse":        "0",
	} {
		if err := os.WriteFile("/proc/sys/net/ipv4/"+name, []byte(value), 0); err != nil {
			return err
		}
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, lo); err != nil {
		return err
	}
	lo.SetUint16(lo.Uint16() | unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo)
}

// fewFiles allows this process no more than a few files besides those it has, and
// returns how many in all.
func fewFiles(t *testing.T, spare int) uint64 {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	limit := uint64(len(open) + spare)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
		t.Fatal(err)
	}
	return limit
}
