package rawhttp

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// handshake is the beginning of a session. It runs in a goroutine of its own, because the
// arithmetic of one takes as long as dozens of requests. The goroutine waits for the loop's epoll,
// which reports the events of the socket to it.
type handshake struct {
	// slots is full while as many handshakes compute as may: the loops need processors too.
	slots chan struct{}
	// queued says that it waits for its turn to compute, waited is for how long it has, in nanoseconds.
	queued atomic.Bool
	waited atomic.Int64
	events chan struct{} // holds one while the socket may have changed
	owner  atomic.Int32
	gone   chan struct{} // closed when nobody waits for it any more
}

// Who closes the socket: the loop, unless the connection was dropped during the handshake.
const (
	ownedByBoth int32 = iota
	ownedByLoop
	ownedByGoroutine
)

var errAbandoned = errors.New("the connection was dropped during its handshake")

func newHandshake(slots chan struct{}) *handshake {
	return &handshake{slots: slots, events: make(chan struct{}, 1), gone: make(chan struct{})}
}

// run makes the handshake of a session. mine says that the loop still wants the connection;
// otherwise its socket is closed.
func (h *handshake) run(s *session) (wanted bool, err error) {
	h.enter()
	err = s.Handshake()
	<-h.slots
	if !h.owner.CompareAndSwap(ownedByBoth, ownedByLoop) {
		unix.Close(s.below.fd)
		return false, errAbandoned
	}
	return true, err
}

// enter returns when it is the handshake's turn to compute.
func (h *handshake) enter() {
	began := time.Now()
	h.queued.Store(true)
	h.slots <- struct{}{}
	h.waited.Add(int64(time.Since(began)))
	h.queued.Store(false)
}

// heldUp reports that the handshake waits for its turn to compute, or has waited for longer than a
// time since that was last asked.
func (h *handshake) heldUp(least time.Duration) bool {
	return h.queued.Load() || h.waited.Swap(0) > int64(least)
}

// abandon gives the socket to the goroutine, which closes it. It reports false if the handshake is
// over: the socket is the loop's then.
func (h *handshake) abandon() bool {
	if !h.owner.CompareAndSwap(ownedByBoth, ownedByGoroutine) {
		return false
	}
	close(h.gone)
	return true
}

// note tells the goroutine that the socket had an event.
func (h *handshake) note() {
	select {
	case h.events <- struct{}{}:
	default:
	}
}

// await returns after the next event. Others may compute meanwhile.
func (h *handshake) await() error {
	<-h.slots
	defer h.enter()
	select {
	case <-h.events:
		return nil
	case <-h.gone:
		return errAbandoned
	}
}

func (h *handshake) read(fd int, p []byte) (int, error) {
	for {
		n, err := unix.Read(fd, p)
		switch {
		case err == unix.EAGAIN:
			if err := h.await(); err != nil {
				return 0, err
			}
		case err == unix.EINTR:
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

func (h *handshake) write(fd int, p []byte) (sent int, err error) {
	for sent < len(p) {
		n, errno := send(fd, p[sent:])
		switch {
		case errno == unix.EAGAIN:
			if err := h.await(); err != nil {
				return sent, err
			}
		case errno != 0:
			return sent, errno
		}
		sent += n
	}
	return sent, nil
}
