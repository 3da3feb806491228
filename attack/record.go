package attack

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/secret"
)

// StatusHeader holds, in a recording, the status of an answer whose code says something
// else; see [Recorder].
const StatusHeader = "X-Stress-Status"

// Recorder writes every request as a vegeta result, in the gob stream that the
// `vegeta` program reports, encodes and plots. A result's timestamp is the instant
// the request was due and its latency the response time, so timestamp + latency is
// when the answer was there. Bytes are those of the wire, heads included; bodies and
// headers are not kept.
//
// To vegeta a success is a code from 200 to 399, and nothing else. Where the request's
// own [Expect] says otherwise, the code is 0 for what is no success and 200 for what
// is one, and [StatusHeader] holds the status.
type Recorder struct {
	enc    vegeta.Encoder
	config RecorderConfig

	mu      sync.Mutex
	seq     uint64
	reasons map[string]string // as recorded; at most maxKinds
	err     error
}

// RecorderConfig is what a recorder needs to know of its leg.
type RecorderConfig struct {
	// Name is what vegeta calls the attack: the target's.
	Name string
	// Start is when the leg began.
	Start time.Time
	// Requests are those of a pass, and URLs where each goes, in words for readers.
	Requests []Request
	URLs     []string
	// Secrets are blotted out of reasons; nil is none.
	Secrets *secret.Set
}

// NewRecorder records a leg into w.
func NewRecorder(w io.Writer, cfg RecorderConfig) *Recorder {
	return &Recorder{enc: vegeta.NewEncoder(w), config: cfg, reasons: map[string]string{}}
}

// Record writes one outcome. It is a [MeterConfig] OnDone; an error is kept for
// [Recorder.Err] and ends the recording.
func (r *Recorder) Record(o *Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return
	}
	res := &vegeta.Result{
		Attack: r.config.Name, Seq: r.seq,
		Timestamp: r.config.Start.Add(o.Due), Latency: o.Done - o.Due,
		BytesIn: uint64(o.BytesReceived), BytesOut: uint64(o.BytesSent),
		Error: r.reason(o), Method: r.config.Requests[o.Request].Method, URL: r.config.URLs[o.Request],
	}
	if res.Code = recordedCode(o); int(res.Code) != o.Status {
		res.Headers = http.Header{StatusHeader: {strconv.Itoa(o.Status)}}
	}
	r.seq++
	if err := r.enc.Encode(res); err != nil {
		r.err = fmt.Errorf("recording: %w", err)
	}
}

// recordedCode is the status as long as vegeta draws the same from it as the expectation did.
func recordedCode(o *Outcome) uint16 {
	vegetas, ours := o.Status >= 200 && o.Status < 400, o.Class == runlog.Success
	switch {
	case ours && !vegetas:
		return http.StatusOK
	case vegetas && !ours:
		return 0
	}
	return uint16(o.Status)
}

// reason is why a request was no success, without secrets; "" for a success.
func (r *Recorder) reason(o *Outcome) string {
	reason := o.Reason
	if reason == "" && o.Class != runlog.Success {
		reason = o.Class.String()
	}
	told, ok := r.reasons[reason]
	if !ok {
		told = r.config.Secrets.Blot(reason)
		if len(r.reasons) < maxKinds {
			r.reasons[reason] = told
		}
	}
	return told
}

// Err is the first error of writing, nil without one.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}
