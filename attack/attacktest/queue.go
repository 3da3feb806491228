package attacktest

import (
	"net"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/kerneltime"
	"github.com/stress-tool/stress/runlog"
)

// queueCases are about the kernel's word for the arrival of an answer, and about
// what an answer waits for afterwards. Where the kernel stamps nothing they hold
// nothing.
var queueCases = map[string]func(*testing.T, suite){
	"answers are stamped by the kernel": func(t *testing.T, s suite) {
		srv := s.bare(t, answers(ok))
		stamped(t, func() leg {
			l := s.loop(t, 3, 20, attack.Job{Target: srv.url, Requests: get("/1", "/2")})
			l.all(t, runlog.Success, l.Sent)
			return l
		})
	},

	"and so are those that come in pieces": func(t *testing.T, s suite) {
		srv := s.bare(t, func(p *peer) {
			for p.request() != nil {
				for _, part := range []string{"HTTP/1.1 200 OK\r\nTransfer-", "Encoding: chunked\r\n\r\n2\r\nok\r", "\n0\r\n\r\n"} {
					time.Sleep(time.Millisecond)
					p.say(part)
				}
			}
		})
		stamped(t, func() leg {
			l := s.run(t, attack.Job{Plan: clients(t, 10, 50*time.Millisecond), Target: srv.url, Requests: get("/1", "/2")})
			l.all(t, runlog.Success, 20)
			for _, o := range l.outcomes {
				if o.Done-o.Sent < 3*time.Millisecond {
					t.Errorf("service time %v: the last piece took longer", o.Done-o.Sent)
				}
			}
			return l
		})
	},

	// All answers are sent at once while every processor of this program is busy: what
	// they then wait for is the generator's queue and not the target's time. A machine
	// may be too busy to show it at once; an engine that goes by its own clock never
	// shows it.
	"the generator's own queue is not the target's time": func(t *testing.T, s suite) {
		if !kernelStamps(t) {
			return
		}
		var queue, answered time.Duration
		for range 10 {
			if queue, answered = s.kept(t, 20); queue > answered {
				return
			}
		}
		t.Errorf("half of the answers waited for %v to be read, and took %v to arrive", queue, answered)
	},
}

// stamped requires of some leg that the kernel stamped all but a few answers. The
// system begins to stamp a moment after it was first asked.
func stamped(t *testing.T, run func() leg) {
	t.Helper()
	var l leg
	for range 10 {
		if l = run(); !kernelStamps(t) {
			return
		}
		n := 0
		for _, o := range l.outcomes {
			if o.Stamped {
				n++
			}
		}
		var stored uint64
		for _, sec := range l.seconds {
			stored += sec.Stamped
		}
		if stored != uint64(n) {
			t.Fatalf("%d answers are stamped, %d are stored as such", n, stored)
		}
		if 10*n > 9*len(l.outcomes) {
			return
		}
	}
	t.Errorf("of %d answers the kernel stamped fewer than nine in ten", len(l.outcomes))
}

// kept answers n clients at once, keeps the engine from reading, and returns the
// medians of how long the answers took to arrive and waited to be read.
func (s suite) kept(t *testing.T, n int) (queue, answered time.Duration) {
	waiting, free := make(chan *peer, n), make(chan struct{})
	srv := s.bare(t, func(p *peer) {
		p.request()
		waiting <- p
		select {
		case <-free:
		case <-t.Context().Done():
		}
	})
	var wrote time.Time
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(free)
		var peers []*peer
		for range n {
			select {
			case p := <-waiting:
				peers = append(peers, p)
			case <-t.Context().Done():
				return
			}
		}
		var busy sync.WaitGroup
		defer busy.Wait()
		for range runtime.GOMAXPROCS(0) - 1 {
			busy.Go(func() { burn(50 * time.Millisecond) })
		}
		wrote = time.Now()
		for _, p := range peers {
			p.say(ok)
		}
		burn(50 * time.Millisecond)
	})
	l := s.run(t, attack.Job{Plan: clients(t, n, 20*time.Millisecond), Target: srv.url, Requests: get("/")})
	wg.Wait()
	l.all(t, runlog.Success, uint64(n))
	var queues, arrivals []time.Duration
	for _, o := range l.outcomes {
		if o.Stamped {
			queues = append(queues, o.Read-o.Done)
		} else {
			queues = append(queues, 0)
		}
		arrivals = append(arrivals, l.start.Add(o.Done).Sub(wrote))
	}
	slices.Sort(queues)
	slices.Sort(arrivals)
	return queues[n/2], arrivals[n/2]
}

// burn keeps a processor busy.
func burn(d time.Duration) {
	for began := time.Now(); time.Since(began) < d; {
	}
}

// kernelStamps reports that this system's kernel stamps what TCP sockets receive.
func kernelStamps(t *testing.T) bool {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	raw, err := l.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var enabled error
	if err := raw.Control(func(fd uintptr) { enabled = kerneltime.Enable(int(fd)) }); err != nil {
		t.Fatal(err)
	}
	return enabled == nil
}
