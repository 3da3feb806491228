// Package rawhttp is the engine that uses system calls directly: HTTP/1.1 over TCP and unix
// sockets, with TLS and without, on Linux. For HTTP/2, proxies and other systems there is package
// nethttp.
//
// # Why
//
// The processor time that a generator spends on a request limits what it can measure: a busy
// client adds its own queue to the target's time. net/http spends five times what the kernel
// needs for a request. Most of that goes to goroutines that wake each other, and to garbage.
//
// # One thread, one loop
//
// A loop owns its thread, an epoll instance, and every n-th client with all its connections.
// Loops share only the meter. Sockets do not block, so Go's scheduler need not know of the calls
// on them. Requests are encoded before the load; answers are read into one buffer and parsed in
// place. In steady state a request allocates nothing.
//
// There is one loop per clientsPerLoop clients of a closed load, or per requestsPerLoop requests
// per second of an open one, and at most one per processor. More loops gain nothing: each takes
// a processor from the target, or from another loop.
//
// # TLS
//
// A goroutine of its own makes the handshake of a connection, because its arithmetic takes as long
// as dozens of requests. Then crypto/tls reads and writes on the loop: below it is a connection
// that returns a temporary error when the socket has nothing, and crypto/tls keeps what it has of a
// record until the next read. An answer arrived when the kernel received the last segment of its
// last record; the time to decrypt it is in the queue, and not in the service time.
//
// # What is shared with nethttp
//
// Both engines share the bytes of requests, the rules for redirects, the settings of TLS and the
// names of failures (package wire), and the destinations of connections (package route). The
// conformance suite tests the rest.
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
	clientsPerLoop  = 2_000  // of a closed load, at its peak
	requestsPerLoop = 50_000 // requests per second of an open load, at its peak
)

// Options are an engine's settings that no job has.
type Options struct {
	// UserAgent is the User-Agent of requests that set none; "" is "stress".
	UserAgent string
}

// Engine sends requests with system calls. Use [New].
type Engine struct{ userAgent string }

var _ attack.Engine = (*Engine)(nil)

// New makes an engine. It may run several jobs, also at the same time. Where it is not
// [Available], every job is an error.
func New(o Options) *Engine { return &Engine{userAgent: o.UserAgent} }

// Name implements [attack.Engine].
func (e *Engine) Name() string { return Name }

// Run implements [attack.Engine]. These jobs are errors before anything is sent: a request that
// cannot be built, a proxy, HTTP/2, and a closed load of more clients than this process may open
// files.
func (e *Engine) Run(ctx context.Context, job attack.Job, m *attack.Meter) error {
	if err := e.run(ctx, job, m); err != nil {
		return fmt.Errorf("%s: %w", Name, err)
	}
	return nil
}
