package lead

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// What no agent can have measured costs that agent its account, and nobody else anything: no count wraps around, no
// second comes before its time, no memory is filled.
func TestWhatNoAgentMeasures(t *testing.T) {
	times := []time.Duration{time.Millisecond}
	for what, c := range map[string]struct {
		change func(*wire.Record)
		want   string
	}{
		"as it is":                     {func(*wire.Record) {}, ""},
		"more than is planned":         {func(r *wire.Record) { r.Second.Sent += 4_000 }, "4001 requests were sent and 0 skipped of 4000 planned"},
		"skipped more than is planned": {func(r *wire.Record) { r.Second.Skipped = map[string]uint64{"id": 4_000} }, "1 requests were sent and 4000 skipped of 4000 planned"},
		"a count that wraps around":    {func(r *wire.Record) { r.Second.Sent = math.MaxUint64 }, "cannot be 18446744073709551615 in a second"},
		"bytes that wrap around":       {func(r *wire.Record) { r.Second.BytesReceived = math.MaxUint64 }, "18446744073709551615 received"},
		"more ended than was sent":     {func(r *wire.Record) { r.Second.Sent = 0 }, "0 were sent and 1 ended"},
		"another number done":          {func(r *wire.Record) { r.Second.Done = 2 }, "2 requests are done in a second and 1 ended"},
		"a request with more than all": {func(r *wire.Record) {
			r.Second.Requests["two"] = runlog.RequestCounts{Outcomes: runlog.Outcomes{Timeout: 5}}
		}, "other outcomes than their second"},
		"a request that wraps around": {func(r *wire.Record) {
			r.Second.Requests["two"] = runlog.RequestCounts{Outcomes: runlog.Outcomes{Timeout: math.MaxUint64}}
		}, "cannot be 18446744073709551615 in a second"},
		"statuses without end":         {func(r *wire.Record) { r.Second.Statuses = map[int]uint64{200: math.MaxUint64} }, "cannot be 18446744073709551615 in a second"},
		"more times than requests":     {func(r *wire.Record) { r.Latency = latency(t, 1<<40) }, "1099511627776 times of response in a second in which 1 requests ended"},
		"a second of an hour from now": {func(r *wire.Record) {}, "second 3600, which has not begun"},
	} {
		m, to := merging(t, 1, 20)
		m.leg.Start = time.Now()
		second := 0
		if strings.Contains(c.want, "has not begun") {
			second, m.parts[0].next = 3600, 3600
		}
		r, err := wire.Decode[wire.Record](recorded(t, second, times))
		if err != nil {
			t.Fatal(err)
		}
		c.change(&r)
		b, err := wire.Encode(r)
		if err != nil {
			t.Fatal(err)
		}
		switch _, err = m.receive(0, "second", b); {
		case c.want == "" && err != nil, c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", what, err, c.want)
		case c.want != "" && (m.parts[0].sent > 0 || len(m.parts[0].queue) > 0):
			t.Errorf("%s: it is counted", what)
		}
		if err := m.flush(nil); err != nil || c.want != "" && len(to.seconds) > 0 {
			t.Errorf("%s: %d seconds are stored, %v", what, len(to.seconds), err)
		}
	}
}

func latency(t *testing.T, times int64) []byte {
	h := hist.New()
	h.RecordN(time.Millisecond, times)
	r, err := wire.NewRecord(runlog.Second{}, []hist.Interval{{Tag: runlog.TagResponse, Length: time.Second, Hist: h}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r.Latency
}

// An end says what the seconds before it said, and takes no longer than they do.
func TestWhatNoPartEndsWith(t *testing.T) {
	for what, c := range map[string]struct {
		end  wire.End
		want string
	}{
		"longer than its seconds": {wire.End{Sent: 1, Outcomes: runlog.Outcomes{Success: 1}, Seconds: 1, Duration: 1000 * time.Hour}, "1000h0m0s long: its seconds are 1"},
		"others ended than sent":  {wire.End{Sent: 2, Outcomes: runlog.Outcomes{Success: 1}, Seconds: 1}, "2 requests were sent and 1 ended"},
	} {
		m, _ := merging(t, 1, 20)
		r, err := wire.Decode[wire.Record](recorded(t, 0, []time.Duration{1}))
		if err != nil {
			t.Fatal(err)
		}
		r.Second.Sent = c.end.Sent
		if err := m.take(0, &r); err != nil {
			t.Fatal(err)
		}
		c.end.Requests = make([]runlog.Outcomes, 2)
		if err := m.finish(0, &c.end); err == nil || !strings.Contains(err.Error(), c.want) || m.parts[0].end != nil {
			t.Errorf("%s: %v, want %q", what, err, c.want)
		}
	}
}
