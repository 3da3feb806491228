package server_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/report/reporttest"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/store"
)

// What the store of the benchmark holds.
const (
	benchTests = 20
	benchRuns  = 10_000 // of all tests together, half of them of the first
)

// filled is a store with tests and many runs, and the identifiers of the first test and its newest run.
func filled(b *testing.B) (*store.Store, store.Test, string) {
	b.Helper()
	dir, ctx := b.TempDir(), b.Context()
	s, err := store.Open(ctx, dir)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	h := store.Host{ID: store.NewID(), Name: "127.0.0.1:1", Created: time.Now(), Verified: time.Now()}
	err = s.AddHost(ctx, h, store.By{At: time.Now()})
	var first store.Test
	for range benchTests {
		first = store.Test{
			ID: store.NewID(), Host: h.ID, Name: "shop", Token: store.NewID(), Created: time.Now(), Badge: store.NewID(),
			Scenario: "load: {type: clients-per-test, clients: 1, duration: 1s}\nrequest: {path: /}\ntargets: [{name: shop, url: \"http://127.0.0.1:1\"}]\n",
		}
		err = errors.Join(err, s.AddTest(ctx, first, store.By{At: time.Now()}))
	}
	a := reporttest.Recorded(b, "../report/testdata/runs")["requests"]
	summary, merr := json.Marshal(store.SummaryOf(a, result.IndexRun{Name: "shop", Verdict: a.Verdict, Started: time.Now(), Key: a.Parts()[0].Key}))
	db, oerr := sql.Open("sqlite", filepath.Join(dir, store.File))
	if err := errors.Join(err, merr, oerr); err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	_, err = db.Exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO run (id, test, state, source, asked, started, ended, problem, summary)
		SELECT printf('%032x', i), CASE WHEN i % 2 THEN ? ELSE (SELECT id FROM test WHERE rowid = 1 + i % ?) END, 'ended', 'api', i * 1000, i * 1000, i * 1000 + 500, '', ? FROM n`,
		benchRuns, first.ID, benchTests, string(summary))
	if err == nil {
		_, err = db.Exec(`INSERT INTO delivery (id, test, run, kind, address, since, tries, due, done, problem, status, answer)
			SELECT id, test, id, '', 'https://ci.example/', ended, 1, NULL, ended, '', 200, 'ok' FROM run`)
	}
	if err != nil {
		b.Fatal(err)
	}
	newest, err := s.SomeRunsOf(ctx, first.ID, 0, 1)
	if err != nil {
		b.Fatal(err)
	}
	return s, first, newest[0].ID
}

// BenchmarkServer is the server's time for each answer with ten thousand runs in the store.
func BenchmarkServer(b *testing.B) {
	s, t, run := filled(b)
	key, err := s.AddKey(b.Context(), "bench", store.By{At: time.Now()})
	if err != nil {
		b.Fatal(err)
	}
	const base = "http://127.0.0.1:4510"
	keys := filepath.Join(b.TempDir(), "ownership.key")
	h := server.New(s, server.Options{
		Base: base, Tool: runlog.Tool{Version: "bench"}, Log: log.New(io.Discard, "", 0), Open: true,
		Guard: func() *ownership.Guard { return &ownership.Guard{KeyFile: keys} },
	}).Handler()
	for _, path := range []string{
		"/hosts", "/tests", "/tests/" + t.ID, "/runs", "/tests/new",
		"/api/v1/hosts", "/api/v1/tests", "/api/v1/tests/" + t.ID, "/api/v1/tests/" + t.ID + "/runs?limit=100", "/api/v1/tests/" + t.ID + "/runs?limit=100&offset=4800",
		"/api/v1/tests/" + t.ID + "/deliveries?limit=100", "/tests/" + t.ID + "/notify", "/tests/" + t.ID + "/schedules", "/schedules", "/api/v1/runs", "/api/v1/runs/" + run, "/badges/" + t.Badge + ".svg",
		"/v2/apps", "/v2/tests", "/v2/tests/" + t.ID, "/v2/tests/" + t.ID + "/results", "/v2/tests/" + t.ID + "/results/" + run,
	} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				r := httptest.NewRequest("GET", base+path, nil)
				r.Header.Set("Loaderio-Auth", key)
				w := httptest.NewRecorder()
				if h.ServeHTTP(w, r); w.Code != http.StatusOK {
					b.Fatalf("%d, %.200s", w.Code, w.Body)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/answer")
		})
	}
}
