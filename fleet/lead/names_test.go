package lead_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/fleet/agent"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
)

// rival starts another agent of a name that there may be already, and returns how it ended.
func (f *fleet) rival(name string) <-chan error {
	f.t.Helper()
	conn, err := link.Dial(f.Link(name))
	if err != nil {
		f.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended, over := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(over)
		ended <- agent.Run(ctx, agent.Config{Name: name, Conn: conn, Guard: func() *ownership.Guard { return offline(f.t) }, Tool: runlog.Tool{Version: "rival"}})
	}()
	f.t.Cleanup(func() { cancel(); <-over; conn.Close() })
	return ended
}

// refused waits for the end of a rival, which names what it has in common with another.
func refused(t *testing.T, ended <-chan error, name string) {
	t.Helper()
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), "an agent named "+name+" is there already: give each its own --name") {
			t.Errorf("the rival ended with %v", err)
		}
	case <-time.After(4 * wire.TTL):
		t.Error("two agents have one name, and neither says so")
	}
}

// numbered is a load whose starts tell their numbers, on one target after the other.
func numbered(seconds int, targets ...*counting) string {
	yaml := fmt.Sprintf("load: {type: clients-per-second, clients: 100, duration: %ds, timeout: 5s}\nrequest: {path: \"/?n=%%{0:%d:1}\"}\nthresholds: []\ntargets:\n", seconds, 100*seconds-1)
	for i, of := range targets {
		yaml += fmt.Sprintf("- {name: t%d, url: %q}\n", i+1, of.URL)
	}
	return yaml
}

// most is how often the start came that came most often, and how many came.
func (c *counting) most() (most, came int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.paths {
		most, came = max(most, n), came+1
	}
	return most, came
}

// A second agent of a name gets nothing to do, whatever is asked under that name, and ends by name. The first, and the
// load, do not notice.
func TestTwoAgentsOfOneName(t *testing.T) {
	t.Parallel()
	target, f := newCounting(t), newFleet(t)
	f.agent("n1", nil)
	f.agent("n2", nil)
	l, _, err := f.assembleWithin(numbered(1, target), 2, 20*time.Second) // so that both have their names
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	ended := f.rival("n2")
	_, recs := f.measure(numbered(8, target), 2, nil)
	refused(t, ended, "n2")
	holds(t, recs[0], target)
	for _, a := range recs[0].Agents {
		if a.Lost != "" || a.Sent != 400 || a.Version != "test" {
			t.Errorf("%+v", a)
		}
	}
	if most, came := target.most(); most != 1 || came != 800 {
		t.Errorf("%d starts came, one of them %d times", came, most)
	}
}

// An agent that was killed and is started again at once is lost in its leg: its second process begins nothing of it,
// and takes part in the next. No start comes twice.
func TestAnAgentThatIsStartedAgain(t *testing.T) {
	t.Parallel()
	first, second, f := newCounting(t), newCounting(t), newFleet(t)
	f.agent("n1", nil)
	victim := f.process("n2")
	_, recs := f.measure(numbered(9, first, second), 2, func(*run.Running) {
		first.await(200)
		if err := victim.Kill(); err != nil {
			t.Error(err)
		}
		f.process("n2")
	})
	holds(t, recs[0], first)
	lost := agentOf(t, recs[0], "n2")
	if lost.Lost == "" || lost.Sent > 350 || lost.Unsure == 0 {
		t.Errorf("%+v", lost)
	}
	if most, _ := first.most(); most != 1 {
		t.Errorf("a start of the leg came %d times", most)
	}
	holds(t, recs[1], second)
	if again := agentOf(t, recs[1], "n2"); again.Lost != "" || again.Sent != 450 {
		t.Errorf("%+v", again)
	}
	if most, came := second.most(); most != 1 || came != 900 {
		t.Errorf("of the next leg %d starts came, one of them %d times", came, most)
	}
}

// A process that stood still while another took its name puts on no load when it runs again, sends what it knows, and
// ends by name. The other begins nothing of the leg.
func TestAnAgentWhoseNameWasTaken(t *testing.T) {
	t.Parallel()
	target, f := newCounting(t), newFleet(t)
	f.agent("n1", nil)
	victim := f.process("n2")
	_, recs := f.measure(numbered(12, target), 2, func(*run.Running) {
		target.await(200)
		if err := victim.Signal(syscall.SIGSTOP); err != nil {
			t.Error(err)
		}
		ended := f.rival("n2")
		time.Sleep(2 * wire.TTL)
		if err := victim.Signal(syscall.SIGCONT); err != nil {
			t.Error(err)
		}
		select {
		case err := <-ended:
			t.Errorf("the one that has the name ended: %v", err)
		default:
		}
	})
	holds(t, recs[0], target)
	if lost := agentOf(t, recs[0], "n2"); lost.Lost == "" || lost.Sent == 0 || lost.Sent > 400 || lost.Unsure != 0 {
		t.Errorf("%+v", lost)
	}
	if most, _ := target.most(); most != 1 {
		t.Errorf("a start came %d times", most)
	}
}

// A message that comes again is no news, whether the broker knows it by its id or stores it a second time, at once or
// when later ones have come.
func TestMessagesThatComeAgain(t *testing.T) {
	t.Parallel()
	target, f := newCounting(t), newFleet(t)
	f.agent("n1", nil)
	f.agent("n2", nil)
	js := f.jetStream("again")
	var all sync.WaitGroup
	known, stored := make(chan bool, 1000), make(chan bool, 1000)
	const mark = "Test-Again"
	again := func(m *nats.Msg, id string, to chan<- bool) {
		c := nats.NewMsg(m.Subject)
		c.Data = m.Data
		c.Header.Set(mark, "yes")
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		ack, err := js.PublishMsg(ctx, c, jetstream.WithMsgID(id))
		if err != nil && !errors.Is(err, jetstream.ErrNoStreamResponse) { // the run is over
			t.Error(err)
		}
		if err == nil {
			to <- ack.Duplicate
		}
	}
	sub, err := js.Conn().Subscribe("stress.run.*.leg.>", func(m *nats.Msg) {
		if m.Header.Get(mark) != "" || strings.HasSuffix(m.Subject, "._order") {
			return
		}
		id := m.Header.Get(nats.MsgIdHdr)
		all.Go(func() {
			again(m, id, known)
			again(m, id+"-again", stored)
			time.Sleep(1500 * time.Millisecond)
			again(m, id+"-late", stored)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	_, recs := f.measure(numbered(5, target), 2, nil)
	if err := sub.Unsubscribe(); err != nil {
		t.Error(err)
	}
	all.Wait()
	sum := holds(t, recs[0], target)
	for _, a := range recs[0].Agents {
		if a.Lost != "" || a.Sent != 250 {
			t.Errorf("%+v", a)
		}
	}
	if sum.Sent != 500 || sum.Success != 500 || len(recs[0].Events) > 0 {
		t.Errorf("%+v, events %+v", sum.Outcomes, recs[0].Events)
	}
	if len(known) < 8 || len(stored) < 16 {
		t.Fatalf("%d and %d messages were sent again: too few", len(known), len(stored))
	}
	for range len(known) {
		if !<-known {
			t.Error("the broker did not know a message by its id")
			break
		}
	}
	for range len(stored) {
		if <-stored {
			t.Error("the broker dropped what the test needs stored")
			break
		}
	}
}
