package rawhttp_test

import (
	"context"
	"crypto"
	"crypto/tls"
	"io"
	"net"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/capture"
	"github.com/stress-tool/stress/attack/claim"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/rawhttp"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// page is a server that allocates nothing for a request: one that comes in one piece. Its
// answers name three hosts in turn. secured is its TLS; nil is without.
func page(t *testing.T, secured *tls.Config) *url.URL {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target := &url.URL{Scheme: "http", Host: l.Addr().String(), Path: "/"}
	if secured != nil {
		l, target.Scheme = tls.NewListener(l, secured), "https"
	}
	t.Cleanup(func() { l.Close() })
	var turn []byte
	for _, host := range []string{"web1", "web2", "web3"} {
		turn = append(turn, "HTTP/1.1 200 OK\r\nX-Served-By: "+host+"\r\nContent-Length: 31\r\n\r\nNew record created successfully"...)
	}
	size := len(turn) / 3
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in := make([]byte, 4<<10)
				for i := 0; ; i++ {
					if _, err := c.Read(in); err != nil {
						return
					}
					if _, err := c.Write(turn[i%3*size:][:size]); err != nil {
						return
					}
				}
			}()
		}
	}()
	return target
}

// closed is a closed load on a page that is drained after n requests. With requests behind the first a value
// is captured for them.
func closed(t *testing.T, target *url.URL, from attack.HostFrom, clients, n int, names *claim.Names, path string, behind ...attack.Request) attack.Totals {
	t.Helper()
	p, err := plan.New(plan.Load{Type: plan.MaintainClientLoad, Clients: clients, Duration: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	job := attack.Job{Plan: p, Target: target, HostFrom: from, Names: names, Insecure: true, Settings: attack.Settings{Timeout: time.Minute}, Requests: []attack.Request{{
		Name: "/", Path: path, Expect: attack.Expect{Body: "created successfully"}, Claims: 1,
	}}}
	titles := []string{"/"}
	for _, r := range behind {
		job.Requests[0].Captures = []capture.Capture{{Name: "host", Header: "X-Served-By"}}
		job.Requests, titles = append(job.Requests, r), append(titles, r.Name)
	}
	drain, done := make(chan struct{}), 0
	totals, err := attack.Perform(t.Context(), rawhttp.New(rawhttp.Options{}), job, time.Now(), attack.MeterConfig{
		Sink: nowhere{}, Requests: titles, Drain: drain,
		OnDone: func(*attack.Outcome) {
			if done++; done == n {
				close(drain)
			}
		},
	})
	if err != nil || totals.Outcomes.Success != totals.Sent {
		t.Fatalf("outcomes %+v, failures %+v, error %v", totals.Outcomes, totals.Failures, err)
	}
	return totals
}

// nowhere is a sink that keeps nothing.
type nowhere struct{}

func (nowhere) Second(runlog.Second, ...hist.Interval) error { return nil }
func (nowhere) Failure(runlog.Failure) error                 { return nil }
func (nowhere) Event(runlog.Event) error                     { return nil }

// What a leg allocates does not grow with its requests, whether or not its answers are asked
// for their hosts. The race detector's own calls
// do, so there it is run for the races alone.
func TestNothingIsAllocatedForARequest(t *testing.T) {
	t.Run("plain", func(t *testing.T) { allocated(t, page(t, nil), nil, "/", 0) })
	t.Run("named", func(t *testing.T) {
		allocated(t, page(t, nil), &claim.Names{Place: claim.Place{Header: "X-Stress-Claim"}, Leg: claim.NewLeg()}, "/", 0)
	})
	t.Run("varying", func(t *testing.T) { allocated(t, page(t, nil), nil, varyingPath, 0) })
	t.Run("captured", func(t *testing.T) {
		allocated(t, page(t, nil), nil, "/", 0, attack.Request{Name: "next", Path: "/{{host}}"})
	})
	// crypto/tls allocates 24 bytes each time it asks for a record: here for the answer, to see that
	// nothing follows it, and now and then when there is none yet; and once in the server.
	t.Run("secured", func(t *testing.T) {
		own := httptest.NewTLSServer(nil)
		own.Close()
		most := 4.
		if raced {
			most *= 2 // a sync.Pool then forgets at random what it was given
		}
		allocated(t, page(t, own.TLS), nil, "/", most)
	})
}

// varyingPath has a value of each kind.
const varyingPath = "/{{$client}}/{{$pass}}/%{1:1000, *:1-100}?id={{$uuid}}&n={{$random:1:100}}"

// ticks bounds what is allocated in a second whatever is sent: timers and what the meter stores.
const ticks = 300

// allocated requires that a request to a target has at most so many allocations beside those of the time.
func allocated(t *testing.T, target *url.URL, names *claim.Names, path string, most float64, behind ...attack.Request) {
	for _, from := range []attack.HostFrom{{}, {Header: "X-Served-By"}} {
		mallocs := func(n int) (mallocs, sent uint64, seconds float64) {
			var before, after runtime.MemStats
			began := time.Now()
			runtime.ReadMemStats(&before)
			sent = closed(t, target, from, 20, n, names, path, behind...).Sent
			runtime.ReadMemStats(&after)
			return after.Mallocs - before.Mallocs, sent, time.Since(began).Seconds()
		}
		const n = 3000
		mallocs(n)
		few, fewSent, _ := mallocs(n)
		many, manySent, seconds := mallocs(10 * n)
		perRequest := (float64(many) - float64(few) - ticks*seconds) / float64(manySent-fewSent)
		t.Logf("%+v: %d mallocs for %d requests, %d for %d in %.1f s", from, few, fewSent, many, manySent, seconds)
		if perRequest > most {
			t.Errorf("%+v: %.3f allocations for a request", from, perRequest)
		}
	}
}

// Of clients that wait for one of our own connections the first to come is the first
// to go, also when the loop finds itself behind: others have become due meanwhile.
func TestTheQueueIsInOrder(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // and nobody ever accepts
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	// For a second, since a machine may stand still for a part of it.
	p, err := plan.New(plan.Load{Type: plan.Rate, Rate: 500, Duration: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	var order []uint64
	_, err = attack.Perform(t.Context(), rawhttp.New(rawhttp.Options{}), attack.Job{
		Plan: p, Target: &url.URL{Scheme: "http", Host: l.Addr().String()}, Settings: attack.Settings{Timeout: 5 * time.Millisecond, Connections: attack.Shared, MaxConnections: 1},
		Requests: []attack.Request{{Name: "/", Path: "/"}},
	}, time.Now(), attack.MeterConfig{Sink: nowhere{}, Requests: []string{"/"}, OnDone: func(o *attack.Outcome) {
		order = append(order, o.Client)
		time.Sleep(5 * time.Millisecond)
	}})
	// What is owed a timeout after the plan's end is dropped.
	if err != nil || len(order) < 5 || !slices.IsSorted(order) {
		t.Errorf("clients went in the order %v, error %v", order, err)
	}
}

// A deadline counts from the request and not from the leg's beginning. No socket has
// anything to say here: the kernel of a listener that is full drops who wants in.
func TestALateLegIsAsPatientAsAny(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) { err = unix.Listen(int(fd), 0) })
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		var c net.Conn
		if c, err = net.DialTimeout("tcp", l.Addr().String(), 100*time.Millisecond); err == nil {
			defer c.Close()
		}
	}
	p, err := plan.New(plan.Load{Type: plan.ClientsPerTest, Clients: 1, Duration: 2 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	totals, err := attack.Perform(ctx, rawhttp.New(rawhttp.Options{}), attack.Job{
		Plan: p, Target: &url.URL{Scheme: "http", Host: l.Addr().String()}, Settings: attack.Settings{Timeout: 50 * time.Millisecond},
		Requests: []attack.Request{{Name: "/", Path: "/"}},
	}, time.Now().Add(-time.Minute), attack.MeterConfig{Sink: nowhere{}, Requests: []string{"/"}})
	if err != nil || totals.Outcomes.Timeout != 1 || totals.Stopped != "" {
		t.Errorf("outcomes %+v, stopped %q, error %v, want a timeout", totals.Outcomes, totals.Stopped, err)
	}
}

// A handshake that waits because this machine computes others is no timeout of the server.
func TestHandshakesThatWaitForAProcessorAreNoTimeouts(t *testing.T) {
	settings, own := askingServer()
	own.PrivateKey = slowKey{own.PrivateKey.(crypto.Signer)}
	n := 10 * runtime.GOMAXPROCS(0) // at most that many tenths of a second of signing, one after the other
	p, err := plan.New(plan.Load{Type: plan.ClientsPerTest, Clients: n, Duration: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	target := page(t, settings)
	var totals attack.Totals
	for range 3 { // the server is of this machine too, and may itself be late
		totals, err = attack.Perform(t.Context(), rawhttp.New(rawhttp.Options{}), attack.Job{
			Plan: p, Target: target, Insecure: true, Certificate: &own, Settings: attack.Settings{Timeout: 500 * time.Millisecond},
			Requests: []attack.Request{{Name: "/", Path: "/"}},
		}, time.Now(), attack.MeterConfig{Sink: nowhere{}, Requests: []string{"/"}})
		if err != nil || totals.Outcomes.Success >= uint64(n)*9/10 {
			break
		}
	}
	if err != nil || totals.Outcomes.Success < uint64(n)*9/10 {
		t.Errorf("outcomes of %d clients %+v, error %v, want successes", n, totals.Outcomes, err)
	}
}

// slowKey signs as a machine does that has no time.
type slowKey struct{ crypto.Signer }

func (k slowKey) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	time.Sleep(100 * time.Millisecond)
	return k.Signer.Sign(random, digest, opts)
}

// A machine with one processor has it for a loop and its handshakes alike. Whoever signs sees how many
// Go uses meanwhile.
func TestHandshakesHaveAProcessorBesideTheLoop(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	settings, own := askingServer()
	seen := &watchingKey{Signer: own.PrivateKey.(crypto.Signer)}
	own.PrivateKey = seen
	p, err := plan.New(plan.Load{Type: plan.ClientsPerTest, Clients: 2, Duration: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	totals, err := attack.Perform(t.Context(), rawhttp.New(rawhttp.Options{}), attack.Job{
		Plan: p, Target: page(t, settings), Insecure: true, Certificate: &own, Settings: attack.Settings{Timeout: time.Minute},
		Requests: []attack.Request{{Name: "/", Path: "/"}},
	}, time.Now(), attack.MeterConfig{Sink: nowhere{}, Requests: []string{"/"}})
	if n := seen.processors.Load(); err != nil || totals.Outcomes.Success == 0 || n != 2 {
		t.Errorf("outcomes %+v, error %v; %d processors of Go's during a handshake, want 2", totals.Outcomes, err, n)
	}
	if n := runtime.GOMAXPROCS(0); n != 1 {
		t.Errorf("%d processors of Go's after the load, want the 1 of before", n)
	}
}

// watchingKey notes how many processors Go uses while it signs.
type watchingKey struct {
	crypto.Signer
	processors atomic.Int64
}

func (k *watchingKey) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	k.processors.Store(int64(runtime.GOMAXPROCS(0)))
	return k.Signer.Sign(random, digest, opts)
}

// askingServer is the TLS of a server that asks for the client's certificate, and such a certificate.
func askingServer() (settings *tls.Config, own tls.Certificate) {
	s := httptest.NewTLSServer(nil)
	s.Close()
	s.TLS.ClientAuth = tls.RequestClientCert
	return s.TLS, s.TLS.Certificates[0]
}
