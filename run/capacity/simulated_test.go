package capacity

import (
	"cmp"
	"container/heap"
	"context"
	"encoding/json"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
	"github.com/stress-tool/stress/scenarios"
)

// simulated is a [Measure] without an engine, a meter and their clock, which cost ten times as much as
// all that it does: the times of the replicas go into a run directory, which is judged as any other.
func (q *replicas) simulated(ctx context.Context, sc *scenarios.Scenario, dir string) (*result.Analysis, error) {
	load := sc.Loads[0]
	q.n = sc.Targets[0].Replicas
	p, err := plan.New(load.Load)
	if err != nil {
		return nil, err
	}
	w, err := runlog.Create(dir, runlog.Manifest{
		Name: sc.Name, Scenario: json.RawMessage("{}"), Engine: "queue", Requests: []string{"GET /"}, Success: "status 200", Thresholds: load.Thresholds,
		Targets: []runlog.Target{{Name: sc.Targets[0].Name, Replicas: q.n}},
		Load:    runlog.Load{Type: string(load.Load.Type), Open: p.Open(), Clients: load.Load.Clients, RatePerS: load.Load.Rate, DurationS: p.Duration().Seconds(), TimeoutS: load.Timeout.Seconds()},
	})
	if err != nil {
		return nil, err
	}
	leg, err := w.StartLeg(runlog.Leg{Target: sc.Targets[0].Name, Round: 1, Planned: p.Count()})
	if err != nil {
		return nil, err
	}
	seconds, last := q.serve(p, load.Timeout)
	var sent, done uint64
	response, lag := hist.New(), hist.New()
	for t, s := range seconds {
		sent, done = sent+s.Sent, done+s.Done
		s.T, s.CPU, s.Active, s.InFlight = t, 0.1, 1, int64(sent-done)
		if time.Duration(t)*time.Second >= p.Duration() {
			s.Drained = &s.Outcomes
		}
		response.Reset()
		lag.Reset()
		lag.RecordN(0, int64(s.Sent))
		for _, took := range s.took {
			response.Record(took)
		}
		of := func(tag string, h *hist.Histogram) hist.Interval {
			return hist.Interval{Tag: tag, Start: time.Duration(t) * time.Second, Length: time.Second, Hist: h}
		}
		if err := leg.Second(s.Second, of(runlog.TagResponse, response), of(runlog.TagService, response), of(runlog.TagLag, lag)); err != nil {
			return nil, err
		}
	}
	if err := cmp.Or(leg.Close(), w.EndLeg(sent, 0, last, ""), w.Seal(time.Time{}, "")); err != nil {
		return nil, err
	}
	return run.Read(ctx, dir)
}

// second is what a second of a simulated leg was, and what the answers in it took.
type second struct {
	runlog.Second
	took []time.Duration
}

// serve has the replicas answer a plan, and returns its seconds and when the last answer came.
func (q *replicas) serve(p plan.Plan, timeout time.Duration) (seconds []second, last time.Duration) {
	workers := q.idle()
	at := func(t time.Duration) *second {
		for len(seconds) <= int(t/time.Second) {
			seconds = append(seconds, second{})
		}
		return &seconds[t/time.Second]
	}
	// request is when one is answered that is sent at an instant.
	request := func(due time.Duration) time.Duration {
		done, class := workers.answer(due), runlog.Success
		if late := due + timeout; done > late {
			done, class = late, runlog.Timeout
		}
		s := at(due)
		s.Due, s.Sent = s.Due+1, s.Sent+1
		s = at(done)
		s.Done++
		s.Outcomes.Add(class, 1)
		s.took = append(s.took, done-due)
		last = max(last, done)
		return done
	}
	var ready happenings // of a closed load: when each client sends next
	for s := range p.Starts() {
		if p.Open() {
			request(s.Due)
		} else {
			heap.Push(&ready, happening{at: s.Due, Start: s})
		}
	}
	for len(ready) > 0 {
		h := &ready[0]
		if h.at = request(h.at); h.at < h.Until {
			heap.Fix(&ready, 0)
		} else {
			heap.Pop(&ready)
		}
	}
	return seconds, last
}
