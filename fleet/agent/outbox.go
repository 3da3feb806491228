package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/claim"
	fleet "github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// outbox is the [attack.Sink] of a part. It keeps each second until the broker has it, and the load never
// waits for that.
type outbox struct {
	leg      *leg
	mu       sync.Mutex
	failures []runlog.Failure // since the last second
	seconds  int
	waiting  atomic.Int64 // bytes in queue
	queue    chan letter
	sent     chan struct{} // closed when the broker has all
}

// letter is a message for the stream of the run, under its own subject.
type letter struct {
	subject string
	body    []byte
}

// An agent without its lease puts on no load, and so makes no more letters. So many, and so many bytes of them, wait for
// a broker that renews leases and takes no letters, as one whose disk is full may.
const (
	mostLetters = 1 << 16
	mostWaiting = 64 << 20
)

func newOutbox(ctx context.Context, l *leg) *outbox {
	o := &outbox{leg: l, queue: make(chan letter, mostLetters), sent: make(chan struct{})}
	go o.deliver(context.WithoutCancel(ctx))
	return o
}

var errFull = fmt.Errorf("the broker does not take what this agent measures, and %d MiB of it wait: look whether its disk is full", mostWaiting>>20)

func (o *outbox) put(subject string, body []byte, err error) error {
	if err != nil {
		return err
	}
	size := int64(len(body))
	if o.waiting.Add(size) <= mostWaiting {
		select {
		case o.queue <- letter{subject, body}:
			return nil
		default:
		}
	}
	o.waiting.Add(-size)
	return errFull
}

// Second implements [attack.Sink].
func (o *outbox) Second(s runlog.Second, ivs ...hist.Interval) error {
	o.mu.Lock()
	fs := o.failures
	o.failures = nil
	o.mu.Unlock()
	r, err := fleet.NewRecord(s, ivs, fs)
	if err != nil {
		return err
	}
	body, err := fleet.Encode(r)
	if err := o.put(fleet.SecondSubject(o.leg.run, o.leg.number, o.leg.agent.Name, s.T), body, err); err != nil {
		return err
	}
	o.seconds++
	return nil
}

// Failure implements [attack.Sink].
func (o *outbox) Failure(f runlog.Failure) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failures = append(o.failures, f)
	return nil
}

// Event implements [attack.Sink]. Why a part was stopped is in its end.
func (o *outbox) Event(runlog.Event) error { return nil }

// end sends the end of the part, and returns when the broker has all of it, or the agent ends.
func (o *outbox) end(t attack.Totals, own bool) {
	pages := o.pages(t.Named)
	e := fleet.NewEnd(t, o.seconds, pages)
	e.Own = own
	body, err := fleet.Encode(e)
	if err == nil {
		_ = o.put(fleet.EndSubject(o.leg.run, o.leg.number, o.leg.agent.Name), body, nil)
	}
	close(o.queue)
	<-o.sent
}

// pages sends what became of named requests, and returns in how many messages.
func (o *outbox) pages(named *claim.Outcomes) (n int) {
	if named == nil {
		return 0
	}
	var some fleet.Pages
	flush := func() {
		if len(some.Pages) > 0 {
			body, err := fleet.Encode(some)
			_ = o.put(fleet.PageSubject(o.leg.run, o.leg.number, o.leg.agent.Name, n), body, err)
			some.Pages, n = nil, n+1
		}
	}
	for at, piece := range named.Pages() {
		if some.Pages = append(some.Pages, fleet.Page{At: at, Piece: piece}); len(some.Pages) == fleet.PerMessage {
			flush()
		}
	}
	flush()
	return n
}

// patience is how long a letter waits for a broker that does not answer, and farewell how long an agent that
// is to end does.
const (
	patience = 10 * time.Minute
	farewell = 5 * time.Second
)

// deliver gives the broker one letter after the other, each again and again until it has it. The broker knows
// by its id one that it has already.
func (o *outbox) deliver(ctx context.Context) {
	defer close(o.sent)
	for l := range o.queue {
		o.waiting.Add(-int64(len(l.body)))
		for began := time.Now(); ; {
			asked, cancel := context.WithTimeout(ctx, fleet.TTL)
			_, err := o.leg.agent.js.Publish(asked, l.subject, l.body, jetstream.WithMsgID(l.subject))
			cancel()
			if err == nil {
				break
			}
			gone := errors.Is(err, jetstream.ErrNoStreamResponse) && !o.leg.current() // the run is over, and nobody wants it
			if gone || time.Since(began) > patience || o.leg.agent.endedFor() > farewell {
				break
			}
			time.Sleep(fleet.Renew / 2)
		}
	}
}

// current reports that the agent still works for the run.
func (l *leg) current() bool {
	l.agent.mu.Lock()
	defer l.agent.mu.Unlock()
	return l.agent.work == l.work
}
