package analyze

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
	"github.com/stress-tool/stress/runlog/runlogtest"
)

func largeRun(t testing.TB, s runlogtest.Shape) *runlog.Run {
	t.Helper()
	dir := t.TempDir()
	if err := runlogtest.Write(dir, s); err != nil {
		t.Fatal(err)
	}
	run, err := runlog.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// watched is a context that looks at the heap each time it has been asked so many times
// whether it has ended.
type watched struct {
	context.Context
	every, asked int
	most         uint64 // bytes in use
}

func (w *watched) Err() error {
	if w.asked++; w.asked%w.every == 0 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		w.most = max(w.most, m.HeapAlloc)
	}
	return nil
}

// live is the most memory that an analysis had in use when somebody looked, which is some
// twenty times, the last shortly before its end.
func live(t *testing.T, s runlogtest.Shape) uint64 {
	t.Helper()
	run := largeRun(t, s)
	count := &watched{Context: t.Context(), every: 1 << 62}
	if _, err := Analyze(count, run); err != nil {
		t.Fatal(err)
	}
	w := &watched{Context: t.Context(), every: max(1, (count.asked-1)/20)}
	if _, err := Analyze(w, run); err != nil {
		t.Fatal(err)
	}
	return w.most
}

// What is kept of a leg is its summary. It was 3.5 MB, whatever the leg had in it.
func TestMemoryOfALegThatHasBeenJudged(t *testing.T) {
	shape := runlogtest.Shape{Targets: 2, Rounds: 10, Seconds: 3, PerSecond: 200}
	few := live(t, shape)
	shape.Rounds = 100
	many := live(t, shape)
	const legs = 2 * (100 - 10)
	if most := uint64(40_000); many > few+legs*most {
		t.Errorf("%d bytes with 10 rounds, %d with 100: %d a leg", few, many, (many-few)/legs)
	}
}

// What is kept of a second, while its leg is judged, are counts, never times.
func TestMemoryOfASecond(t *testing.T) {
	shape := runlogtest.Shape{Targets: 1, Rounds: 1, Seconds: 300, PerSecond: 500}
	short := live(t, shape)
	shape.Seconds = 3000
	long := live(t, shape)
	if most := uint64(4000); long > short+2700*most {
		t.Errorf("%d bytes for 300 s, %d for 3 000 s: %d a second", short, long, (long-short)/2700)
	}
}

func TestMemoryOfARequestOfAPass(t *testing.T) {
	shape := runlogtest.Shape{Targets: 1, Rounds: 1, Seconds: 60, PerSecond: 500, Requests: 10}
	few := live(t, shape)
	shape.Requests = 100
	many := live(t, shape)
	if most := uint64(200_000); many > few+90*most {
		t.Errorf("%d bytes with 10 requests, %d with 100: %d each", few, many, (many-few)/90)
	}
}

// Rounds taken together are what one leg would be that had all of them in it.
func TestPoolReadsWhatWasDropped(t *testing.T) {
	run := largeRun(t, runlogtest.Shape{Targets: 2, Rounds: 7, Seconds: 5, PerSecond: 100})
	a, err := Analyze(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	all := &timing{}
	for rec, err := range run.Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if rec.Target != a.Pools[1].Target {
			continue
		}
		m, err := measure(t.Context(), rec, seconds(rec), shape{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		all.stretches = append(all.stretches, m.timing(runlog.TagResponse).stretches...)
	}
	all.settle(hist.NewSparse())
	if got, want := fmt.Sprint(a.Pools[1].Times), fmt.Sprint(measured{runlog.TagResponse: all}.latency(runlog.TagResponse)); got != want {
		t.Errorf("pooled  %s\nat once %s", got, want)
	}
}

func BenchmarkReportOfRounds(b *testing.B) {
	for _, rounds := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("rounds=%d", rounds), func(b *testing.B) {
			benchmark(b, runlogtest.Shape{Targets: 2, Rounds: rounds, Seconds: 2, PerSecond: 100})
		})
	}
}

func BenchmarkReportOfLength(b *testing.B) {
	for _, hours := range []int{1, 24} {
		b.Run(fmt.Sprintf("hours=%d", hours), func(b *testing.B) {
			benchmark(b, runlogtest.Shape{Targets: 1, Rounds: 1, Seconds: hours * 3600, PerSecond: 1000})
		})
	}
}

func benchmark(b *testing.B, s runlogtest.Shape) {
	run := largeRun(b, s)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Analyze(b.Context(), run); err != nil {
			b.Fatal(err)
		}
	}
}
