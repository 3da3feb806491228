package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/server/reach"
	"github.com/stress-tool/stress/server/store"
)

// A receiver that knows no more than the document checks what it gets: the figures, and who sent them.
func TestWhatIsSignedCanBeChecked(t *testing.T) {
	const secret = "whsec of the test"
	type heard struct {
		header http.Header
		body   []byte
	}
	all := make(chan heard, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		all <- heard{r.Header, body}
	}))
	defer srv.Close()
	s, r := told(t, store.Test{Name: "checkout", Callback: srv.URL, Form: store.JSON, Secret: secret})
	d := tried(t, &Notifier{Store: s, Within: loopback}, r)
	got := <-all
	stamp, signature, _ := strings.Cut(got.header.Get("Stress-Signature"), ",v1=")
	seconds, err := strconv.ParseInt(strings.TrimPrefix(stamp, "t="), 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > time.Minute {
		t.Errorf("it was signed at %q, %v", stamp, err)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", seconds, got.body)
	if want := hex.EncodeToString(mac.Sum(nil)); signature != want {
		t.Errorf("signature %s, want %s", signature, want)
	}
	var m struct {
		Event, Delivery string
		Test            struct{ ID, Name string }
		Run             struct{ ID string }
	}
	if err := json.Unmarshal(got.body, &m); err != nil || m.Event != "run.ended" || m.Delivery != d.ID || m.Run.ID != r.ID || m.Test.ID != r.Test || m.Test.Name != "checkout" {
		t.Errorf("it heard %s, %v", got.body, err)
	}
	if strings.Contains(string(got.body)+fmt.Sprint(got.header), secret) {
		t.Error("the secret was sent")
	}
}

// The vector was made by Python's hmac.
func TestSignature(t *testing.T) {
	const want = "t=1764180000,v1=de7174b3359b15598bd9085b7d2347b154f0807c35fc65885bbfaef87ee69162"
	if got := Sign("secret", time.Unix(1764180000, 5e8), []byte(`{"a":1}`)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The figures of a judged run are in the JSON under the names of summary.json.
func TestFiguresAreTold(t *testing.T) {
	text, err := json.Marshal(messageOf(store.Delivery{ID: "d", Run: "r"}, store.Test{ID: "t"}, store.Run{
		ID: "r", Started: time.Unix(1, 0).UTC(), Ended: time.Unix(2, 0).UTC(), Source: store.BySchedule,
		Summary: &store.Summary{
			Index:  result.IndexRun{Verdict: result.Pass, Key: []result.KeyFigures{{Target: "shop", Figures: []result.KeyFigure{{Metric: "p95_ms", Unit: "ms"}}}}},
			Totals: store.Totals{Outcomes: runlog.Outcomes{Success: 7}},
		},
	}, "https://s.example/reports/t/results/r"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"verdict":"PASS"`, `"success":7`, `"metric":"p95_ms"`, `"report":"https://s.example/reports/t/results/r"`, `"source":"schedule"`, `"started":"1970-01-01T00:00:01Z"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %s", text, want)
		}
	}
}

// names answers every question after an address with the next of some, and then with the last.
func names(t *testing.T, addresses ...string) *net.Resolver {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		buf, asked := make([]byte, 512), 0
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Additionals = true, nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				a := netip.MustParseAddr(addresses[min(asked, len(addresses)-1)]).As4()
				asked++
				m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}, Body: &dnsmessage.AResource{A: a}}}
			}
			if out, err := m.Pack(); err == nil {
				c.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", c.LocalAddr().String())
	}}
}

// A name that leads to a network that may be told, and at the next look to this machine (DNS rebinding), is
// dialled the first time alone.
func TestANameThatLeadsElsewhereLater(t *testing.T) {
	var hits atomic.Int64
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	})}}
	srv.Start()
	defer srv.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	s, r := told(t, store.Test{Callback: "http://hook.example.:" + port + "/"})
	n := &Notifier{Store: s, Within: reach.Networks{netip.MustParsePrefix("127.0.0.2/32")}, resolver: names(t, "127.0.0.2", "127.0.0.1")}
	if d := tried(t, n, r); d.Status != http.StatusServiceUnavailable || hits.Load() != 1 {
		t.Fatalf("the first try: %+v, %d requests", d, hits.Load())
	}
	ds, err := s.DeliveriesOf(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Redeliver(t.Context(), ds[0].ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	if d := tried(t, n, r); d.ID != ds[0].ID || !strings.Contains(d.Problem, "127.0.0.1 is no public address") || d.Status != 0 || hits.Load() != 1 {
		t.Errorf("the second try: %+v, %d requests", d, hits.Load())
	}
}

// One who never answers holds nobody up.
func TestOneWhoIsSlow(t *testing.T) {
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer slow.Close()
	defer close(release)
	quick := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer quick.Close()
	s, _ := told(t, store.Test{Callback: slow.URL})
	host, err := s.HostNamed(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	other := store.Test{ID: store.NewID(), Host: host.ID, Callback: quick.URL, Token: store.NewID(), Created: time.Now()}
	err = s.AddTest(t.Context(), other, store.By{At: time.Now()})
	r, aerr := s.Ask(t.Context(), other.ID, store.ByAPI, time.Now(), false)
	if err := errors.Join(err, aerr, s.End(t.Context(), r.ID, time.Now(), "", nil)); err != nil {
		t.Fatal(err)
	}
	if d := tried(t, &Notifier{Store: s, Within: loopback}, r); d.Done.IsZero() {
		t.Errorf("beside a slow one: %+v", d)
	}
}
