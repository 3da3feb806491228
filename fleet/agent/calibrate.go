package agent

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/fleet/calibration"
	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
	"github.com/stress-tool/stress/scenarios"
)

const (
	// calibrateFor is how long an agent loads its own server.
	calibrateFor = 2 * time.Second
	// calibrateClients are at work, unless the agent's own limit is lower.
	calibrateClients = 50
)

// calibrate measures how many requests per second the agent can send, to a server of its own on its own
// loopback that does nothing: as many as its clients make, at most as many as its own limit allows. Both share
// its processors, so a target elsewhere leaves it more.
func (a *agent) calibrate(ctx context.Context, asked, engine string) (wire.Answer, error) {
	if limit := a.Limits.MaxRate; limit > 0 {
		return wire.Answer{}, fmt.Errorf("%s is not measured: it was started with --max-rate %s, and sends no more to anybody: start it without to measure it, and with it afterwards", a.called(), words.Significant(limit, 3))
	}
	w := &work{agent: a, run: asked, lead: "a calibration", cancel: func(error) {}}
	a.mu.Lock()
	if a.work != nil {
		a.mu.Unlock()
		return wire.Answer{}, fmt.Errorf("%s is at work for a run: calibrate it when that has ended", a.called())
	}
	a.work = w
	a.heard.Store(int64(a.now()))
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.work == w {
			a.work = nil
		}
	}()
	record, err := a.measure(ctx, engine)
	if err != nil {
		return wire.Answer{}, fmt.Errorf("%s: %w", a.called(), err)
	}
	b, err := json.Marshal(record)
	return wire.Answer{Calibration: b}, err
}

// measure is what the agent can send with an engine.
func (a *agent) measure(ctx context.Context, with string) (*calibration.Record, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	served := serveNothing(l)
	defer served()
	clients := calibrateClients
	if most := a.Limits.MaxClients; most > 0 {
		clients = min(clients, most)
	}
	sc, err := scenarios.Document{File: "calibration", Source: fmt.Appendf(nil,
		"load: {type: maintain-client-load, clients: %d, duration: %v, timeout: 2s}\nrequest: {path: /}\ntargets: [{name: own, url: \"http://%s/\"}]\nengine: %q\n", clients, calibrateFor, l.Addr(), cmp.Or(with, "auto"))}.Parse(scenarios.Options{})
	if err != nil {
		return nil, err
	}
	// The address is its own, whatever else it keeps to.
	g, err := run.NewGenerator(ctx, sc, run.GeneratorOptions{Guard: a.Guard(), Version: a.Tool.Version})
	if err != nil {
		return nil, err
	}
	defer g.Close()
	p, err := plan.New(sc.Loads[0].Load)
	if err != nil {
		return nil, err
	}
	engine, job, err := g.Job(run.NewOrder("own", &run.Load{Plan: p, Settings: sc.Loads[0].Settings}))
	if err != nil {
		return nil, err
	}
	sums := &sums{lag: hist.New()}
	t, err := a.Perform(ctx, engine, job, time.Now().Add(soonest), attack.MeterConfig{Sink: sums, Requests: []string{"own"}})
	if err != nil {
		return nil, err
	}
	if t.Stopped != "" || t.Outcomes.Success == 0 {
		return nil, fmt.Errorf("its own server answered %d requests: %s", t.Outcomes.Success, t.Stopped)
	}
	return &calibration.Record{
		Schema: calibration.Schema, Agent: a.Name, Machine: run.Machine(), Engine: engine.Name(), Version: a.hello().Version,
		CapacityRPS: float64(t.Outcomes.Success) / t.Duration.Seconds(), LagP99MS: float64(sums.lag.Quantile(0.99)) / float64(time.Millisecond), At: time.Now().UTC(),
	}, nil
}

// sums is the [attack.Sink] of a calibration, which keeps how late requests were sent.
type sums struct {
	mu  sync.Mutex
	lag *hist.Histogram
}

func (s *sums) Second(_ runlog.Second, ivs ...hist.Interval) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, iv := range ivs {
		if iv.Tag == runlog.TagLag {
			s.lag.Merge(iv.Hist)
		}
	}
	return nil
}
func (s *sums) Failure(runlog.Failure) error { return nil }
func (s *sums) Event(runlog.Event) error     { return nil }

// serveNothing answers every request with nothing, until the function is called.
func serveNothing(l net.Listener) (end func()) {
	const answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	var mu sync.Mutex
	var all sync.WaitGroup
	open, ended := map[net.Conn]bool{}, false
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[c] = true
			if ended {
				c.Close()
			}
			mu.Unlock()
			all.Go(func() {
				defer c.Close()
				// A request is never split here: it is the agent's own, and small.
				for b := make([]byte, 4096); ; {
					n, err := c.Read(b)
					if err != nil {
						return
					}
					for range bytes.Count(b[:n], []byte("\r\n\r\n")) {
						if _, err := io.WriteString(c, answer); err != nil {
							return
						}
					}
				}
			})
		}
	})
	return func() {
		l.Close()
		mu.Lock()
		ended = true
		for c := range open {
			c.Close()
		}
		mu.Unlock()
		all.Wait()
	}
}
