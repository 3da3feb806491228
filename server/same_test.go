package server_test

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/runlogtest"
	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/store"
)

// hearer keeps what an address was told, by the test.
type hearer struct {
	mu  sync.Mutex
	all map[string]answered
}

func (h *hearer) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var got struct {
		answered
		Test struct{ ID string }
	}
	text, _ := io.ReadAll(r.Body)
	if json.Unmarshal(text, &got) == nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.all[got.Test.ID] = got.answered
	}
}

// answered is what programs get of a run.
type answered struct {
	Verdict result.Verdict
	Load    string
	Key     []result.KeyFigures `json:"key_figures"`
}

// shown are the verdict, the p95 and the error rate of an answer, of the target that stands for the run.
func (a answered) shown(t *testing.T, target string) []float64 {
	t.Helper()
	for _, k := range a.Key {
		if k.Target == target {
			return figures(k)
		}
	}
	t.Errorf("there is no %s in %v", target, a.Key)
	return nil
}

// figures are those that lists show, -1 for none.
func figures(k result.KeyFigures) []float64 {
	var all []float64
	for _, m := range []metric.Metric{metric.Successes, metric.P95, metric.ErrorRate} {
		f, ok := k.Of(m)
		if !ok {
			f.Observed.Value = -1
		}
		all = append(all, f.Observed.Value)
	}
	return all
}

// cellOf is the beginning of a cell of the first row of a table that has it.
func cellOf(page, column string) string {
	m := regexp.MustCompile(`<td data-column="` + column + `"[^>]*>(?:<[^>]*>)*([^<]*)`).FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return strings.TrimSpace(m[1])
}

// keepTest keeps a test that nobody runs, and its host.
func keepTest(t *testing.T, s *store.Store, test store.Test) store.Test {
	t.Helper()
	h := store.Host{ID: store.NewID(), Name: "host of " + test.Name, Created: time.Now(), Verified: time.Now()}
	test.ID, test.Host, test.Token, test.Created = store.NewID(), h.ID, store.NewID(), time.Now()
	test.Scenario = "load: {type: clients-per-test, clients: 1, duration: 1s}\nrequest: {path: /}\ntargets: [{name: a, url: \"http://127.0.0.1:1\"}]\n"
	if err := errors.Join(s.AddHost(t.Context(), h, store.By{At: time.Now()}), s.AddTest(t.Context(), test, store.By{At: time.Now()})); err != nil {
		t.Fatal(err)
	}
	return test
}

// taken is a run of a test that another process has begun at an instant, whose directory write makes: the server judges it when
// it starts.
func taken(t *testing.T, s *store.Store, test store.Test, at time.Time, write func(dir string) error) store.Run {
	t.Helper()
	_, err := s.Ask(t.Context(), test.ID, store.ByAPI, time.Now(), false)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Take(t.Context(), at)
	if err == nil {
		err = write(s.Dir(r))
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// recordedRun copies a run that was recorded.
func recordedRun(name string) func(dir string) error {
	return func(dir string) error {
		return os.CopyFS(dir, os.DirFS(filepath.Join("..", "report", "testdata", "runs", name)))
	}
}

// tenTargets makes a run of ten targets, none of which is a candidate.
func tenTargets(dir string) error {
	if err := runlogtest.Write(dir, runlogtest.Shape{Targets: 10, Rounds: 1, Seconds: 2, PerSecond: 20}); err != nil {
		return err
	}
	return rewritten(dir, func(m *runlog.Manifest) { m.Compare = nil })
}

// rewritten changes what the manifest of a run says.
func rewritten(dir string, change func(*runlog.Manifest)) error {
	file := filepath.Join(dir, runlog.ManifestFile)
	text, err := os.ReadFile(file)
	var m runlog.Manifest
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		return err
	}
	change(&m)
	if text, err = json.Marshal(m); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

// Wherever a run is looked at, its verdict, p95 and error rate are those of its report: of several loads, of rounds,
// of a run that was killed, of one in which nothing went well, of more targets than an index keeps.
func TestARunIsTheSameWhereverItIsLookedAt(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	heard := &hearer{all: map[string]answered{}}
	address := httptest.NewServer(heard)
	t.Cleanup(address.Close)
	runs := map[string]store.Run{}
	tests := map[string]store.Test{}
	for _, name := range []string{"loads", "rounds", "killed", "failures", "overload", "requests", "ten targets"} {
		write := recordedRun(name)
		if name == "ten targets" {
			write = tenTargets
		}
		tests[name] = keepTest(t, s, store.Test{Name: name, Tags: []string{strings.Fields(name)[0]}, Badge: store.NewID(), Callback: address.URL, Form: store.JSON})
		runs[name] = taken(t, s, tests[name], time.Now(), write)
	}
	must(s.Close())
	v := serve(t, dir, server.Options{Open: true, Within: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}})
	until(t, "the last message", func() bool {
		heard.mu.Lock()
		defer heard.mu.Unlock()
		return len(heard.all) == len(runs)
	})
	get := func(path string, into any) string {
		t.Helper()
		code, got := v.send("GET", path, "", http.Header{"Loaderio-Auth": {v.key}, "Authorization": {"Bearer " + v.key}})
		if code != http.StatusOK {
			t.Errorf("%s: %d, %.300v", path, code, got)
		}
		if into == nil {
			text, _ := got.(string)
			return text
		}
		text, err := json.Marshal(got)
		must(err)
		must(json.Unmarshal(text, into))
		return ""
	}
	for name, r := range runs {
		t.Run(name, func(t *testing.T) {
			var want result.Analysis
			get("/api/v1/runs/"+r.ID+"/summary", &want)
			part := want.Answering()
			target, load := store.ShownTarget(part), ""
			if len(want.Loads) > 0 {
				load = part.Run.Load.Name
			}
			truth := answered{want.Verdict, load, part.Key}.shown(t, target)

			var own answered
			get("/api/v1/runs/"+r.ID, &own)
			var v2 struct {
				Rate   float64 `json:"avg_error_rate"`
				Stress answered
			}
			get("/v2/tests/"+r.Test+"/results/"+r.ID, &v2)
			for where, got := range map[string]answered{"our API": own, "API v2": v2.Stress, "the webhook": heard.all[r.Test]} {
				if figures := got.shown(t, target); got.Verdict != want.Verdict || got.Load != load || !near(figures, truth) {
					t.Errorf("%s: %s of %q, %v, want %s of %q, %v", where, got.Verdict, got.Load, figures, want.Verdict, load, truth)
				}
			}
			var all runlog.Outcomes
			for _, part := range want.Parts() {
				for _, l := range part.Legs {
					all.Merge(l.Outcomes)
				}
			}
			if rate := 100 * float64(all.Failed()) / float64(all.Ended()-all.Cut); math.Abs(rate-v2.Rate) > 1e-9 {
				t.Errorf("API v2: an error rate of %v %%, want %v %%", v2.Rate, rate)
			}
			for _, page := range []string{"/tests?tag=" + url.QueryEscape(tests[name].Tags[0]), "/tests/" + r.Test} {
				text := get(page, nil)
				if !strings.Contains(text, ">"+string(want.Verdict)+"<") {
					t.Errorf("%s does not say %s", page, want.Verdict)
				}
				for column, want := range map[string]string{"p95": words.Table.Millis(truth[1]), "Errors": words.Table.Percent(truth[2])} {
					if got := cellOf(text, column); got != want {
						t.Errorf("%s, %s: %q, want %q", page, column, got, want)
					}
				}
			}
			badge, wanted := "/badges/"+tests[name].Badge+".svg", words.Millis(truth[1])
			if want.Verdict == result.Invalid {
				wanted = "invalid"
			}
			if text := get(badge, nil); !strings.Contains(text, "load test: "+strings.ToLower(string(want.Verdict))) {
				t.Errorf("the badge is %s", text)
			}
			if text := get(badge+"?show=p95", nil); !strings.Contains(text, "p95: "+wanted) {
				t.Errorf("the badge is %s, want %s", text, wanted)
			}
		})
	}
	// What has several loads or targets can be followed by each.
	for name, choices := range map[string][]string{"loads": {"load", "target"}, "rounds": {"target"}, "ten targets": {"target"}} {
		text := get("/tests/"+runs[name].Test+"/trend", nil)
		for _, c := range choices {
			if !strings.Contains(text, `<select id="`+c+`"`) {
				t.Errorf("the trend of %s has no choice of a %s", name, c)
			}
		}
		_, source, _ := strings.Cut(text, `src="`)
		source, _, _ = strings.Cut(source, `"`)
		if page := get(strings.ReplaceAll(source, "&amp;", "&"), nil); !strings.Contains(page, "Runs, oldest first") {
			t.Errorf("the trend of %s at %s: %.300s", name, source, page)
		}
	}
}

// near reports that numbers are the same, but for their last digits as JSON.
func near(a, b []float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if math.Abs(a[i]-b[i]) > 1e-9*math.Abs(b[i]) {
			return false
		}
	}
	return true
}
