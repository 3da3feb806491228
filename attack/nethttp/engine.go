// Package nethttp is the engine that uses net/http. Each start of the plan is a client in a
// goroutine of its own, with its own cookies and connections. It sends the requests of its pass in
// order and reports each.
//
// # One request is sent once
//
// [http.Transport] silently repeats an idempotent request when a kept-alive connection turns out
// to be closed. Here every request goes over an [http.ClientConn], which does not. A request is
// sent on another connection only if no byte of it had been sent; otherwise it has failed, and its
// reason says so.
//
// # When an answer has arrived
//
// Connections are read with recvmsg, below TLS, so that the kernel's timestamp of an answer is
// known (package attack/kerneltime). Three kinds of answers are timed by our own clock instead:
// answers over HTTP/2, because the last read of a shared connection may belong to another answer;
// answers that end with their connection; and answers without a timestamp, such as those over unix
// sockets.
//
// # What is not done behind the user's back
//
// Bodies are compressed only if a request asks for it. They are then counted as they arrive, and
// decoded and judged ([attack.Judge]) after they were timed. The proxies of the environment
// (HTTP_PROXY) are not used: their time would be measured, too. TLS sessions are not resumed:
// every client is a new one.
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
	// UserAgent is the User-Agent of requests that set none; "" is "stress".
	UserAgent string
}

// Engine sends requests with net/http. Use [New].
type Engine struct{ userAgent string }

var _ attack.Engine = (*Engine)(nil)

// New makes an engine. It may run several jobs, also at the same time.
func New(o Options) *Engine {
	return &Engine{userAgent: o.UserAgent}
}

// Name implements [attack.Engine].
func (e *Engine) Name() string { return Name }

// Run implements [attack.Engine]. These jobs are errors before anything is sent: a request that
// cannot be built, and a closed load of more clients than this process may open files.
func (e *Engine) Run(ctx context.Context, job attack.Job, m *attack.Meter) error {
	defer kerneltime.KeepStamping()()
	g, err := e.newLeg(ctx, job, m)
	if err != nil {
		return fmt.Errorf("%s: %w", Name, err)
	}
	defer g.close()
	g.run()
	return nil
}
