package hist_test

import (
	"bytes"
	"io"
	"slices"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"

	"github.com/stress-tool/stress/runlog/hist"
)

// What is read by us and by the library is the same, bar by bar, over all that a
// histogram can hold.
func TestBarsAreTheLibrarys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := hist.New()
		for range rapid.IntRange(0, 40).Draw(t, "bars") {
			at := rapid.Int64Range(0, 1<<rapid.IntRange(1, 43).Draw(t, "octave")).Draw(t, "time")
			h.RecordN(time.Duration(at), rapid.Int64Range(1, 1<<rapid.IntRange(1, 30).Draw(t, "size")).Draw(t, "n"))
		}
		log := write(t, hist.Interval{Tag: "a", Length: time.Second, Hist: h})
		theirs, err := hdr.NewHistogramLogReader(bytes.NewReader(log)).NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		var want hist.Bars
		for _, b := range theirs.Distribution() {
			if b.Count > 0 {
				want = append(want, hist.Bar{Edge: time.Duration(b.To), N: b.Count})
			}
		}
		got, err := hist.NewLogReader(bytes.NewReader(log)).Next()
		if err != nil || !slices.Equal(got.Bars, want) || got.Bars.N() != h.N() {
			t.Fatalf("%v, %v, want %v", got.Bars, err, want)
		}
		back := hist.New()
		if back.Add(got.Bars); !slices.Equal(barsOf(back), want) {
			t.Fatal("a histogram of the bars is another")
		}
	})
}

func TestBarsMergeAsHistogramsDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := hist.New()
		var merged hist.Bars
		var sum hist.Sum
		sum.Add(barsOf(of(times(t, "taken away", 0)...)))
		sum.Take()
		for range rapid.IntRange(0, 5).Draw(t, "parts") {
			h := of(times(t, "times", 0)...)
			part := barsOf(h)
			kept := slices.Clone(part)
			merged = merged.Merge(part)
			sum.Add(part)
			if whole.Merge(h); !slices.Equal(part, kept) {
				t.Fatal("what was added changed")
			}
		}
		if want := barsOf(whole); !slices.Equal(merged, want) {
			t.Fatalf("%v, want %v", merged, want)
		} else if sum := sum.Take(); !slices.Equal(sum, want) {
			t.Fatalf("summed %v, want %v", sum, want)
		}
	})
}

func barsOf(h *hist.Histogram) (b hist.Bars) {
	for edge, n := range h.Bars() {
		b = append(b, hist.Bar{Edge: edge, N: n})
	}
	return b
}

// Reading one interval after the other takes no more memory than the first did.
func TestReadingAllocatesLittle(t *testing.T) {
	var ivs []hist.Interval
	for range 200 {
		ivs = append(ivs, hist.Interval{Tag: "a", Length: time.Second, Hist: of(time.Millisecond, time.Second, time.Minute)})
	}
	r := hist.NewLogReader(bytes.NewReader(write(t, ivs...)))
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := r.Next(); err != nil && err != io.EOF {
			t.Fatal(err)
		}
	}); n > 20 {
		t.Errorf("%v allocations an interval", n)
	}
}

func TestOnlyTheTagsAskedFor(t *testing.T) {
	r := hist.NewLogReader(bytes.NewReader(write(t,
		hist.Interval{Tag: "a", Hist: of(1)}, hist.Interval{Tag: "b", Hist: of(1)}, hist.Interval{Tag: "a", Hist: of(1)})))
	r.Tags = []string{"b"}
	if iv, err := r.Next(); err != nil || iv.Tag != "b" {
		t.Errorf("%+v, %v", iv, err)
	}
	if iv, err := r.Next(); err != io.EOF {
		t.Errorf("%+v, %v", iv, err)
	}
}

// A sparse histogram says, writes and takes in what a dense one does.
func TestSparseIsAsDense(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := [2][2]*hist.Histogram{}
		for i := range parts {
			dense, sparse := hist.New(), hist.NewSparse()
			for _, d := range times(t, "times", 0) {
				dense.Record(d)
				sparse.Record(d)
			}
			parts[i] = [2]*hist.Histogram{dense, sparse}
		}
		alike := func(a, b *hist.Histogram) {
			t.Helper()
			if !slices.Equal(barsOf(a), barsOf(b)) || a.N() != b.N() || a.Mean() != b.Mean() ||
				a.StdDev() != b.StdDev() || a.Min() != b.Min() || a.Max() != b.Max() || a.Quantile(0.9) != b.Quantile(0.9) || a.AtMost(time.Second) != b.AtMost(time.Second) {
				t.Fatalf("%v, sparse %v", barsOf(a), barsOf(b))
			}
			if a, b := write(t, hist.Interval{Tag: "a", Hist: a}), write(t, hist.Interval{Tag: "a", Hist: b}); !bytes.Equal(a, b) {
				t.Fatalf("written %s, sparse %s", a, b)
			}
		}
		alike(parts[0][0], parts[0][1])
		for _, from := range parts[1] {
			dense, sparse := parts[0][0].Clone(), parts[0][1].Clone()
			dense.Merge(from)
			sparse.Merge(from)
			alike(dense, sparse)
			dense.Reset()
			sparse.Reset()
			alike(dense, sparse)
		}
	})
}
