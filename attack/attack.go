// Package attack is doing it: what a request is, what counts as success, what
// became of it, and what every engine must do. Engines live below it
// ([github.com/stress-tool/stress/attack/nethttp]); one conformance suite
// ([github.com/stress-tool/stress/attack/attacktest]) holds them all to the same
// behaviour.
//
// # The three instants
//
// due comes from the plan, never from an engine. sent is stamped immediately
// before the engine begins the exchange, opening a connection included, so that
// waiting for the target is never booked as the generator's lateness. done is when
// the last byte of the response reached the socket: by the kernel's receive
// timestamp where there is one, else by our own clock once it has been read. What
// lies between the two, read − done, is the generator's own queue, which every
// other tool books as the target's. Response time is
// done − due, service time done − sent, lag sent − due. In a closed load due is
// the instant the client became ready, so the two times differ by the lag alone,
// and a reader is told that the figure is a service time.
package attack

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// Engine sends the requests of a job.
type Engine interface {
	// Name is how scenarios, manifests and reports call the engine.
	Name() string
	// Run performs the job and reports every request to m: [Meter.Sent] when it is
	// sent, [Meter.Done] once when it ended. It returns when the plan is over and
	// nothing is in flight. When m is told to drain it starts nothing more and
	// waits for the answers; when ctx ends it cuts them, reporting runlog.Cut.
	// An error means the engine could not work, not that requests failed.
	Run(ctx context.Context, job Job, m *Meter) error
}

// Connections says how clients of an open load share connections.
type Connections string

// How connections are shared.
const (
	PerClient Connections = "per-client" // each client opens its own, as loader.io's do
	Shared    Connections = "shared"     // one pool for all
)

// Pacing says how closely an engine keeps to the instants of an open load.
type Pacing string

// The kinds of pacing.
const (
	// Precise wakes for every request that is due.
	Precise Pacing = "precise"
	// Batch wakes once a [Tick] and sends what has become due meanwhile, which takes
	// less processor time and adds up to a tick of lag.
	Batch Pacing = "batch"
)

// Tick is how often a batch is sent. Ticks count from the leg's start.
const Tick = time.Millisecond

// At is when what is due is to be sent: then, or at the first tick that does not come
// before.
func (p Pacing) At(due time.Duration) time.Duration {
	if p != Batch {
		return due
	}
	return due + (Tick-due%Tick)%Tick
}

// Settings are how a load is put on, beside its plan and the same for every target: scenarios
// read them, engines do them. In JSON they are called as in scenarios, where a duration is a
// text, and Timeout is left to whoever writes one.
type Settings struct {
	// Timeout is the longest a request may go without any data, as in loader.io. A
	// response that drips is cut off at TotalTimeouts × Timeout. It is also how long
	// after the plan's end an open load may still send what is owed, see [Job.Dropped].
	Timeout time.Duration `json:"-"`
	// Connections is how clients of an open load share connections. Those of a closed load
	// always keep their own.
	Connections Connections `json:"connections,omitempty"`
	// MaxConnections bounds a shared pool; 0 is DefaultMaxConnections.
	MaxConnections int `json:"max_connections,omitempty"`
	// Pacing is how closely an open load keeps to its instants; "" is Precise.
	Pacing Pacing `json:"pacing,omitempty"`
	// LocalAddresses are where connections start from, in turn; empty leaves it to the
	// kernel. Each has its own ports, so several allow more connections to one target.
	LocalAddresses []netip.Addr `json:"local_addresses,omitempty"`
}

// Job is one leg's work.
type Job struct {
	Plan plan.Plan
	// Target is the base address; request paths are resolved against it.
	Target *url.URL
	// Socket, when not empty, is a unix socket to dial instead of Target's host.
	Socket string
	// Routes knows the addresses that may be dialled; nil allows private ones.
	Routes *route.Table
	// ConnectTo is dialled in place of Target's host and port, host:port each, in turn; empty
	// is Target's own.
	ConnectTo []string
	// Requests is one pass, in order; never empty.
	Requests []Request
	Settings
	// Proxy is what every connection goes through, by http:// or socks5://; nil is none. The
	// environment's proxies are never used.
	Proxy *url.URL
	// Insecure skips the verification of TLS certificates.
	Insecure bool
	// Roots are who may sign them; nil is the system's.
	Roots *x509.CertPool
	// ServerName is asked for, and must be certified, in place of Target's host; "" is that.
	ServerName string
	// Certificate is shown to Target, and to no other origin; nil is none.
	Certificate *tls.Certificate
	// HTTP2 allows HTTP/2 over TLS.
	HTTP2 bool
	// HostFrom says where answers name the host that gave them.
	HostFrom HostFrom
	// MayFollow decides on every redirect's destination; nil allows the target's
	// own host only.
	MayFollow func(*url.URL) error
}

// Hop is how the origin of a request is reached.
func (j *Job) Hop(o route.Origin) route.Hop {
	h := route.Hop{Origin: o}
	if len(j.ConnectTo) > 0 && o == route.OriginOf(j.Target) {
		h.To = strings.Join(j.ConnectTo, ",")
	}
	return h
}

func (j *Job) proxyHop() route.Hop {
	return route.Hop{Origin: route.Origin{Scheme: "http", Address: route.OriginOf(j.Proxy).Address}}
}

// Ask waits until it is known whether the job may load an origin, by way of its proxy if it has
// one; the error says why not.
func (j *Job) Ask(ctx context.Context, o route.Origin) error {
	err := j.Routes.Ask(ctx, j.Hop(o))
	if err == nil && j.Proxy != nil {
		err = j.Routes.Ask(ctx, j.proxyHop())
	}
	return err
}

// Dial opens a connection for requests to an origin, or to the proxy that will take them
// there; not for a [Job.Socket]. What a proxy is asked for is judged here first: where it
// then leads is for the proxy's own resolver to say.
func (j *Job) Dial(ctx context.Context, o route.Origin, dial func(context.Context, netip.AddrPort) (net.Conn, error)) (net.Conn, netip.AddrPort, error) {
	hop := j.Hop(o)
	if j.Proxy != nil {
		if err := j.Routes.Permit(ctx, hop); err != nil {
			return nil, netip.AddrPort{}, err
		}
		hop = j.proxyHop()
	}
	return j.Routes.Dial(ctx, hop, dial)
}

// Dropped reports that a request of an open load is not to be sent any more, nor what
// would follow it in its pass: it waited for the generator for Timeout, and that long
// after the plan's end. A load that a generator cannot make would else go on until the
// last request is out, and the target have it many times as long as was asked for.
func (j *Job) Dropped(due, now time.Duration) bool {
	return j.Plan.Open() && now-max(due, j.Plan.Duration()) >= j.Timeout
}

// Limits that a job does not set.
const (
	TotalTimeouts         = 6
	DefaultMaxConnections = 10_000
)

// MostTimeout is the longest [Job.Timeout]: TotalTimeouts of it are the longest time that
// is recorded.
const MostTimeout = hist.Max / TotalTimeouts

// Request is one request of a pass.
type Request struct {
	// Name is how reports call it; the method and path when the user gave none.
	Name   string
	Method string
	// Path is a path and query, or an absolute URL, resolved against the target.
	Path   string
	Header http.Header
	// Secret names the headers, in canonical form, whose values only the target may see;
	// those whose names say so need not stand in it.
	Secret []string
	Body   []byte
	// User and Password are HTTP basic authentication; User "" is none.
	User, Password string
	// Follow is how many redirects may be followed; 0 takes them as the answer. A
	// chain counts as one request.
	Follow int
	Expect Expect
}

// Outcome is what became of one request. All instants count from the leg's start.
type Outcome struct {
	// Client and Request say who sent what: the client's number in the plan and the
	// index in Job.Requests.
	Client  uint64
	Request int
	Due     time.Duration
	Sent    time.Duration
	Done    time.Duration
	// Read is when the engine had read the last byte, where Stamped says that Done
	// is the kernel's word for its arrival; else Read means nothing.
	Read    time.Duration
	Stamped bool
	// Waited says that it was due before one of the job's MaxConnections was free.
	Waited bool
	// Own says that a limit of the generator's own made it fail: no free local port, too
	// many open files.
	Own   bool
	Class runlog.Class
	// Status is 0 when no response arrived.
	Status int
	// Reason says in a few words why it was no success: "connection refused",
	// "body does not contain …"; empty for a success.
	Reason string
	// Excerpt is the beginning of a failed response's body, at most ExcerptSize.
	Excerpt []byte
	// BytesSent and BytesReceived count heads and bodies, redirect hops included.
	BytesSent, BytesReceived int64
	// Connect is how long opening a connection took, 0 when one was reused.
	Connect time.Duration
	// Address is where the answer came from; the zero value without one, and for unix
	// sockets.
	Address netip.AddrPort
	// Host is the one that the answer names by the job's HostFrom, as [Meter.Host] numbers
	// it; 0 is none.
	Host Host
	// Nth numbers the answer among those of its connection, as [Connection.Count] does.
	Nth       Nth
	Redirects int
}

// ExcerptSize is how much of a failed response's body is kept, in bytes.
const ExcerptSize = 512
