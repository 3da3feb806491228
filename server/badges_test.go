package server_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/store"
)

func TestBadges(t *testing.T) {
	v := serve(t, t.TempDir(), server.Options{})
	ctx := t.Context()
	h := store.Host{ID: store.NewID(), Name: "a", Created: time.Now()}
	test := store.Test{ID: store.NewID(), Host: h.ID, Name: "</svg><script>", Token: store.NewID(), Created: time.Now(), Badge: store.NewID()}
	if err := errors.Join(v.store.AddHost(ctx, h, store.By{At: time.Now()}), v.store.AddTest(ctx, test, store.By{At: time.Now()})); err != nil {
		t.Fatal(err)
	}
	shown := func(path string) (int, string) {
		t.Helper()
		answer, err := http.Get(v.base + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	address := "/badges/" + test.Badge + ".svg"
	if code, text := shown(address); code != http.StatusOK || !strings.Contains(text, "not measured") {
		t.Errorf("before any run: %d, %s", code, text)
	}
	r, err := v.store.Ask(ctx, test.ID, store.ByAPI, time.Now(), false)
	if err == nil {
		err = v.store.End(ctx, r.ID, time.Now(), "", &store.Summary{Index: result.IndexRun{Verdict: result.Fail, Key: []result.KeyFigures{
			{Target: "a", Figures: []result.KeyFigure{{Metric: "p95_ms", Unit: "ms", Observed: result.Estimate{Value: 12.3, N: 400}}}},
		}}})
	}
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{"": "load test: fail", "?show=p95": "p95: 12.3"} {
		code, text := shown(address + query)
		if code != http.StatusOK || !strings.Contains(text, want) || strings.Contains(text, "script") {
			t.Errorf("%q: %d, %s, want %q", query, code, text, want)
		}
		if err := xml.Unmarshal([]byte(text), new(struct{})); err != nil {
			t.Errorf("%q is no XML: %v", query, err)
		}
	}
	// What cannot be believed is not shown: a badge has no room to say so.
	for want, c := range map[string]struct {
		verdict result.Verdict
		n       uint64
	}{"p95: invalid": {result.Invalid, 400}, "p95: too few requests": {result.Inconclusive, 19}, "p95: 12.3": {result.Inconclusive, 20}} {
		s := &store.Summary{Index: result.IndexRun{Verdict: c.verdict}, Shown: []store.Shown{{KeyFigures: result.KeyFigures{
			Figures: []result.KeyFigure{{Metric: "p95_ms", Unit: "ms", Observed: result.Estimate{Value: 12.3, N: c.n}}}}}}}
		if err := v.store.Judged(ctx, r.ID, s); err != nil {
			t.Fatal(err)
		}
		if _, text := shown(address + "?show=p95"); !strings.Contains(text, want) {
			t.Errorf("%s, n = %d: %s, want %q", c.verdict, c.n, text, want)
		}
	}
	for _, path := range []string{"/badges/" + test.ID + ".svg", "/badges/.svg", "/badges/" + test.Badge, "/badges/" + test.Token + ".svg"} {
		if code, _ := shown(path); code != http.StatusNotFound {
			t.Errorf("%s is answered by %d", path, code)
		}
	}
	if err := v.store.RenewBadge(ctx, test.ID, "", store.By{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if code, _ := shown(address); code != http.StatusNotFound {
		t.Errorf("taken back it is answered by %d", code)
	}
}
