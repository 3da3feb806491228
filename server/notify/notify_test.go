package notify

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/server/reach"
	"github.com/stress-tool/stress/server/store"
)

var loopback = reach.Networks{netip.MustParsePrefix("127.0.0.0/8")}

// Whatever fails, a delivery is tried for a day and then no more, ever more seldom.
func TestTriesEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		since := time.Unix(rapid.Int64Range(0, 1<<32).Draw(t, "since"), 0)
		d, now := store.Delivery{ID: "x", Run: "r", Since: since, Due: since}, since
		for {
			tries := d.Tries
			d = after(d, now, errors.New("it answered 500"))
			if d.Tries != tries+1 || d.Problem == "" || !d.Done.IsZero() || d.Tries > 100 {
				t.Fatalf("after a failed try: %+v", d)
			}
			if d.Due.IsZero() {
				break
			}
			pause := d.Due.Sub(now)
			if pause < 10*time.Second || pause > 75*time.Minute || d.Tries > 6 && pause < time.Hour {
				t.Fatalf("a pause of %v after try %d", pause, d.Tries)
			}
			now = d.Due.Add(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "late")))
		}
		if now.Sub(since) < giveUp-3*time.Hour {
			t.Fatalf("given up after %v", now.Sub(since))
		}
	})
	d := after(store.Delivery{Since: time.Unix(0, 0), Due: time.Unix(5, 0), Problem: "of before"}, time.Unix(6, 0), nil)
	if d.Done != time.Unix(6, 0) || !d.Due.IsZero() || d.Problem != "" || d.Tries != 1 {
		t.Errorf("after a try that was taken: %+v", d)
	}
}

// told is a store with a run of a test that ended, of which somebody is to be told.
func told(t *testing.T, test store.Test) (*store.Store, store.Run) {
	t.Helper()
	ctx := t.Context()
	s, err := store.Open(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	h := store.Host{ID: store.NewID(), Name: "a", Created: time.Now()}
	test.ID, test.Host, test.Token, test.Created = store.NewID(), h.ID, store.NewID(), time.Now()
	if err := errors.Join(s.AddHost(ctx, h, store.By{At: time.Now()}), s.AddTest(ctx, test, store.By{At: time.Now()})); err != nil {
		t.Fatal(err)
	}
	r, err := s.Ask(ctx, test.ID, store.ByAPI, time.Now(), false)
	if err == nil {
		err = s.End(ctx, r.ID, time.Now(), "", nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s, r
}

// tried works until the only delivery of a run has been tried, and returns it.
func tried(t *testing.T, n *Notifier, r store.Run) store.Delivery {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	defer end()
	ended := make(chan error, 1)
	go func() { ended <- n.Work(ctx) }()
	for {
		select {
		case err := <-ended:
			t.Fatal("it ended by itself: ", err)
		case <-time.After(5 * time.Millisecond): // the store says when
		}
		ds, err := n.Store.DeliveriesOf(t.Context(), r.ID)
		if err != nil || len(ds) != 1 {
			t.Fatalf("deliveries %+v, %v", ds, err)
		}
		if ds[0].Tries > 0 {
			end()
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			return ds[0]
		}
	}
}

func TestAnEndIsToldAsLoaderIODoes(t *testing.T) {
	type heard struct{ method, kind, id, body string }
	all := make(chan heard, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		all <- heard{r.Method, r.Header.Get("Content-Type"), r.Header.Get(IDHeader), string(body)}
		io.WriteString(w, "heard \x1b[31m\nyou")
	}))
	defer srv.Close()
	s, r := told(t, store.Test{Callback: srv.URL + "/hook?a=b"})
	d := tried(t, &Notifier{Store: s, Within: loopback}, r)
	if d.Done.IsZero() || !d.Due.IsZero() || d.Problem != "" || d.Status != http.StatusOK || d.Answer != "heard  you" {
		t.Errorf("delivery %+v, want it taken", d)
	}
	want := heard{"POST", "application/x-www-form-urlencoded", d.ID, "status=complete&test_id=" + r.Test}
	if got := <-all; got != want {
		t.Errorf("heard %+v, want %+v", got, want)
	}
	if len(all) > 0 {
		t.Errorf("heard %d times more", len(all))
	}
}

func TestWhatIsNotTakenIsTriedAgain(t *testing.T) {
	elsewhere := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		case "/elsewhere":
			elsewhere++
		default:
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer srv.Close()
	for _, c := range []struct {
		address string
		within  []netip.Prefix
		problem string
	}{
		{srv.URL + "/?secret=hidden", loopback, "500"},
		{srv.URL + "/redirect", loopback, "307"},
		{"http://127.0.0.1:1/?secret=hidden", loopback, "refused"},
		{srv.URL, nil, "--call 127.0.0.1/32"},
		{strings.Replace(srv.URL, "127.0.0.1", "localhost", 1), nil, "no public address"},
		{"http://169.254.169.254/latest/meta-data/", loopback, "credentials"},
	} {
		s, r := told(t, store.Test{Callback: c.address})
		d := tried(t, &Notifier{Store: s, Within: c.within}, r)
		if !d.Done.IsZero() || d.Due.IsZero() || !strings.Contains(d.Problem, c.problem) || strings.Contains(d.Problem, "hidden") {
			t.Errorf("%s: %+v, want it to be tried again for %q", c.address, d, c.problem)
		}
	}
	if elsewhere > 0 {
		t.Error("a redirect was followed")
	}
}

// A ping has no run, and who hears it must not take it for an end; whoever asked for it looks at what came
// of it, so it is tried once.
func TestAPingIsNoEnd(t *testing.T) {
	d, test := store.Delivery{ID: "d", Test: "t"}, store.Test{ID: "t", Name: "shop"}
	text, kind, err := body(d, test, store.Run{}, "")
	if err != nil || kind != "application/x-www-form-urlencoded" || string(text) != "status=ping&test_id=t" {
		t.Errorf("the form is %q, %q, %v", text, kind, err)
	}
	d.Kind = store.JSON
	const want = `{"schema":1,"event":"ping","delivery":"d","test":{"id":"t","name":"shop"}}`
	if text, _, err := body(d, test, store.Run{}, ""); err != nil || string(text) != want {
		t.Errorf("the JSON is %s, %v", text, err)
	}
	if s := subject(d, test, store.Run{}); s != "PING: shop" {
		t.Errorf("the subject is %q", s)
	}
	now := time.Unix(100, 0)
	if d := after(store.Delivery{Test: "t", Since: now, Due: now}, now, errors.New("refused")); !d.Due.IsZero() || d.Problem != "refused" {
		t.Errorf("after a refusal it is %+v", d)
	}
}
