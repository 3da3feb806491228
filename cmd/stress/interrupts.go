package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// A command that was interrupted has writeGrace to finish the file that it writes. After
// exitGrace the program ends, whatever still runs.
const (
	writeGrace = 400 * time.Millisecond
	exitGrace  = 800 * time.Millisecond
)

// interrupts says how signals, and readers of our output that went away, end the program. A
// command with a load or a lab ([interrupts.endInOrder]) is asked to end by the first signal,
// and its context ends with the second. The context of any other command ends with the first.
// Once its context has ended, the program ends within [exitGrace]. One more signal ends it at
// once.
type interrupts struct {
	stderr  io.Writer
	exit    func(code int)
	count   atomic.Int32  // signals so far
	orderly atomic.Bool   // the first signal leaves the context alone
	first   chan struct{} // closed by the first signal

	ctx         context.Context // of the command
	cancel      context.CancelFunc
	writing     context.Context // ends [writeGrace] after ctx
	stopWriting context.CancelFunc
}

func newInterrupts(stderr io.Writer, exit func(int)) *interrupts {
	in := &interrupts{stderr: stderr, exit: exit, first: make(chan struct{})}
	in.ctx, in.cancel = context.WithCancel(context.Background())
	in.writing, in.stopWriting = context.WithCancel(context.Background())
	return in
}

// watch takes signals until the program ends.
func (in *interrupts) watch(signals <-chan os.Signal) {
	for {
		select {
		case <-in.writing.Done():
			return
		case <-signals:
			in.next()
		}
	}
}

// stop ends watch.
func (in *interrupts) stop() {
	in.cancel()
	in.stopWriting()
}

// next is called for each signal. It acts before it prints: there may be no reader.
func (in *interrupts) next() {
	n := in.count.Add(1)
	if n == 1 {
		close(in.first)
	}
	switch orderly := in.orderly.Load(); {
	case n == 1 && orderly:
		go fmt.Fprintln(in.stderr, "\ninterrupted: ending in order; interrupt again to leave at once")
	case n == 1, n == 2 && orderly:
		in.cancel()
		time.AfterFunc(writeGrace, in.stopWriting)
		time.AfterFunc(exitGrace, func() { in.exit(exitInterrupted) })
	default:
		in.exit(exitInterrupted)
	}
}

// readerGone is called when a reader of our output went away. It ends a load in order. A
// command that only prints notices by itself, and may have files to write.
func (in *interrupts) readerGone() {
	if in.orderly.Load() && in.count.Load() == 0 {
		in.next()
	}
}

// endAtOnce makes the first signal end the context of the command, as at the beginning.
func (in *interrupts) endAtOnce() { in.orderly.Store(false) }

// endInOrder makes the first signal close the channel that it returns, and leave the context
// of the command alone.
func (in *interrupts) endInOrder() <-chan struct{} {
	in.orderly.Store(true)
	return in.first
}

// interrupted reports that the program was interrupted.
func (in *interrupts) interrupted() bool { return in.count.Load() > 0 }
