// Package nethttp is the engine on net/http. Each start of the plan is a client in a
// goroutine of its own, with its own cookies and connections, who sends the requests of
// its pass in order and reports them.
//
// # One request is sent once
//
// [http.Transport] repeats an idempotent request in silence when a kept-alive
// connection turns out dead. Here every request goes over an [http.ClientConn],
// which does not. A request is taken to another connection only where not one byte
// of it had left; where one had, it failed, and the reason says so.
//
// # When an answer was there
//
// Connections are read through recvmsg, below TLS, so that every answer carries the
// kernel's word for its arrival (package attack/kerneltime). Three kinds go by our own clock:
// those over HTTP/2, whose one connection holds the frames of many answers and whose
// last read need not be theirs; those that end with their connection; and whatever
// the kernel leaves unstamped, as it does on unix sockets.
//
// # What is not done behind the user's back
//
// Bodies are not compressed unless a request asks for it, and then they are counted as
// they came and judged by what they decode to ([attack.Judge]), after they were timed. Proxies of the environment (HTTP_PROXY) are not used:
// they would be measured along. TLS sessions are not resumed: every client is new.
package nethttp

import (
	"context"
	"fmt"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/kerneltime"
)

// Name is the engine's name.
const Name = "nethttp"

// Options are an engine's settings that no job has.
type Options struct {
	// UserAgent is sent by requests that set none; "" is [wire.UserAgent].
	UserAgent string
}

// Engine sends requests with net/http.
type Engine struct{ userAgent string }

var _ attack.Engine = (*Engine)(nil)

// New makes an engine. It may run several jobs, also at the same time.
func New(o Options) *Engine {
	return &Engine{userAgent: o.UserAgent}
}

// Name implements [attack.Engine].
func (e *Engine) Name() string { return Name }

// Run implements [attack.Engine]. A job with a request that cannot be built is an
// error before anything is sent, and so is a closed load of more clients than this
// process may open files.
func (e *Engine) Run(ctx context.Context, job attack.Job, m *attack.Meter) error {
	defer kerneltime.Keep()()
	g, err := e.newLeg(ctx, job, m)
	if err != nil {
		return fmt.Errorf("%s: %w", Name, err)
	}
	defer g.close()
	g.run()
	return nil
}
