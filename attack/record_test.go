package attack

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
	"github.com/tsenart/vegeta/v12/lib/plot"
	"pgregory.net/rapid"

	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/secret"
)

var begun = time.Date(2026, 3, 1, 12, 0, 0, 784_000_000, time.UTC)

// recorded writes outcomes in the order of their ends.
func recorded(t rapid.TB, outcomes ...Outcome) []byte {
	t.Helper()
	var b bytes.Buffer
	r := NewRecorder(&b, RecorderConfig{
		Name: "one", Start: begun, Requests: []Request{{Method: http.MethodGet}}, URLs: []string{"http://one/items/${ID}"},
		Secrets: secret.NewSet("s3cret-value"),
	})
	for i := range outcomes {
		r.Record(&outcomes[i])
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func results(t rapid.TB, recording []byte) (all []vegeta.Result) {
	t.Helper()
	dec := vegeta.NewDecoder(bytes.NewReader(recording))
	for {
		var r vegeta.Result
		if err := dec.Decode(&r); err != nil {
			return all
		}
		all = append(all, r)
	}
}

// vegeta's own plot takes every recording, however late answers came, and whatever is
// held in memory; nothing is lost.
func TestVegetaPlotsWhateverEndedInWhateverOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.vegeta")
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "results")
		outcomes := make([]Outcome, n)
		var sum time.Duration
		for i := range outcomes {
			due := time.Duration(rapid.IntRange(0, 2000).Draw(t, "due")) * time.Millisecond
			outcomes[i] = Outcome{Due: due, Done: due + time.Second, Status: 200 + rapid.SampledFrom([]int{0, 300}).Draw(t, "more")}
			sum += due
		}
		if err := os.WriteFile(path, recorded(t, outcomes...), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := orderRecording(context.Background(), path, rapid.IntRange(1, 40).Draw(t, "room")); err != nil {
			t.Fatal(err)
		}
		recording, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all := results(t, recording)
		p := plot.New()
		for i := range all {
			if all[i].Seq != uint64(i) {
				t.Fatalf("result %d has the number %d", i, all[i].Seq)
			}
			if err := p.Add(&all[i]); err != nil {
				t.Fatal(err)
			}
			sum -= all[i].Timestamp.Sub(begun)
		}
		if len(all) != n || sum != 0 {
			t.Fatalf("%d of %d results, and %v of due time missing", len(all), n, sum)
		}
	})
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(left) != 1 {
		t.Errorf("there is %v", left)
	}
}

// A recording that nobody waits for stays as it is.
func TestAnInterruptedOrderLeavesTheRecording(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.vegeta")
	before := recorded(t, Outcome{Due: 2}, Outcome{Due: 1})
	if err := os.WriteFile(path, before, 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := OrderRecording(ctx, path); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("%d bytes were %d, %v", len(after), len(before), err)
	}
}

// What vegeta counts as a success is what the expectation says, and where its code is
// not the status, the status stands beside it.
func TestVegetaCountsOurSuccesses(t *testing.T) {
	for _, c := range []struct {
		outcome Outcome
		code    uint16
		status  string
	}{
		{Outcome{Status: 200}, 200, ""},
		{Outcome{Status: 302}, 302, ""},
		{Outcome{Status: 200, Class: runlog.Unexpected, Reason: "body does not contain"}, 0, "200"},
		{Outcome{Status: 404}, 200, "404"}, // as was wanted
		{Outcome{Status: 101}, 200, "101"},
		{Outcome{Status: 404, Class: runlog.HTTP4xx, Reason: "status 404"}, 404, ""},
		{Outcome{Class: runlog.Timeout, Reason: "no data for 1s"}, 0, ""},
		{Outcome{Class: runlog.Cut}, 0, ""},
		{Outcome{Status: 200, Class: runlog.Cut}, 0, "200"},
	} {
		r := results(t, recorded(t, c.outcome))[0]
		if r.Code != c.code || r.Headers.Get(StatusHeader) != c.status || (r.Error == "") != (c.outcome.Class == runlog.Success) {
			t.Errorf("%+v became code %d, headers %v, error %q", c.outcome, r.Code, r.Headers, r.Error)
		}
		var m vegeta.Metrics
		m.Add(&r)
		if m.Close(); (m.Success == 1) != (c.outcome.Class == runlog.Success) {
			t.Errorf("%+v: vegeta's success is %g", c.outcome, m.Success)
		}
	}
}

func TestARecordingHoldsNoSecret(t *testing.T) {
	recording := recorded(t, Outcome{Class: runlog.Network, Reason: "redirected to /?a=s3cret%2Dvalue"})
	r := results(t, recording)[0]
	if want := "redirected to /?a=" + secret.Mark; r.Error != want || r.URL != "http://one/items/${ID}" {
		t.Errorf("%q at %s", r.Error, r.URL)
	}
}

func BenchmarkOrderRecording(b *testing.B) {
	outcomes := make([]Outcome, 100_000)
	for i := range outcomes {
		outcomes[i] = Outcome{Due: time.Duration(i-i%7*100) * time.Millisecond, Status: 200}
	}
	path, recording := filepath.Join(b.TempDir(), "results.vegeta"), recorded(b, outcomes...)
	for b.Loop() {
		if err := errors.Join(os.WriteFile(path, recording, 0o644), OrderRecording(b.Context(), path)); err != nil {
			b.Fatal(err)
		}
	}
}
