package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// How long the program may take to end once it must not finish: at rest it has written
// the file that it was at, at leave it goes, whatever still holds it.
const (
	rest  = 400 * time.Millisecond
	leave = 800 * time.Millisecond
)

// interrupts are how signals, and readers of our output that went away, end the program.
// A command with a load or a lab to bring to its end ([interrupts.orderly]) is asked to
// by the first and told by the second; any other is told by the first. Whoever was told
// has ended within [leave]. One more signal ends the program at once.
type interrupts struct {
	stderr  io.Writer
	exit    func(code int)
	count   atomic.Int32
	drains  atomic.Bool
	drained chan struct{} // closed when the program was asked

	told   context.Context // ends when it was told
	tell   context.CancelFunc
	last   context.Context // ends [rest] later
	finish context.CancelFunc
}

func newInterrupts(stderr io.Writer, exit func(int)) *interrupts {
	in := &interrupts{stderr: stderr, exit: exit, drained: make(chan struct{})}
	in.told, in.tell = context.WithCancel(context.Background())
	in.last, in.finish = context.WithCancel(context.Background())
	return in
}

// watch takes signals until the program ends.
func (in *interrupts) watch(signals <-chan os.Signal) {
	for {
		select {
		case <-in.last.Done():
			return
		case <-signals:
			in.next()
		}
	}
}

// stop ends watch.
func (in *interrupts) stop() {
	in.tell()
	in.finish()
}

// next is one more signal. What it does comes before what it says: nobody may be
// reading.
func (in *interrupts) next() {
	n := in.count.Add(1)
	if n == 1 {
		close(in.drained)
	}
	switch orderly := in.drains.Load(); {
	case n == 1 && orderly:
		go fmt.Fprintln(in.stderr, "\ninterrupted: ending in order; interrupt again to leave at once")
	case n == 1, n == 2 && orderly:
		in.tell()
		time.AfterFunc(rest, in.finish)
		time.AfterFunc(leave, func() { in.exit(exitInterrupted) })
	default:
		in.exit(exitInterrupted)
	}
}

// lost is called when nobody reads our output any more. A load that nobody follows is
// brought to its end; what only prints notices by itself, and may have files to write.
func (in *interrupts) lost() {
	if in.drains.Load() && in.count.Load() == 0 {
		in.next()
	}
}

// hurry says that nothing needs to be brought to an end, as at the beginning.
func (in *interrupts) hurry() { in.drains.Store(false) }

// orderly says that there is something to bring to an end from now on, and returns the
// channel that is closed when it is time to.
func (in *interrupts) orderly() <-chan struct{} {
	in.drains.Store(true)
	return in.drained
}

// asked reports that the program was interrupted.
func (in *interrupts) asked() bool { return in.count.Load() > 0 }
