package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// watched is what a server does to others: its load, and whom it tells.
type watched struct {
	hits, telling, told atomic.Int64
	hold                atomic.Bool // let nobody be told to the end
	mu                  sync.Mutex
	ids                 map[string]int // how often each delivery was heard
	page, hook          *httptest.Server
}

func watch(t *testing.T) *watched {
	w := &watched{ids: map[string]int{}}
	w.page = httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { w.hits.Add(1) }))
	w.hook = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // so that its end is noticed
		w.mu.Lock()
		w.ids[r.Header.Get("Stress-Delivery")]++
		w.mu.Unlock()
		if w.telling.Add(1); w.hold.Load() {
			<-r.Context().Done()
			return
		}
		w.told.Add(1)
	}))
	t.Cleanup(w.page.Close)
	t.Cleanup(w.hook.Close)
	return w
}

func (w *watched) heard() (deliveries, most int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range w.ids {
		most = max(most, n)
	}
	return len(w.ids), most
}

// until waits for a condition.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not after two minutes", what)
		}
	}
}

// A server that is killed, whenever that is, has each run once when it is back: as far as it came, or
// from its beginning if it had none; no load is put on twice; each end is told, under one identifier.
func TestAServerMayBeKilledAtAnyMoment(t *testing.T) {
	const perRun = 100 // requests
	file := func(data, name string) func() bool {
		return func() bool {
			found, _ := filepath.Glob(filepath.Join(data, "runs", "*", "*", name))
			return len(found) > 0
		}
	}
	for _, c := range []struct {
		place string
		runs  int
		hold  bool
		whole bool                                      // its load had ended
		at    func(w *watched, data string) func() bool // nil is at once
	}{
		{"before anything was asked", 0, false, false, nil},
		{"as a run is asked for", 1, false, false, nil},
		{"as its directory is made", 1, false, false, func(_ *watched, data string) func() bool { return file(data, "run.json") }},
		{"at its first request", 1, false, false, func(w *watched, _ string) func() bool { return func() bool { return w.hits.Load() > 0 } }},
		{"in its middle", 1, false, false, func(w *watched, _ string) func() bool { return func() bool { return w.hits.Load() > perRun/2 } }},
		{"while another one waits", 2, false, false, func(w *watched, _ string) func() bool { return func() bool { return w.hits.Load() > perRun/2 } }},
		{"at its last request", 1, false, false, func(w *watched, _ string) func() bool { return func() bool { return w.hits.Load() == perRun } }},
		{"as its summary is written", 1, false, true, func(_ *watched, data string) func() bool { return file(data, "summary.json") }},
		{"as its page is written", 1, false, true, func(_ *watched, data string) func() bool { return file(data, "report.html") }},
		{"while somebody is told", 1, true, true, func(w *watched, _ string) func() bool { return func() bool { return w.telling.Load() > 0 } }},
		{"as somebody has been told", 1, false, true, func(w *watched, _ string) func() bool { return func() bool { return w.told.Load() > 0 } }},
	} {
		t.Run(c.place, func(t *testing.T) {
			w, data := watch(t), filepath.Join(t.TempDir(), "data")
			w.hold.Store(c.hold)
			s := startServer(t, data, "", "--queue", "--call", "127.0.0.0/8")
			var test string
			for i := range c.runs {
				if i > 0 {
					s.ask("PUT", "tests/"+test+"/run", "")
					continue
				}
				begun := s.ask("POST", "tests", fmt.Sprintf(`{"test_type":"per-second","total":%d,"duration":2,"urls":[{"url":"%s/"}],"callback":"%s/"}`, perRun/2, w.page.URL, w.hook.URL))
				test = begun["test_id"].(string)
			}
			if c.at != nil {
				until(t, c.place, c.at(w, data))
			}
			s.kill()
			atKill := w.hits.Load()
			w.hold.Store(false)

			s = startServer(t, data, s.key, "--queue", "--call", "127.0.0.0/8")
			defer s.end()
			var results []any
			until(t, "results", func() bool {
				if c.runs == 0 {
					return true
				}
				results = s.list("tests/" + test + "/results")
				for _, r := range results {
					if r.(map[string]any)["status"] != "ready" {
						return false
					}
				}
				return true
			})
			until(t, "deliveries", func() bool {
				n, _ := w.heard()
				return n >= c.runs && w.told.Load() >= int64(c.runs)
			})
			s.end() // so that nothing more comes
			deliveries, most := w.heard()
			counted := 0
			for _, r := range results {
				r := r.(map[string]any)
				success, _ := r["success"].(float64)
				beyond, _ := r["stress"].(map[string]any)
				counted += int(success)
				problem, _ := beyond["problem"].(string)
				t.Logf("a run of %v requests, problem %q", success, problem)
				if c.whole && (problem != "" || success != perRun) {
					t.Errorf("a run that had been measured has %v requests and the problem %q", success, problem)
				}
			}
			t.Logf("killed after %d requests; %d at the end; %d deliveries, heard up to %d times each", atKill, w.hits.Load(), deliveries, most)
			if len(results) != c.runs || deliveries != c.runs || most > 2 {
				t.Errorf("there are %d results and %d deliveries, heard up to %d times, want %d of each", len(results), deliveries, most, c.runs)
			}
			if hits := w.hits.Load(); hits > int64(perRun*c.runs) || int64(counted) > hits {
				t.Errorf("the page got %d requests of %d runs with %d, which count %d", hits, c.runs, perRun, counted)
			}
		})
	}
}
