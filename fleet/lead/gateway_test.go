package lead_test

import (
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stress-tool/stress/fleet/agent"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/run"
)

// gateway stands between an agent and its broker, and can stop all that passes, or slow it down.
type gateway struct {
	listener net.Listener
	to       string
	passed   atomic.Int64 // bytes towards the broker
	slow     atomic.Int64 // how many of them pass in a second; 0 is as they come
	mu       sync.Mutex
	shut     bool
	conns    []net.Conn
}

// Write makes a gateway count what passes to the broker, and wait for as long as that takes.
func (g *gateway) Write(b []byte) (int, error) {
	g.passed.Add(int64(len(b)))
	if slow := g.slow.Load(); slow > 0 {
		time.Sleep(time.Duration(len(b)) * time.Second / time.Duration(slow))
	}
	return len(b), nil
}

func newGateway(t *testing.T, to string) *gateway {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{listener: l, to: to}
	t.Cleanup(func() { l.Close(); g.cut(true) })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go g.pass(c)
		}
	}()
	return g
}

func (g *gateway) pass(c net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	far, err := net.Dial("tcp", g.to)
	if g.shut || err != nil {
		c.Close()
		return
	}
	g.conns = append(g.conns, c, far)
	go func() {
		_, _ = io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(g, far)}, struct{ io.Reader }{c}, make([]byte, 512))
		far.Close()
	}()
	go func() { _, _ = io.Copy(c, far); c.Close() }()
}

// cut lets nothing pass, or everything again.
func (g *gateway) cut(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
	for _, c := range g.conns {
		c.Close()
	}
	g.conns = nil
}

// behind starts an agent that reaches its broker through a gateway alone.
func (f *fleet) behind(name string) *gateway {
	f.t.Helper()
	way := newGateway(f.t, strings.TrimPrefix(f.URL(), "nats://"))
	to := f.Link(name)
	to.URL = "nats://" + way.listener.Addr().String()
	conn, err := link.Dial(to)
	if err != nil {
		f.t.Fatal(err)
	}
	f.agent(name, func(c *agent.Config) { c.Conn.Close(); c.Conn = conn })
	return way
}

// The seconds of an agent whose way to the broker is slow come late, and are waited for: nothing is lost, each stands
// where it belongs, and no time of a request knows of it.
func TestAnAgentBehindASlowLink(t *testing.T) {
	t.Parallel()
	target, f := newCounting(t), newFleet(t)
	f.agent("n1", nil)
	way := f.behind("n2")
	r, recs := f.measure(steady(target.URL, 10), 2, func(*run.Running) {
		target.await(100)
		before, began := way.passed.Load(), time.Now()
		target.await(400)
		// Half as many bytes per second again as it needs: each second takes most of one to pass. With less than it needs
		// its lease would be late, too, and these few seconds tell that only roughly.
		way.slow.Store(int64(1.5 * float64(way.passed.Load()-before) / time.Since(began).Seconds()))
	})
	holds(t, recs[0], target)
	for _, a := range recs[0].Agents {
		if a.Lost != "" || a.Sent != 500 || a.Unsure > 0 {
			t.Errorf("%+v", a)
		}
	}
	for _, e := range recs[0].Events {
		t.Errorf("%+v", e)
	}
	seconds := map[int]int{} // in which an agent sent something
	for s, err := range recs[0].Generators(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if s.Sent > 0 {
			seconds[s.Agent]++
		}
	}
	if seconds[0] < 6 || seconds[1] < 6 { // of ten, on a machine that may stand still for some
		t.Errorf("they sent something in %v seconds", seconds)
	}
	a, err := run.Read(t.Context(), r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %s; %s", a.Verdict, a.Headline, a.Legs[0].Fleet.Words)
}
