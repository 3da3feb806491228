package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/fleet/lead"
	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
)

// broken is a broker, three agents and a lead, each a process of its own, of which a test breaks one. Agent n2 reaches
// the broker through a barrier.
type broken struct {
	t           *testing.T
	dir, broker string
	url         string
	barrier     *barrier
	agents      map[string]*exec.Cmd
	serving     *exec.Cmd
	lead        *exec.Cmd
	said        *streams
	came        atomic.Int64
}

// process starts a part of the fleet, which is ended with the test.
func (f *broken) process(args ...string) (*exec.Cmd, io.Reader) {
	f.t.Helper()
	cmd := exec.Command("stress", args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		f.t.Fatal(err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Stderr = f.t.Output()
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		_, _ = cmd.Process.Signal(syscall.SIGCONT), cmd.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		defer late.Stop()
		_ = cmd.Wait()
	})
	return cmd, out
}

// serve starts the broker, which keeps what it has in the directory of the test.
func (f *broken) serve(listen string) {
	f.t.Helper()
	cmd, out := f.process("fleet", "broker", "--listen", listen, "--data", filepath.Join(f.dir, "data"))
	b := make([]byte, 1024)
	n, err := out.Read(b)
	if err != nil {
		f.t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(b[:n]), "broker: ")
	f.url, _, _ = strings.Cut(after, ",")
	f.broker, f.serving = strings.TrimPrefix(f.url, "nats://"), cmd
	go func() { _, _ = io.Copy(io.Discard, out) }()
}

func newBroken(t *testing.T) *broken {
	t.Helper()
	f := &broken{t: t, dir: t.TempDir(), agents: map[string]*exec.Cmd{}}
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		f.came.Add(1)
		time.Sleep(200 * time.Millisecond) // beside which what a busy machine delays is little
	}))
	t.Cleanup(target.Close)
	f.serve("127.0.0.1:0")
	f.barrier = newBarrier(t, f.broker)
	for _, name := range []string{"n1", "n2", "n3"} {
		url := f.url
		if name == "n2" {
			url = "nats://" + f.barrier.Addr().String()
		}
		f.agents[name], _ = f.process("agent", "--nats", url, "--name", name)
	}
	f.lead, f.said = command(t, nil, "run", target.URL, "--type", "rate", "--rate", "60", "--duration", "15s", "--agents", "3", "--nats", f.url,
		"--out", filepath.Join(f.dir, "run"), "--set", "thresholds=[]", "--report", "summary")
	if err := f.lead.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); f.came.Load() < 120; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			_ = f.lead.Process.Kill()
			r := wait(t, f.lead.Wait(), f.said)
			if beganLate(r) {
				t.Skipf("!!! LEFT OUT: the machine stood still when the load was to begin: %s", r.stderr)
			}
			t.Fatalf("no load: %s", r.stderr)
		}
	}
	return f
}

// barrier is a way to a broker that can be shut.
type barrier struct {
	net.Listener
	to    string
	mu    sync.Mutex
	shut  bool
	conns []net.Conn
}

func newBarrier(t *testing.T, to string) *barrier {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &barrier{Listener: l, to: to}
	t.Cleanup(func() { l.Close(); g.set(true) })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			g.pass(c)
		}
	}()
	return g
}

func (g *barrier) pass(c net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	far, err := net.Dial("tcp", g.to)
	if err != nil || g.shut {
		c.Close()
		return
	}
	g.conns = append(g.conns, c, far)
	go func() { _, _ = io.Copy(far, c); far.Close() }()
	go func() { _, _ = io.Copy(c, far); c.Close() }()
}

func (g *barrier) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
	for _, c := range g.conns {
		c.Close()
	}
	g.conns = nil
}

// signal sends a signal to an agent.
func (f *broken) signal(agent string, s syscall.Signal) {
	if err := f.agents[agent].Process.Signal(s); err != nil {
		f.t.Error(err)
	}
}

// account waits for the end, and tells what became of the load. Whatever was done, it balances: planned = sent +
// dropped, of the leg and of each agent, and the target has had no request beyond those that were sent or may have been.
func (f *broken) account(fault string) (*result.Analysis, int) {
	f.t.Helper()
	r := wait(f.t, f.lead.Wait(), f.said)
	if r.code < 0 { // killed: what the agents kept is collected
		if r := stress(f.t, nil, "report", filepath.Join(f.dir, "run"), "--report", "summary"); r.code != exitPass || !strings.Contains(r.stderr, "`stress run --resume ") {
			f.t.Errorf("a report of it does not say how: exit code %d, %s", r.code, r.stderr)
		}
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
			r = stress(f.t, nil, "run", "--resume", filepath.Join(f.dir, "run"), "--nats", f.url, "--report", "summary")
			if !strings.Contains(r.stderr, lead.ErrUnderWay.Error()) || time.Now().After(deadline) {
				break // its lease is gone
			}
		}
	}
	stored, err := runlog.Open(filepath.Join(f.dir, "run"))
	if err != nil {
		f.t.Fatal(err)
	}
	leg := stored.Legs[0]
	var sent, dropped, unsure uint64
	lost := "none"
	for _, a := range leg.Agents {
		sent, dropped, unsure = sent+a.Sent, dropped+a.Dropped, unsure+a.Unsure
		if a.Planned != a.Sent+a.Dropped {
			f.t.Errorf("agent %s: %+v", a.Name, a)
		}
		if a.Lost != "" {
			lost = strings.TrimPrefix(lost+", ", "none, ") + fmt.Sprintf("%s (%d of %d sent)", a.Name, a.Sent, a.Planned)
		}
	}
	a, err := run.Read(f.t.Context(), filepath.Join(f.dir, "run"))
	if err != nil {
		f.t.Fatal(err)
	}
	cut := a.Legs[0].Outcomes.Cut
	f.t.Logf("| %s | %d = %d + %d | %s | %d | %s | %d |", fault, leg.Planned, sent, dropped, lost, unsure, a.Verdict, r.code)
	if came := uint64(f.came.Load()); leg.Planned != 900 || sent+dropped != 900 || came > sent+unsure || came+cut < sent {
		f.t.Errorf("planned %d, sent %d of which %d were cut, dropped %d, unsure %d; %d came", leg.Planned, sent, cut, dropped, unsure, came)
	}
	if why := findings(a, result.CodeAccounting); len(why) > 0 {
		f.t.Error(why)
	}
	return a, r.code
}

func findings(a *result.Analysis, code result.Code) (all []result.Finding) {
	for _, f := range a.Findings {
		if f.Code == code {
			all = append(all, f)
		}
	}
	return all
}

// passes holds a run in which no agent was lost to PASS and 0, unless a busy machine spoilt it.
func (f *broken) passes(a *result.Analysis, code int) {
	f.t.Helper()
	if len(findings(a, result.CodeAgentLost)) > 0 {
		f.t.Errorf("%s", a.Headline)
	}
	for _, why := range a.Legs[0].Generator.Why {
		if busyReasons.MatchString(why.Text) {
			f.t.Logf("the machine is busy elsewhere: %s", why.Text)
			return
		}
	}
	if a.Verdict != result.Pass || code != exitPass {
		f.t.Errorf("%s, exit code %d: %s", a.Verdict, code, a.Headline)
	}
}

// loses holds a run to INVALID and 4, since an agent was lost, which is named.
func (f *broken) loses(a *result.Analysis, code int, want string) {
	f.t.Helper()
	why := findings(a, result.CodeAgentLost)
	if a.Verdict != result.Invalid || code != exitInvalid || len(why) != 1 || why[0].Agent != "n2" || !strings.Contains(why[0].Text, want) {
		f.t.Errorf("%s, exit code %d: %v", a.Verdict, code, a.Findings)
	}
}

// Six faults of a fleet, each with the account afterwards. The lines that they log are the table of docs/fleet.md.
func TestSixFaultsOfAFleet(t *testing.T) {
	t.Run("broker", func(t *testing.T) {
		f := newBroken(t)
		began := time.Now()
		if err := f.serving.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		_ = f.serving.Wait()
		f.serve(f.broker)
		away := time.Since(began)
		a, code := f.account("the broker ends and begins again")
		if lost := findings(a, result.CodeAgentLost); len(lost) == 0 {
			f.passes(a, code)
		} else if a.Verdict != result.Invalid || code != exitInvalid || away < time.Second {
			t.Errorf("away for %v: exit code %d, %v", away, code, lost)
		}
	})
	t.Run("partition", func(t *testing.T) {
		f := newBroken(t)
		f.barrier.set(true)
		time.Sleep(10 * time.Second)
		f.barrier.set(false)
		a, code := f.account("an agent is cut off for 10 s")
		f.loses(a, code, "33 % of the plan")
	})
	t.Run("duplicates", func(t *testing.T) {
		f := newBroken(t)
		conn, err := nats.Connect(f.url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		var again atomic.Int64
		sub, err := conn.Subscribe("stress.run.*.leg.>", func(m *nats.Msg) {
			if m.Header.Get("Test-Again") != "" || strings.HasSuffix(m.Subject, "._order") {
				return
			}
			for _, id := range []string{m.Header.Get(nats.MsgIdHdr), nats.NewInbox()} {
				c := nats.NewMsg(m.Subject)
				c.Data = m.Data
				c.Header.Set("Test-Again", "yes")
				c.Header.Set(nats.MsgIdHdr, id)
				if conn.PublishMsg(c) == nil {
					again.Add(1)
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		a, code := f.account("every message comes twice and thrice")
		_ = sub.Unsubscribe()
		if again.Load() < 40 {
			t.Errorf("%d messages came again", again.Load())
		}
		f.passes(a, code)
	})
	t.Run("lead", func(t *testing.T) {
		f := newBroken(t)
		if err := f.lead.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		a, code := f.account("the lead is killed")
		if a.Verdict == result.Pass || code != exitInvalid || len(findings(a, result.CodeAgentLost)) == 0 {
			t.Errorf("%s, exit code %d: %s", a.Verdict, code, a.Headline)
		}
	})
	t.Run("agent", func(t *testing.T) {
		f := newBroken(t)
		f.signal("n2", syscall.SIGKILL)
		a, code := f.account("an agent is killed")
		f.loses(a, code, "33 % of the plan and sent ")
		if why := findings(a, result.CodeAgentLost); len(why) > 0 && !strings.Contains(why[0].Text, "perhaps ") {
			t.Errorf("%s", why[0].Text)
		}
	})
	t.Run("slow", func(t *testing.T) {
		f := newBroken(t)
		ctx, end := context.WithCancel(t.Context())
		var each sync.WaitGroup
		each.Go(func() { // it has a tenth of the time
			for ctx.Err() == nil {
				f.signal("n2", syscall.SIGSTOP)
				time.Sleep(450 * time.Millisecond)
				f.signal("n2", syscall.SIGCONT)
				time.Sleep(50 * time.Millisecond)
			}
		})
		time.Sleep(wire.TTL * 4)
		end()
		each.Wait()
		a, code := f.account("an agent is slow")
		named := false
		for _, why := range a.Legs[0].Generator.Why {
			named = named || why.Agent == "n2" && strings.Contains(why.Text, "agent n2 (") && strings.Contains(why.Text, "lag p99 ")
			t.Log(why.Text)
		}
		if a.Verdict != result.Invalid || code != exitInvalid || !named {
			t.Errorf("%s, exit code %d: %v", a.Verdict, code, a.Findings)
		}
	})
}
