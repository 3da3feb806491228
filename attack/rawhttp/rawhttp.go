// Package rawhttp is the engine on the system calls themselves: plain HTTP/1.1 over
// TCP and unix sockets, on Linux. TLS, HTTP/2 and other systems are nethttp's.
//
// # Why
//
// What a generator spends on a request it takes from what it can measure: a client
// that is busy books its own queue as the target's time. net/http spends five times
// what the kernel needs for a request; most of that is goroutines that wake each
// other, and garbage.
//
// # One thread, one loop
//
// A loop owns its thread, an epoll instance, and every n-th client with all its
// connections; nothing is shared between loops but the meter. Sockets do not block,
// so the calls on them need not tell the scheduler. Requests are bytes made before
// the load, answers are read into one buffer and parsed where they lie. In steady
// state nothing is allocated for a request.
//
// How many loops: one per ClientsPerLoop clients of a closed load, one per
// StartsPerLoop requests per second of an open one, at most as many as there are
// processors. A loop more than needed is no gain: it takes a processor from the
// target, or from the next loop.
//
// # What is like nethttp, and what is not
//
// What goes on the wire, where redirects lead and what failures are called is shared
// ([wire]), and so is where connections lead ([route]); the conformance suite holds both
// engines to the rest. One thing differs: a redirect to https is a failure that says so.
package rawhttp

import (
	"context"
	"fmt"

	"github.com/stress-tool/stress/attack"
)

// Name is the engine's name.
const Name = "rawhttp"

// The load of one loop.
const (
	ClientsPerLoop = 2_000  // of a closed load, at its peak
	StartsPerLoop  = 50_000 // requests per second of an open load, at its peak
)

// Options are an engine's settings that no job has.
type Options struct {
	// UserAgent is sent by requests that set none; "" is [wire.UserAgent].
	UserAgent string
}

// Engine sends requests over sockets of its own.
type Engine struct{ userAgent string }

var _ attack.Engine = (*Engine)(nil)

// New makes an engine; on a system where it is not [Available] every job is an
// error. It may run several jobs, also at the same time.
func New(o Options) *Engine { return &Engine{userAgent: o.UserAgent} }

// Name implements [attack.Engine].
func (e *Engine) Name() string { return Name }

// Run implements [attack.Engine]. A job with a request that cannot be built, or that
// needs TLS, is an error before anything is sent, and so is a closed load of more
// clients than this process may open files.
func (e *Engine) Run(ctx context.Context, job attack.Job, m *attack.Meter) error {
	if err := e.run(ctx, job, m); err != nil {
		return fmt.Errorf("%s: %w", Name, err)
	}
	return nil
}
