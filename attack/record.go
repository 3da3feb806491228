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

// StatusHeader is the header of a recorded result that holds the status if the result's code differs from
// it, see [Recorder].
const StatusHeader = "X-Stress-Status"

// Recorder writes every request as a vegeta result, in the gob stream that the `vegeta` program reports,
// encodes and plots. The timestamp of a result is when the request was due, its latency the response
// time; so timestamp + latency is when the answer arrived. Bytes include heads. Bodies and headers are not
// stored.
//
// For vegeta a code from 200 to 399 is a success and no other. If the request's [Expect] decides
// otherwise, the code is 0 for a failure and 200 for a success, and [StatusHeader] holds the status.
type Recorder struct {
	enc    vegeta.Encoder
	config RecorderConfig

	mu      sync.Mutex
	seq     uint64
	reasons map[string]string // reasons without secrets; at most maxFailureKinds
	err     error
}

// RecorderConfig configures the recorder of a leg.
type RecorderConfig struct {
	// Name is the name of the target, which vegeta calls the attack.
	Name string
	// Start is when the leg began.
	Start time.Time
	// Requests are those of a pass, and URLs the URL of each, for readers.
	Requests []Request
	URLs     []string
	// Secrets are removed from reasons; nil is none.
	Secrets *secret.Set
}

// NewRecorder makes a recorder that writes to w.
func NewRecorder(w io.Writer, cfg RecorderConfig) *Recorder {
	return &Recorder{enc: vegeta.NewEncoder(w), config: cfg, reasons: map[string]string{}}
}

// Record writes one outcome. It is for OnDone of a [MeterConfig]. An error ends the recording;
// [Recorder.Err] returns it.
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

// recordedCode returns the status, or 0 or 200 if vegeta would not judge the status as the request's
// Expect does.
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

// reason returns why a request failed, without secrets; "" for a success.
func (r *Recorder) reason(o *Outcome) string {
	reason := o.Reason
	if reason == "" && o.Class != runlog.Success {
		reason = o.Class.String()
	}
	told, ok := r.reasons[reason]
	if !ok {
		told = r.config.Secrets.Blot(reason)
		if len(r.reasons) < maxFailureKinds {
			r.reasons[reason] = told
		}
	}
	return told
}

// Err returns the first error of writing, nil without one.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}
