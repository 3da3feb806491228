package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
)

// probesOf is how many probes a study has, whose search may be under way.
func probesOf(dir string) (n int) {
	s, err := result.ReadStudy(dir)
	if err != nil {
		return 0
	}
	for _, c := range s.Configurations {
		n += len(c.Probes)
	}
	return n
}

// reportedAgain requires that the report of a study, written again from what is stored, is the same in every byte.
func reportedAgain(t *testing.T, dir string) {
	t.Helper()
	files := func() map[string][]byte {
		all := map[string][]byte{}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Type().IsRegular() {
				if all[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
					t.Fatal(err)
				}
			}
		}
		return all
	}
	before := files()
	for _, name := range []string{"report.html", "report.md", "report.csv", result.StudyFile} {
		if len(before[name]) == 0 {
			t.Errorf("the study has no %s", name)
		}
		if name != result.StudyFile {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
	}
	stress(t, nil, "report", dir).wantCode(t, exitPass)
	after := files()
	for name, text := range before {
		if !bytes.Equal(text, after[name]) {
			t.Errorf("%s: %d bytes became %d others", name, len(text), len(after[name]))
		}
	}
	if len(after) != len(before) {
		t.Errorf("%d files became %d", len(before), len(after))
	}
}

// A search that is killed keeps its probes and is reported as cut off; it goes on from there, and what it then
// writes is what its directory says.
func TestAKilledSearchGoesOn(t *testing.T) {
	url, dir := crowded(t), filepath.Join(t.TempDir(), "study")
	cmd, _ := command(t, nil, quickSearch(url, "error_rate < 20%", "--out", dir)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "three probes on disk", func() bool { return probesOf(dir) >= 3 })
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	before, err := result.ReadStudy(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := stress(t, nil, "report", dir)
	r.wantCode(t, exitPass)
	if !strings.Contains(unfolded(r.stdout), "the search ended before it was done: it was cut off") {
		t.Errorf("the report does not say that it was cut off:\n%s", r.stdout)
	}
	reportedAgain(t, dir)
	r = stress(t, nil, quickSearch(url, "error_rate < 20%", "--resume", dir)...)
	after, err := result.ReadStudy(dir)
	if err != nil {
		t.Fatal(err)
	}
	if after.Stopped != "" || r.code != exitPass && r.code != exitInconclusive {
		t.Errorf("exit %d, stopped %q\n%s", r.code, after.Stopped, r.stderr)
	}
	was, is := before.Configurations[0].Probes, after.Configurations[0].Probes
	for i := range was {
		if i >= len(is) || was[i].Dir != is[i].Dir || was[i].N != is[i].N {
			t.Errorf("probe %d was %s with %d answers, and is another", i+1, was[i].Dir, was[i].N)
		}
	}
	reportedAgain(t, dir)
}

// An interrupt ends a search in order: it is kept, reported, and says how to go on.
func TestAnInterruptedSearchIsReported(t *testing.T) {
	url, dir := crowded(t), filepath.Join(t.TempDir(), "study")
	cmd, out := command(t, nil, quickSearch(url, "error_rate < 20%", "--out", dir)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "two probes on disk, and the load of a third", func() bool {
		under, _ := filepath.Glob(filepath.Join(dir, "probes", "003-*", "legs", "*", "timeline.jsonl"))
		return probesOf(dir) >= 2 && len(under) > 0
	})
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	r := wait(t, cmd.Wait(), out)
	r.wantCode(t, exitInterrupted)
	if !strings.Contains(r.stderr, "to go on: stress capacity "+url+" --slo 'error_rate < 20%' ") || !strings.Contains(r.stderr, " --resume "+dir) || !strings.Contains(unfolded(r.stdout), "it was interrupted") {
		t.Errorf("%s\n%s", r.stdout, r.stderr)
	}
	reportedAgain(t, dir)
}

// So is one that is interrupted while a probe is made ready, which ends the program within a second.
func TestASearchInterruptedBeforeAProbeIsReported(t *testing.T) {
	db, taken := mute(t)
	dir := filepath.Join(t.TempDir(), "study")
	cmd, out := command(t, nil, quickSearch(crowded(t), "error_rate < 20%", "--out", dir, "--dsn", "u:p@tcp("+db+")/d?timeout=1m&readTimeout=1m")...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the database to be asked", func() bool { return len(taken) > 0 })
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	r := wait(t, cmd.Wait(), out)
	r.wantCode(t, exitInterrupted)
	if !strings.Contains(unfolded(r.stdout), "it was interrupted") {
		t.Errorf("%s\n%s", r.stdout, r.stderr)
	}
	reportedAgain(t, dir)
}

// mortal serves until it has answered so many requests, and is then gone.
func mortal(t *testing.T, answers int64) string {
	var answered atomic.Int64
	gone := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		time.Sleep(20 * time.Millisecond)
		if answered.Add(1) == answers {
			close(gone)
		}
	}))
	t.Cleanup(s.Close)
	go func() {
		<-gone
		s.Listener.Close()
		s.CloseClientConnections()
	}()
	return s.URL
}

// A target that dies ends the search with what was known, and the report says why.
func TestATargetThatDiesEndsTheSearch(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "study")
	r := stress(t, nil, quickSearch(mortal(t, 250), "error_rate < 20%", "--out", dir)...)
	r.wantCode(t, exitUnable)
	s, err := result.ReadStudy(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(s.Stopped, "refused") || !strings.Contains(unfolded(r.stdout), "the search ended before it was done") || len(s.Configurations[0].Probes) < 2 {
		t.Errorf("stopped %q after %d probes\n%s", s.Stopped, probesOf(dir), r.stdout)
	}
	reportedAgain(t, dir)
}

// An SLO that nothing meets is doomed from the first probe on.
func TestAnSLOThatNothingMeetsIsDoomed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "study")
	r := stress(t, nil, quickSearch(crowded(t), "p95 < 1ms", "--out", dir)...)
	if r.code == exitInconclusive && strings.Contains(r.stdout, "CANNOT TELL") {
		t.Skipf("this machine was too busy to tell\n%s", r.stdout)
	}
	r.wantCode(t, exitPass)
	if !strings.Contains(r.stdout, "DOOMED") || probesOf(dir) > 3 {
		t.Errorf("%d probes\n%s", probesOf(dir), r.stdout)
	}
	reportedAgain(t, dir)
}

// An SLO that everything meets: the generator, with few files here, is the limit, and the answer says no more than
// what it could put on.
func TestASearchThatTheGeneratorLimits(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(200 * time.Millisecond) }))
	defer s.Close()
	dir := filepath.Join(t.TempDir(), "study")
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", `ulimit -n 160; exec stress "$@"`, "sh"}, quickSearch(s.URL, "error_rate < 90%", "--out", dir)...)...)
	out := &streams{}
	cmd.Stdout, cmd.Stderr = &out.stdout, &out.stderr
	r := wait(t, cmd.Run(), out)
	r.wantCode(t, exitInconclusive)
	study, err := result.ReadStudy(dir)
	if err != nil {
		t.Fatal(err)
	}
	if c := study.Configurations[0]; c.Verdict != result.CapacityAtLeast || !strings.Contains(unfolded(r.stdout), "the generator was the limit") || c.BrokenRPS > 0 {
		t.Errorf("%s, broken at %g/s\n%s\n%s", c.Verdict, c.BrokenRPS, r.stdout, r.stderr)
	}
	reportedAgain(t, dir)
}

// A budget ends a search in time, and the report says what it did not suffice for.
func TestABudgetEndsASearch(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "study")
	r := stress(t, nil, quickSearch(crowded(t), "error_rate < 20%", "--out", dir, "--budget", "3s")...)
	if r.code != exitInconclusive && r.code != exitPass {
		t.Errorf("exit code %d\n%s", r.code, r.stderr)
	}
	if !strings.Contains(unfolded(r.stdout), "its share of the budget of 3s would not do for the next probe") || !strings.Contains(r.stderr, "to go on:") {
		t.Errorf("%s\n%s", r.stdout, r.stderr)
	}
	reportedAgain(t, dir)
}

// What is decided with a search is checked before any load, kept beside the study, and begins its report.
func TestASearchDecides(t *testing.T) {
	url, dir := crowded(t), t.TempDir()
	study, prices := filepath.Join(dir, "study"), filepath.Join(dir, "prices.yaml")
	write := func(target, price string) {
		t.Helper()
		text := "currency: EUR\ndemand: {now: 10/s, peak: 2, growth: 25%}\noptions:\n  - name: this one\n    target: " + target + "\n" + price
		if err := os.WriteFile(prices, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const month = "    month: {price: 212, source: a bill, date: 2026-11-01}\n"
	for _, wrong := range []struct{ target, price, want string }{
		{"shop", "", "has no price"}, {"till", month, `there is no target "till" to measure, only shop`},
	} {
		write(wrong.target, wrong.price)
		r := stress(t, nil, quickSearch("shop="+url, "error_rate < 20%", "--out", study, "--decide", prices)...)
		r.wantCode(t, exitUsage)
		if _, err := os.Stat(study); err == nil || !strings.Contains(r.stderr, wrong.want) {
			t.Errorf("%v, want %q: %s", err, wrong.want, r.stderr)
		}
	}
	write("shop", month)
	r := stress(t, nil, quickSearch("shop="+url, "error_rate < 20%", "--out", study, "--decide", prices)...)
	if strings.Contains(r.stdout, "CANNOT TELL") && strings.Contains(r.stdout, "This machine was too busy") {
		t.Skipf("!!! LEFT OUT: this machine is too busy elsewhere for a search\n%s", r.stdout)
	}
	if r.code != exitPass && r.code != exitInconclusive { // which a busy machine may make of it
		t.Errorf("exit code %d", r.code)
	}
	if !strings.Contains(unfolded(r.stdout), "With this one your 20/s at the peak are carried with") || !strings.Contains(unfolded(r.stdout), "for EUR 212 a month") {
		t.Errorf("%s\n%s", r.stdout, r.stderr)
	}
	for _, file := range []string{"decision.yaml", "demand.png", "demand.svg", "probes-shop.svg"} {
		if _, err := os.Stat(filepath.Join(study, file)); err != nil {
			t.Error(err)
		}
	}
	reportedAgain(t, study)

	// Another price in its directory decides anew.
	kept := filepath.Join(study, "decision.yaml")
	text, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(kept, bytes.Replace(text, []byte("212"), []byte("99"), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := stress(t, nil, "report", study); !strings.Contains(unfolded(r.stdout), "for EUR 99 a month") {
		t.Errorf("%s\n%s", r.stdout, r.stderr)
	}
	if r := stress(t, nil, "compare", study, study); r.code != exitUsage || !strings.Contains(r.stderr, "is a study of a capacity") {
		t.Errorf("a study was compared: %d, %s", r.code, r.stderr)
	}
	if r := stress(t, nil, "report", dir); r.code != exitPass || !strings.Contains(r.stdout, "study") {
		t.Errorf("the index has no study: %d, %s\n%s", r.code, r.stdout, r.stderr)
	}
}
