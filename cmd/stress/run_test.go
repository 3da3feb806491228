package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
)

// page is a server that answers as the seed's page does, and counts.
func page(t *testing.T, took time.Duration) (url string, hits *atomic.Int64) {
	t.Helper()
	return pageOn(t, "127.0.0.1:0", took)
}

func pageOn(t *testing.T, address string, took time.Duration) (url string, hits *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	hits = new(atomic.Int64)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		select {
		case <-time.After(took):
		case <-r.Context().Done():
		}
		fmt.Fprint(w, "New record created successfully")
	}))
	s.Listener.Close()
	s.Listener = listener
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, hits
}

// scenario writes a scenario with one target.
func scenario(t *testing.T, url, load string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.yaml")
	src := fmt.Sprintf("name: one page\nload: %s\nrequest: {path: /index.php, expect: {body: New record}}\ntargets:\n  - {name: page, url: %q}\n", load, url)
	if err := os.WriteFile(path, []byte(src), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func seconds(dir string) int {
	b, _ := os.ReadFile(filepath.Join(dir, "legs", "01-page", "timeline.jsonl"))
	return bytes.Count(b, []byte{'\n'})
}

// A run that is killed loses at most its last second, opens like any other, and
// never passes.
func TestAKilledRunIsReportedAsPartial(t *testing.T) {
	url, hits := page(t, time.Millisecond)
	dir := filepath.Join(t.TempDir(), "run")
	cmd, _ := command(t, nil, "run", scenario(t, url, "{type: maintain-client-load, clients: 4, duration: 60s}"), "--out", dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "three seconds on disk", func() bool { return seconds(dir) >= 3 })
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()

	r := stress(t, nil, "report", dir, "--format", "json")
	r.wantCode(t, exitPass)
	a := r.summary(t)
	if !a.Run.Partial || a.Verdict != result.Inconclusive && spoilt([]byte(r.stdout)) == nil {
		t.Errorf("partial %v, verdict %s", a.Run.Partial, a.Verdict)
	}
	sent := a.Legs[0].Sent
	if sent == 0 || int64(sent) > hits.Load() {
		t.Errorf("%d requests are reported, the server saw %d", sent, hits.Load())
	}
	if text := stress(t, nil, "report", dir); !strings.Contains(text.stdout, "partial") {
		t.Errorf("the text does not say that the run is partial:\n%s", text.stdout)
	}
}

// A run that is killed under its second load has the first one whole: it is judged, and the
// second is said to be cut short.
func TestARunKilledUnderItsSecondLoad(t *testing.T) {
	url, _ := page(t, time.Millisecond)
	file, dir := filepath.Join(t.TempDir(), "s.yaml"), filepath.Join(t.TempDir(), "run")
	src := fmt.Sprintf(`name: two loads
loads:
  - {name: few, type: clients-per-test, clients: 20, duration: 1s, thresholds: [p50 < 1s]}
  - {name: many, type: maintain-client-load, clients: 4, duration: 60s, thresholds: [p50 < 1s]}
request: {path: /index.php, expect: {body: New record}}
targets: [{name: page, url: %q}]
`, url)
	if err := os.WriteFile(file, []byte(src), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd, _ := command(t, nil, "run", file, "--out", dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "two seconds of the second load", func() bool {
		b, _ := os.ReadFile(filepath.Join(dir, "legs", "02-many-page", "timeline.jsonl"))
		return bytes.Count(b, []byte{'\n'}) >= 2
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()

	r := stress(t, nil, "report", dir, "--format", "json")
	r.wantCode(t, exitPass)
	a := r.summary(t)
	if len(a.Loads) != 2 || !a.Run.Partial || a.Verdict == result.Pass {
		t.Fatalf("%d loads, partial %v, verdict %s", len(a.Loads), a.Run.Partial, a.Verdict)
	}
	few, many := a.Loads[0], a.Loads[1]
	if l := few.Legs[0]; few.Run.Load.Name != "few" || l.Sent != 20 || l.Outcomes.Success != 20 || l.Stopped != "" || few.Run.Partial {
		t.Errorf("the first load: %+v, sent %d, outcomes %+v, stopped %q, partial %v", few.Run.Load, l.Sent, l.Outcomes, l.Stopped, few.Run.Partial)
	}
	if l := many.Legs[0]; many.Run.Load.Name != "many" || l.Sent == 0 || !many.Run.Partial || many.Verdict == result.Pass {
		t.Errorf("the second load: %+v, sent %d, partial %v, verdict %s", many.Run.Load, l.Sent, many.Run.Partial, many.Verdict)
	}
	// A busy machine may spoil the first load. It then is the worse one, or the first of two that are as bad.
	if few.Verdict == result.Pass && !strings.Contains(a.Headline, "many") {
		t.Errorf("the headline does not name the load that was cut short: %s", a.Headline)
	}
	t.Log(a.Headline, few.Headline, many.Headline, few.Findings, many.Findings)
}

func TestInterruptDrainsAndSeals(t *testing.T) {
	url, hits := page(t, 50*time.Millisecond)
	dir := filepath.Join(t.TempDir(), "run")
	cmd, out := command(t, nil, "run", scenario(t, url, "{type: maintain-client-load, clients: 3, duration: 60s}"), "--out", dir, "--json")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a second on disk", func() bool { return seconds(dir) >= 1 })
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	r := wait(t, cmd.Wait(), out)
	r.wantCode(t, exitInterrupted)
	a := r.summary(t)
	l := a.Legs[0]
	if !a.Run.Partial || l.Outcomes.Cut != 0 || l.Sent != l.Outcomes.Success || int64(l.Sent) != hits.Load() {
		t.Errorf("partial %v, sent %d, outcomes %+v, the server saw %d", a.Run.Partial, l.Sent, l.Outcomes, hits.Load())
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "run.json")); !bytes.Contains(b, []byte(`"sealed": true`)) {
		t.Error("the run is not sealed")
	}
}

// A report made later from the directory is the report made at the end of the run.
func TestReportGivesTheSameAnswerLater(t *testing.T) {
	url, _ := page(t, 2*time.Millisecond)
	dir := filepath.Join(t.TempDir(), "run")
	stress(t, nil, "run", scenario(t, url, "{type: clients-per-test, clients: 30, duration: 2s}"), "--out", dir, "--quiet").wantCode(t, exitPass)
	before := files(t, dir)
	for _, name := range []string{"summary.json", "report.html", "report.md", "report.csv"} {
		if before[name] == "" {
			t.Errorf("%s is missing or empty", name)
		}
		os.Remove(filepath.Join(dir, name))
	}
	stress(t, nil, "report", dir).wantCode(t, exitPass)
	for name, was := range before {
		if is := files(t, dir)[name]; is != was {
			t.Errorf("%s differs when made anew", name)
		}
	}
}

func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(b)
	}
	return all
}

func TestASecondInterruptLeaves(t *testing.T) {
	url, _ := page(t, time.Minute)
	var r ran
	for range tries {
		dir := filepath.Join(t.TempDir(), "run")
		cmd, out := command(t, nil, "run", scenario(t, url, "{type: maintain-client-load, clients: 2, duration: 60s, timeout: 60s}"), "--out", dir, "--json")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a second on disk", func() bool { return seconds(dir) >= 1 })
		cmd.Process.Signal(syscall.SIGINT)
		// Two signals at once would be one: a second that ends after the first shows that the program had it.
		before := seconds(dir)
		eventually(t, "the drain to be noticed", func() bool { return seconds(dir) > before })
		cmd.Process.Signal(syscall.SIGINT)
		r = wait(t, cmd.Wait(), out)
		r.wantCode(t, exitInterrupted)
		if r.stdout != "" {
			break
		}
		t.Log("the machine stood still for as long as the program had to print: again")
	}
	if l := r.summary(t).Legs[0]; l.Outcomes.Cut != 2 {
		t.Errorf("outcomes %+v, want 2 cut", l.Outcomes)
	}
}

func TestDemo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r := stress(t, []string{"HOME=" + t.TempDir()}, "demo", "--json", "--duration", "3s", "--out", dir)
	a := r.summary(t)
	if a.Verdict == "FAIL" || len(a.Legs) != 2 {
		t.Fatalf("verdict %s, %d legs\n%s", a.Verdict, len(a.Legs), r.stderr)
	}
	single, cluster := a.Legs[0], a.Legs[1]
	if len(single.Hosts) != 1 || len(cluster.Hosts) != 3 {
		t.Errorf("hosts: single %d, cluster %d", len(single.Hosts), len(cluster.Hosts))
	}
	for _, l := range a.Legs {
		if l.Reconcile == nil || l.Reconcile.Verdict != result.RowsReconciled || l.Outcomes.Success != l.Sent {
			t.Errorf("%s: outcomes %+v, reconcile %+v", l.Target, l.Outcomes, l.Reconcile)
		}
	}
	if a.Comparison == nil || len(a.Comparison.Metrics) == 0 {
		t.Error("nothing is compared")
	}
}

// The smallest load does not make the generator the limit: the leg ends before it can use the
// processors.
func TestOneRequestPasses(t *testing.T) {
	url, _ := page(t, 0)
	for _, load := range []string{
		"{type: clients-per-test, clients: 1, duration: 1s}",
		"{type: clients-per-second, clients: 1, duration: 1s}",
		"{type: rate, rate: 1, duration: 1s}",
	} {
		for _, engine := range []string{"auto", "nethttp"} {
			r := stress(t, nil, "run", scenario(t, url, load), "--set", "engine="+engine, "--out", filepath.Join(t.TempDir(), "run"), "--json")
			r.wantCode(t, 0)
			if g := r.summary(t).Legs[0].Generator; strings.Contains(fmt.Sprint(g.Why), "the generator used") || g.CPUMax > 1 {
				t.Errorf("%s, engine %s: %+v", load, engine, g)
			}
		}
	}
}
