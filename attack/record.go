package attack

import (
	"fmt"
	"io"
	"net/url"
	"sync"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// Recorder writes every request as a vegeta result, in the gob stream that the
// `vegeta` program reports, encodes and plots. A result's timestamp is the instant
// the request was due and its latency the response time, so timestamp + latency is
// when the answer was there. Bodies and headers are not kept.
type Recorder struct {
	enc    vegeta.Encoder
	target *url.URL
	job    Job
	name   string
	start  time.Time

	mu  sync.Mutex
	seq uint64
	err error
}

// NewRecorder records a leg that began at start, under the target's name.
func NewRecorder(w io.Writer, job Job, name string, start time.Time) *Recorder {
	return &Recorder{enc: vegeta.NewEncoder(w), target: job.Target, job: job, name: name, start: start}
}

// Record writes one outcome. It is a [MeterConfig] OnDone; an error is kept for
// [Recorder.Err] and ends the recording.
func (r *Recorder) Record(o *Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return
	}
	req := r.job.Requests[o.Request]
	res := &vegeta.Result{
		Attack: r.name, Seq: r.seq, Code: uint16(o.Status),
		Timestamp: r.start.Add(o.Due), Latency: o.Done - o.Due,
		BytesIn: uint64(o.BytesReceived), BytesOut: uint64(o.BytesSent),
		Error: o.Reason, Method: req.Method, URL: r.url(req.Path),
	}
	r.seq++
	if err := r.enc.Encode(res); err != nil {
		r.err = fmt.Errorf("recording: %w", err)
	}
}

func (r *Recorder) url(path string) string {
	u, err := r.target.Parse(path)
	if err != nil {
		return path
	}
	return u.Redacted()
}

// Err is the first error of writing, nil without one.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}
