// Package server is loader.io on one's own machine: what it keeps, runs, answers and shows is below it.
package server

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"sync"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/server/account"
	ownapi "github.com/stress-tool/stress/server/api"
	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/loaderio"
	"github.com/stress-tool/stress/server/notify"
	"github.com/stress-tool/stress/server/peer"
	"github.com/stress-tool/stress/server/queue"
	"github.com/stress-tool/stress/server/reach"
	"github.com/stress-tool/stress/server/schedule"
	"github.com/stress-tool/stress/server/store"
	"github.com/stress-tool/stress/server/web"
)

// Options are how to serve. Guard and Log must be given.
type Options struct {
	// Base is the beginning of the addresses that answers give, such as http://127.0.0.1:4510.
	Base string
	// Guard makes what judges addresses, for each proof and each run.
	Guard func() *ownership.Guard
	Tool  runlog.Tool
	// Lab is that of [control.Control].
	Lab func(ctx context.Context) (map[string]string, error)
	// Alone refuses a run while another is queued or running.
	Alone bool
	// Within are the networks that may be told that a run has ended, and asked for the data of requests,
	// beside public addresses.
	Within reach.Networks
	// Open lets whoever comes see the pages while there is no account: it is for addresses that this machine
	// alone reaches.
	Open bool
	// Proxies are those in front whose word is believed of who asks.
	Proxies peer.Proxies
	// Clear says that what comes by no proxy would go in clear where others can read it: it is refused.
	Clear bool
	// Fleet and MostPayload are those of [control.Control].
	Fleet       *control.Fleet
	MostPayload int64
	// Mailer sends mail of ends; nil lets the pages name one.
	Mailer *notify.Mailer
	// Log hears of what nobody else is told; its lines hold no secrets.
	Log *log.Logger
}

// Server serves a store and performs its runs.
type Server struct {
	o       Options
	store   *store.Store
	queue   *queue.Queue
	mailers *notify.Mailers
}

// New is a server of a store. The caller closes the store once it has served.
func New(s *store.Store, o Options) *Server {
	s.WhenFull = func(err error) { o.Log.Printf("waiting for room on the disk: %v", err) }
	return &Server{o: o, store: s, queue: queue.New(s), mailers: &notify.Mailers{Given: o.Mailer, Store: s, Within: o.Within}}
}

// Handler answers whatever comes in.
func (s *Server) Handler() http.Handler {
	c := &control.Control{Store: s.store, Queue: s.queue, Guard: s.o.Guard, Lab: s.o.Lab, Tool: s.o.Tool, Alone: s.o.Alone, Mailers: s.mailers, Within: s.o.Within,
		Fleet: s.o.Fleet, MostPayload: s.o.MostPayload}
	s.queue.Begin, s.queue.Collect = c.Begin, c.Collect
	api := &loaderio.API{Control: c, Addresses: ownAddresses(), Base: s.o.Base, Log: func(err error) { s.o.Log.Print(err) }}
	mux := http.NewServeMux()
	mux.Handle("/v2/", api.Handler())
	own := &ownapi.API{Control: c, Base: s.o.Base, Judged: s.judged, Log: func(err error) { s.o.Log.Print(err) }}
	mux.Handle("/api", own.Handler())
	mux.Handle("/api/", own.Handler())
	site := &web.Site{Control: c, Base: s.o.Base, Door: account.NewDoor(s.store), Open: s.o.Open, Log: func(err error) { s.o.Log.Print(err) }}
	mux.Handle("/", site.Handler())
	mux.HandleFunc("GET /reports/{test}/results/{token}", s.report)
	mux.HandleFunc("GET /badges/{file}", s.badge)
	return s.o.Proxies.Handler(s.hidden(mux))
}

// hidden refuses what would go in clear where others can read it.
func (s *Server) hidden(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, _ := netip.ParseAddrPort(r.RemoteAddr)
		if at := from.Addr().Unmap(); s.o.Clear && !at.IsLoopback() && !s.o.Proxies.Include(at) {
			http.Error(w, "this address is for a proxy with TLS alone: come through that, or start the server with --trust-proxy and your own address", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// judged reads what a run came to.
func (s *Server) judged(ctx context.Context, r store.Run) (*result.Analysis, error) {
	return run.Stored(ctx, filepath.Join(s.store.Dir(r), result.SummaryFile))
}

// ownAddresses are the addresses of this machine that others may see.
func ownAddresses() []string {
	all, _ := net.InterfaceAddrs() // without them firewalls are told none
	var out []string
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			out = append(out, n.IP.String())
		}
	}
	return out
}

// How long a client may take. Nothing that is answered takes long, and a report is a few megabytes.
const (
	mostHead   = 10 * time.Second
	mostRead   = 30 * time.Second
	mostWrite  = 2 * time.Minute
	mostIdle   = 2 * time.Minute
	mostEnding = 5 * time.Second
)

// Serve answers what l accepts, and performs runs, until ctx ends; a run that goes on then ends in
// order and is judged. l is closed at the end.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	h := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: mostHead, ReadTimeout: mostRead, WriteTimeout: mostWrite, IdleTimeout: mostIdle,
		MaxHeaderBytes: 32 << 10, ErrorLog: s.o.Log,
	}
	h.RegisterOnShutdown(s.queue.Live.Close)
	ctx, end := context.WithCancel(ctx)
	defer end()
	var all sync.WaitGroup
	var served, worked, scheduled, told error
	all.Go(func() {
		defer end()
		if served = h.Serve(l); errors.Is(served, http.ErrServerClosed) {
			served = nil
		}
	})
	all.Go(func() {
		defer end()
		worked = s.queue.Work(ctx)
	})
	all.Go(func() {
		defer end()
		sch := schedule.Scheduler{Store: s.store, Wake: s.queue.Wake}
		scheduled = sch.Work(ctx)
	})
	all.Go(func() {
		defer end()
		n := notify.Notifier{
			Store: s.store, Within: s.o.Within, Tool: "stress/" + s.o.Tool.Version, Base: s.o.Base, Mailers: s.mailers, Judged: s.judged,
		}
		told = n.Work(ctx)
	})
	<-ctx.Done()
	closing, cancel := context.WithTimeout(context.Background(), mostEnding)
	defer cancel()
	if h.Shutdown(closing) != nil {
		h.Close() // who still reads has had its time
	}
	all.Wait()
	return errors.Join(served, worked, scheduled, told)
}
