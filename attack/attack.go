// Package attack puts a load on a target: requests, what counts as their success, their outcomes, and
// the contract of engines. The engines are in packages below, such as
// [github.com/stress-tool/stress/attack/nethttp]. One conformance suite,
// [github.com/stress-tool/stress/attack/attacktest], tests them all for the same behaviour.
//
// # The three instants
//
// due comes from the plan, never from an engine. sent is taken immediately before the engine begins the
// exchange, which includes opening a connection: a wait for the target never counts as lateness of the
// generator. done is when the last byte of the response reached the socket: the kernel's receive
// timestamp if there is one, and else our own clock after the byte was read. read is when the engine had
// read it; read − done is the generator's own queue, which other tools add to the target's time.
//
// Response time is done − due, service time done − sent, lag sent − due. In a closed load a request is
// due when its client became ready, so response time and service time differ by the lag alone, and
// reports say that the figure is a service time.
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

	"github.com/stress-tool/stress/attack/capture"
	"github.com/stress-tool/stress/attack/claim"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/attack/template"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// Engine sends the requests of a job.
type Engine interface {
	// Name is the engine's name in scenarios, manifests and reports.
	Name() string
	// Run performs the job and reports every request to m: [Meter.Sent] when it is sent,
	// [Meter.Done] once when it has ended. It returns when the plan is over and nothing is in
	// flight. When [Meter.Draining] is closed it starts nothing more and waits for the answers;
	// when ctx ends it ends the requests in flight, as [runlog.Cut]. An error means that the
	// engine could not work, not that requests failed.
	Run(ctx context.Context, job Job, m *Meter) error
}

// Connections says how clients of an open load share connections.
type Connections string

// How connections are shared.
const (
	PerClient Connections = "per-client" // each client opens its own, as at loader.io
	Shared    Connections = "shared"     // all clients use one pool
)

// Pacing says how exactly an engine keeps to the instants of an open load.
type Pacing string

// The kinds of pacing.
const (
	// Precise wakes up for every request that is due.
	Precise Pacing = "precise"
	// Batch wakes up once a [Tick] and sends what has become due since. It takes less processor
	// time and adds up to a tick of lag.
	Batch Pacing = "batch"
)

// Tick is the time between two batches. Ticks count from the leg's start.
const Tick = time.Millisecond

// At returns when to send a request: when it is due, or for Batch at the first tick that is not before.
func (p Pacing) At(due time.Duration) time.Duration {
	if p != Batch {
		return due
	}
	return due + (Tick-due%Tick)%Tick
}

// Settings say how a load is put on, beside its plan. They are the same for every target. Their JSON
// names are those of scenarios. A scenario writes durations as text, so Timeout has no JSON form here.
type Settings struct {
	// Timeout is the longest time that a request may go without data, as at loader.io; above 0.
	// A request ends after TotalTimeouts × Timeout in any case. Timeout is also how long after
	// the plan's end an open load may still send late requests, see [Job.Dropped].
	Timeout time.Duration `json:"-"`
	// Connections says how clients of an open load share connections. Each client of a closed
	// load always has its own.
	Connections Connections `json:"connections,omitempty"`
	// MaxConnections bounds the shared pool; 0 is DefaultMaxConnections.
	MaxConnections int `json:"max_connections,omitempty"`
	// RequestsPerConnection is after how many requests, redirects among them, a client closes a
	// connection and opens another; 0 is no bound. Over HTTP/2 there must be none.
	RequestsPerConnection int `json:"requests_per_connection,omitempty"`
	// NoKeepAlive has every request ask the server to close its connection behind the answer. Over
	// HTTP/2 that cannot be asked for.
	NoKeepAlive bool `json:"-"`
	// Pacing is that of an open load; "" is Precise.
	Pacing Pacing `json:"pacing,omitempty"`
	// Pause is the time between the end of a request and when the next one of its client is due, for
	// requests without a Pause of their own; within a pass, and in a closed load between passes too.
	Pause plan.Pause `json:"pause,omitzero"`
	// NoPauses has no client think, whatever Pause and the requests ask for. No scenario asks for it: a search for a
	// capacity does.
	NoPauses bool `json:"no_pauses,omitempty"`
	// Every is the least time from one pass of a client to the next, in a closed load; 0 is none.
	Every time.Duration `json:"-"`
	// LocalAddresses are the local addresses of connections, in turn; if empty, the kernel
	// chooses. Each has its own ports, so several allow more connections to one target.
	LocalAddresses []netip.Addr `json:"local_addresses,omitempty"`
}

// Job is one leg's work.
type Job struct {
	Plan plan.Plan
	// Target is the base address; request paths are resolved against it.
	Target *url.URL
	// Socket, when not empty, is a unix socket to dial instead of Target's host.
	Socket string
	// Routes holds the addresses that may be dialled; nil allows private ones only.
	Routes *route.Table
	// Host, when not empty, is the Host header of requests to Target's origin that have none of their
	// own: a host, with or without a port. It changes no address, and not the name that TLS asks for.
	Host string
	// ConnectTo is dialled instead of Target's host and port: host:port each, in turn. If empty,
	// Target's own address is dialled.
	ConnectTo []string
	// Requests is one pass, in order, or what a pass is chosen from; never empty.
	Requests []Request
	// Names are those that requests which claim rows are sent with; nil is none.
	Names *claim.Names
	// Values are what requests may name as {{name}}; nil is none.
	Values template.Names
	// Seed is that of random values in requests.
	Seed uint64
	Settings
	// Proxy is the http:// or socks5:// proxy of every connection; nil is none. The proxies of
	// the environment are never used.
	Proxy *url.URL
	// Insecure skips the verification of TLS certificates.
	Insecure bool
	// Roots are the authorities that may sign them; nil is the system's.
	Roots *x509.CertPool
	// ServerName replaces Target's host in TLS: it is sent to the server and must be in its
	// certificate. "" is Target's host.
	ServerName string
	// Certificate is the client certificate, shown to Target's origin only; nil is none.
	Certificate *tls.Certificate
	// MinVersion is the least version of TLS that is accepted; 0 is that of crypto/tls, 1.2.
	MinVersion uint16
	// Resume lets a connection take up the TLS session of an earlier one, whichever client's that
	// was. Without it every connection makes a whole handshake.
	Resume bool
	// HTTP2 allows HTTP/2 over TLS.
	HTTP2 bool
	// HostFrom says where answers name the host that gave them.
	HostFrom HostFrom
	// MaySend reports that load may be put on at an instant of the leg; nil always may. It is asked before
	// each request, and must take no time.
	MaySend func(now time.Duration) bool
	// MayFollow returns why a redirect to a URL must not be followed, nil if it may be. A nil
	// MayFollow allows Target's own host only.
	MayFollow func(*url.URL) error
}

// Turn is a pass of a client, both by their numbers, for the values in its requests.
func (j *Job) Turn(client, pass uint64) template.Turn {
	return template.Turn{Client: client, Pass: pass, Number: j.Plan.Turn(client, pass), Seed: j.Seed}
}

// Hop returns the destination of connections for the requests to an origin.
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

// Resolve waits until the addresses of an origin, and of the proxy if there is one, are known. The
// error says why they must not be loaded, or why they are not known.
func (j *Job) Resolve(ctx context.Context, o route.Origin) error {
	err := j.Routes.Resolve(ctx, j.Hop(o))
	if err == nil && j.Proxy != nil {
		err = j.Routes.Resolve(ctx, j.proxyHop())
	}
	return err
}

// Dial opens a connection for the requests to an origin, or to the proxy. It is not for a [Job.Socket].
// With a proxy it first checks the addresses of the origin as resolved here; the proxy's own resolver
// may return others.
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

// Dropped reports that a request, and the rest of its pass, must not be sent any more: the job may not send
// at all, or in an open load it has waited for the generator for Timeout, and Timeout has passed since the
// plan's end. Otherwise a load that the generator cannot make would go on until the last request is sent, and
// the target would have it many times as long as the user asked for.
func (j *Job) Dropped(due, now time.Duration) bool {
	if j.MaySend != nil && !j.MaySend(now) {
		return true
	}
	return j.Plan.Open() && now-max(due, j.Plan.Duration()) >= j.Timeout
}

// Limits that a job does not set.
const (
	TotalTimeouts         = 6      // the longest time of a request, in Timeouts
	DefaultMaxConnections = 10_000 // of a shared pool
)

// MaxTimeout is the longest Timeout: TotalTimeouts of it are the longest time that is recorded.
const MaxTimeout = hist.Max / TotalTimeouts

// Request is one request of a pass. Its path, the values of its headers, its body, its user and its
// password may hold values that change from pass to pass: see
// [github.com/stress-tool/stress/attack/template]. Those of [Job.Values] are escaped for the place in
// which they stand.
type Request struct {
	// Name is its name in reports; the method and path if the user gave none.
	Name   string
	Method string
	// Path is a path and query, or an absolute URL, resolved against the target.
	Path   string
	Header http.Header
	// Secret names the headers, in canonical form, whose values only the target may see. Headers
	// whose names tell that they are secret need not be in it.
	Secret []string
	Body   []byte
	// Verbatim says that Body is sent as it is, and holds no values.
	Verbatim bool
	// User and Password are for HTTP basic authentication; without a User there is none.
	User, Password string
	// Follow is how many redirects may be followed; with 0 a redirect is the answer. A request
	// and its redirects count as one request.
	Follow int
	Expect Expect
	// Captures are the values that its answer must have for the requests after it, which use them
	// by their names. A success that lacks one is unexpected.
	Captures []capture.Capture
	// Weight is how often a pass is this request, beside the weights of the others; 0 of all is a
	// pass of all requests in order. See [Mixed].
	Weight int
	// Claims is how many rows a success claims to have written.
	Claims int
	// Pause is the pause after it; nil is that of [Settings].
	Pause *plan.Pause
}

// Outcome is the result of one request. All instants count from the leg's start.
type Outcome struct {
	// Client is the client's number in the plan, Request the index in Job.Requests.
	Client  uint64
	Request int
	// Number is what [Meter.Sent] gave it.
	Number uint64
	Due    time.Duration
	Sent   time.Duration
	Done   time.Duration
	// Stamped says that Done is the kernel's timestamp; then Read is when the engine had read the
	// last byte. Otherwise Read means nothing.
	Read    time.Duration
	Stamped bool
	// FirstByte is when the first bytes of the answer had arrived, behind all redirects: by the kernel's
	// timestamp of what the first read returned, else by our own clock. 0 is no answer.
	FirstByte time.Duration
	// Waited says that none of the job's MaxConnections was free when the request was due.
	Waited bool
	// Own says that it failed because of a limit of the generator: no free local port, too many
	// open files.
	Own   bool
	Class runlog.Class
	// Status is 0 when no response arrived.
	Status int
	// Reason says in a few words why it failed: "connection refused", "body does not contain …".
	// It is "" for a success.
	Reason string
	// Excerpt is the beginning of the body of a failed response, at most ExcerptSize bytes.
	Excerpt []byte
	// BytesSent and BytesReceived count heads and bodies, redirect hops included.
	BytesSent, BytesReceived int64
	// Connect is how long it took to open a connection, 0 if none was opened.
	Connect time.Duration
	// Handshake is how much of that TLS took; 0 without it.
	Handshake time.Duration
	// Address is the address that answered; the zero value without an answer, and for unix
	// sockets.
	Address netip.AddrPort
	// Host is the one that the answer names by the job's HostFrom, as [Meter.Host] numbers
	// it; 0 is none.
	Host Host
	// Nth numbers the answer among those of its connection, as [Connection.Count] does.
	Nth       Nth
	Redirects int
	// Overdue says that its pass, of which it is the last request, took longer than the job's Every.
	Overdue bool
	// Skipped is how many requests of the pass are not sent because this one did not give the value
	// that Lacks names, the first of those if there are several.
	Skipped int
	Lacks   string
}

// ExcerptSize is how much of the body of a failed response is kept, in bytes.
const ExcerptSize = 512
