package runlog_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// long writes seconds from one to before the other of a leg: answers of as many
// milliseconds as the second has, and every fifth second a failed one.
func long(t *testing.T, l *runlog.LegWriter, from, to int) {
	t.Helper()
	for s := from; s < to; s++ {
		response, failed := hist.New(), hist.New()
		response.Record(time.Duration(s) * time.Millisecond)
		if s%5 == 0 {
			failed.Record(time.Duration(s) * time.Millisecond)
		}
		at := time.Duration(s) * time.Second
		must(t, l.Second(runlog.Second{T: s},
			hist.Interval{Tag: runlog.TagResponse, Start: at, Length: time.Second, Hist: response},
			hist.Interval{Tag: runlog.TagFailed, Start: at, Length: time.Second, Hist: failed}))
	}
}

// holds checks that a run's only leg has the answers of those seconds, each once.
func holds(t *testing.T, dir string, seconds ...[2]int) (lines []hist.Interval) {
	t.Helper()
	r, err := runlog.Open(dir)
	must(t, err)
	lines, err = collect(records(t, r)[0])
	must(t, err)
	got, want := map[string]*hist.Histogram{}, map[string]*hist.Histogram{}
	for _, m := range []map[string]*hist.Histogram{got, want} {
		m[runlog.TagResponse], m[runlog.TagFailed] = hist.New(), hist.New()
	}
	for _, iv := range lines {
		got[iv.Tag].Merge(iv.Hist)
	}
	for _, part := range seconds {
		for s := part[0]; s < part[1]; s++ {
			want[runlog.TagResponse].Record(time.Duration(s) * time.Millisecond)
			if s%5 == 0 {
				want[runlog.TagFailed].Record(time.Duration(s) * time.Millisecond)
			}
		}
	}
	for tag, want := range want {
		if got := got[tag]; got.N() != want.N() || got.Mean() != want.Mean() || got.StdDev() != want.StdDev() {
			t.Fatalf("%s: %d answers of %v, want %d of %v", tag, got.N(), got.Mean(), want.N(), want.Mean())
		}
	}
	return lines
}

// recent is the file of the seconds that are yet to be joined.
func recent(w *runlog.Writer) string {
	return filepath.Join(w.Dir(), "legs/01-single", runlog.RecentFile)
}

func TestLinesSpanMoreAsALegGetsOld(t *testing.T) {
	w, l := open(t)
	long(t, l, 3590, 3612)
	long(t, l, 7192, 7204)
	long(t, l, 86400, 86432)
	must(t, l.Close())
	lines := holds(t, w.Dir(), [2]int{3590, 3612}, [2]int{7192, 7204}, [2]int{86400, 86432})
	spans := map[time.Duration]int{}
	for _, iv := range lines {
		if iv.Tag == runlog.TagResponse {
			spans[iv.Length]++
		}
	}
	if want := map[time.Duration]int{time.Second: 10, 2 * time.Second: 6 + 4, 4 * time.Second: 1, 32 * time.Second: 1}; len(spans) != len(want) {
		t.Errorf("lines by span: %v, want %v", spans, want)
	} else {
		for span, n := range want {
			if spans[span] != n {
				t.Errorf("lines by span: %v, want %v", spans, want)
			}
		}
	}
	if _, err := os.Stat(recent(w)); !os.IsNotExist(err) {
		t.Errorf("recent seconds are left over: %v", err)
	}
	f, err := os.Open(filepath.Join(w.Dir(), "legs/01-single", runlog.LatencyFile))
	must(t, err)
	defer f.Close()
	theirs := hdr.NewHistogramLogReader(f)
	n := 0
	for h, err := theirs.NextIntervalHistogram(); h != nil; h, err = theirs.NextIntervalHistogram() {
		must(t, err)
		n++
	}
	if n != len(lines) {
		t.Errorf("the library reads %d lines of %d", n, len(lines))
	}
}

// Whenever the process dies, every second that was written is read, once.
func TestAKillLosesNoSecondOfALongLeg(t *testing.T) {
	w, l := open(t)
	first := 4*3600 - 8
	long(t, l, first, first+1)
	for s := first + 1; s < 4*3600+20; s++ {
		before, err := os.ReadFile(recent(w))
		must(t, err)
		long(t, l, s, s+1)
		holds(t, w.Dir(), [2]int{first, s + 1})
		// Killed after the seconds were joined and before they were removed.
		after, err := os.ReadFile(recent(w))
		must(t, err)
		if len(after) < len(before) {
			must(t, os.WriteFile(recent(w), before, 0o644))
			holds(t, w.Dir(), [2]int{first, s + 1})
			must(t, os.WriteFile(recent(w), after, 0o644))
		}
	}
}
