package lead_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/fleet/agent"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
)

// agentVariable has a process of the test be an agent; it holds its name and its link.
const agentVariable = "STRESS_TEST_AGENT"

type processOf struct {
	Name string
	Link link.Options
}

func TestMain(m *testing.M) {
	text, ok := os.LookupEnv(agentVariable)
	if !ok {
		os.Exit(m.Run())
	}
	var p processOf
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		panic(err)
	}
	conn, err := link.Dial(p.Link)
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); cancel() }() // with its parent
	if err := agent.Run(ctx, agent.Config{Name: p.Name, Conn: conn, Guard: func() *ownership.Guard { return &ownership.Guard{} }, Tool: runlog.Tool{Version: "test"}}); err != nil {
		panic(err)
	}
}

// process starts an agent as a process of its own.
func (f *fleet) process(name string) *os.Process {
	f.t.Helper()
	text, err := json.Marshal(processOf{name, f.Link(name)})
	if err != nil {
		f.t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), agentVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	to, err := cmd.StdinPipe()
	if err != nil {
		f.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGCONT)
		_ = to.Close()
		late := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		defer late.Stop()
		_ = cmd.Wait()
	})
	return cmd.Process
}

// steady is a load of a hundred requests a second.
func steady(target string, seconds int) string {
	return fmt.Sprintf(`
load: {type: clients-per-second, clients: 100, duration: %ds, timeout: 5s}
request: {path: /}
targets: [{name: a, url: %q}]
thresholds: []
`, seconds, target)
}

// holds is what every account holds to, whatever was done to the fleet: planned = sent + dropped, of the leg and
// of each agent, every outcome is in the seconds, and the target has not had a request more than were sent or
// may have been.
func holds(t *testing.T, rec *runlog.Record, target *counting) runlog.Second {
	t.Helper()
	sum := sums(rec)
	var planned, sent, dropped, unsure uint64
	unknown := false
	for _, a := range rec.Agents {
		unknown = unknown || a.UnknownS > 0
		planned, sent, dropped, unsure = planned+a.Planned, sent+a.Sent, dropped+a.Dropped, unsure+a.Unsure
		if a.Planned != a.Sent+a.Dropped+a.Skipped || a.Unsure > a.Dropped {
			t.Errorf("agent %s: %+v", a.Name, a)
		}
	}
	if rec.Planned != planned || rec.Dropped != dropped || sum.Sent != sent || sum.Ended() != sent {
		t.Errorf("planned %d, dropped %d, sent %d, ended %d; of agents %d, %d, %d", rec.Planned, rec.Dropped, sum.Sent, sum.Ended(), planned, dropped, sent)
	}
	target.mu.Lock()
	defer target.mu.Unlock()
	if came := uint64(target.arrived); !unknown && came > sent+unsure || came+sum.Cut+sum.Network+sum.Timeout < sent {
		t.Errorf("%d requests came; %d were sent, %d cut, and %d may have been", came, sent, sum.Cut, unsure)
	}
	return sum
}

// agentOf is the agent of a name.
func agentOf(t *testing.T, rec *runlog.Record, name string) runlog.Agent {
	t.Helper()
	for _, a := range rec.Agents {
		if a.Name == name {
			return a
		}
	}
	t.Fatalf("no agent %s: %+v", name, rec.Agents)
	return runlog.Agent{}
}

// An agent that is killed is lost. What it had sent counts, what it had not is dropped, and what it may have sent
// in its last moments is said apart; the others go on.
func TestAKilledAgent(t *testing.T) {
	t.Parallel()
	target, f := newCounting(t), newFleet(t)
	f.agent("n1", nil)
	victim := f.process("n2")
	_, recs := f.measure(steady(target.URL, 8), 2, func(*run.Running) {
		target.await(300)
		if err := victim.Kill(); err != nil {
			t.Error(err)
		}
	})
	sum := holds(t, recs[0], target)
	lost, other := agentOf(t, recs[0], "n2"), agentOf(t, recs[0], "n1")
	if !strings.Contains(lost.Lost, "did not renew its lease") || lost.Sent < 50 || lost.Dropped == 0 || lost.Unsure == 0 || lost.LostS < 2 || recs[0].Planned != 800 {
		t.Errorf("lost: %+v", lost)
	}
	if other.Lost != "" || other.Sent != 400 || recs[0].Stopped != "" || !recs[0].Complete {
		t.Errorf("the other: %+v, stopped %q", other, recs[0].Stopped)
	}
	if sum.Success+sum.Cut != sum.Sent {
		t.Errorf("%+v", sum.Outcomes)
	}
}

// Of a killed agent of a closed load the account says for how long it may have sent unseen, and how many of the clients
// it had.
func TestAKilledAgentOfAClosedLoad(t *testing.T) {
	t.Parallel()
	target, f := newCounting(t), newFleet(t)
	f.agent("n1", nil)
	victim := f.process("n2")
	r, recs := f.measure(fmt.Sprintf(`
load: {type: maintain-client-load, clients: 3, duration: 8s, pause: 20ms}
request: {path: /}
targets: [{name: a, url: %q}]
thresholds: []
`, target.URL), 2, func(*run.Running) {
		target.await(200)
		if err := victim.Kill(); err != nil {
			t.Error(err)
		}
	})
	holds(t, recs[0], target)
	lost, other := agentOf(t, recs[0], "n2"), agentOf(t, recs[0], "n1")
	if lost.Lost == "" || lost.Clients != 1 || other.Clients != 2 || lost.Unsure != 0 || lost.UnknownS < 1 || lost.UnknownS > lost.LostS || lost.Planned != lost.Sent {
		t.Errorf("lost: %+v", lost)
	}
	if other.UnknownS != 0 || other.Lost != "" {
		t.Errorf("the other: %+v", other)
	}
	a, err := run.Read(t.Context(), r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(a.Headline, "33 % of the plan, 1 client, and sent") || !strings.Contains(a.Headline, "nobody knows how many; the load after that was 67 % of the clients") || a.Verdict != result.Invalid {
		t.Errorf("%s: %s", a.Verdict, a.Headline)
	}
}

// A process that stood still keeps its connection, and loses its lease. When it runs again it sends nothing more,
// although all that was due meanwhile waits, and its account is exact.
func TestAnAgentThatStoodStill(t *testing.T) {
	t.Parallel()
	target, f := newCounting(t), newFleet(t)
	f.agent("n1", nil)
	victim := f.process("n2")
	_, recs := f.measure(steady(target.URL, 9), 2, func(*run.Running) {
		target.await(200)
		if err := victim.Signal(syscall.SIGSTOP); err != nil {
			t.Error(err)
		}
		time.Sleep(wire.TTL + time.Second)
		if err := victim.Signal(syscall.SIGCONT); err != nil {
			t.Error(err)
		}
	})
	holds(t, recs[0], target)
	lost := agentOf(t, recs[0], "n2")
	if lost.Lost == "" || lost.Unsure != 0 || lost.Dropped == 0 || lost.Sent+lost.Dropped != 450 {
		t.Errorf("lost: %+v", lost)
	}
	if other := agentOf(t, recs[0], "n1"); other.Sent != 450 {
		t.Errorf("the other: %+v", other)
	}
}

// An agent that is cut off from its broker for eight seconds stops by itself, keeps what it has measured, and sends
// it when it can: its account is exact, and its seconds stand where they belong.
func TestAnAgentThatIsCutOff(t *testing.T) {
	t.Parallel()
	target, f := newCounting(t), newFleet(t)
	f.agent("n1", nil)
	way := f.behind("n2")
	_, recs := f.measure(steady(target.URL, 16), 2, func(*run.Running) {
		target.await(200)
		way.cut(true)
		time.Sleep(8 * time.Second) // its lead waits for its seconds for 12 from the loss on
		way.cut(false)
	})
	holds(t, recs[0], target)
	lost := agentOf(t, recs[0], "n2")
	if !strings.Contains(lost.Lost, "lost its lease") && !strings.Contains(lost.Lost, "did not renew") || lost.Unsure != 0 || lost.Sent < 100 || lost.Sent > 600 {
		t.Errorf("lost: %+v", lost)
	}
	if other := agentOf(t, recs[0], "n1"); other.Sent != 800 || other.Lost != "" {
		t.Errorf("the other: %+v", other)
	}
}

// A broker that ends and begins again within the time of a lease costs nothing but its time: agents keep their
// seconds meanwhile, and the lead goes on where it was.
func TestABrokerThatBeginsAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	begin := func(port int) *server.Server {
		s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: dir, NoSigs: true, NoLog: true})
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		if !s.ReadyForConnections(time.Minute) {
			t.Fatal("the broker does not begin")
		}
		return s
	}
	s := begin(server.RANDOM_PORT)
	defer func() { s.Shutdown() }()
	port := s.Addr().(*net.TCPAddr).Port
	target := newCounting(t)
	f := &fleet{t: t, to: link.Options{URL: fmt.Sprintf("nats://127.0.0.1:%d", port)}}
	f.agent("n1", nil)
	f.agent("n2", nil)
	_, recs := f.measure(steady(target.URL, 8), 2, func(*run.Running) {
		target.await(300)
		s.Shutdown()
		s.WaitForShutdown()
		s = begin(port)
	})
	sum := holds(t, recs[0], target)
	began := false
	for _, a := range recs[0].Agents {
		if a.Lost == "" && a.Sent != 400 || a.Unsure > 0 {
			t.Errorf("%+v", a)
		}
		t.Logf("agent %s: sent %d, lost %q", a.Name, a.Sent, a.Lost)
		began = began || !strings.Contains(a.Lost, "at an instant that is past")
	}
	if began && sum.Sent < 200 {
		t.Errorf("sent %d", sum.Sent)
	}
}
