package hist_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/runlog/hist"
)

// resolution is the width of the finest bars.
const resolution = 64 * time.Nanosecond

// times draws times over the whole range, clustered so that ties are common.
func times(t *rapid.T, label string, least int) []time.Duration {
	one := rapid.OneOf(
		rapid.Int64Range(0, 20),
		rapid.Int64Range(0, int64(time.Millisecond)),
		rapid.Int64Range(int64(time.Millisecond), int64(2*time.Second)),
		rapid.Int64Range(0, int64(hist.Max)),
	)
	var ds []time.Duration
	for _, v := range rapid.SliceOfN(one, least, 60).Draw(t, label) {
		ds = append(ds, time.Duration(v))
	}
	return ds
}

func of(ds ...time.Duration) *hist.Histogram {
	h := hist.New()
	for _, d := range ds {
		h.Record(d)
	}
	return h
}

// near holds a time to the precision the package promises.
func near(got, want time.Duration) bool {
	return (got - want).Abs() <= max(want/1000, resolution)
}

// bars are the times a histogram holds, each as often as it was recorded.
func bars(h *hist.Histogram) (all []time.Duration) {
	for d, n := range h.Bars() {
		all = append(all, slices.Repeat([]time.Duration{d}, int(n))...)
	}
	return all
}

// same compares what two histograms hold.
func same(a, b *hist.Histogram) bool { return slices.Equal(bars(a), bars(b)) }

func TestQuantileIsTheExactNearestRank(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ds := times(t, "times", 1)
		h := of(ds...)
		slices.Sort(ds)
		q := rapid.OneOf(rapid.Float64Range(0, 1), rapid.SampledFrom([]float64{0, 0.5, 0.9, 0.95, 0.99, 0.999, 1})).Draw(t, "q")
		// The guard of the package moves q·n by less than 1e-12 here.
		rank := max(1, int(math.Ceil(q*float64(len(ds))-1e-12)))
		if got, want := h.Quantile(q), ds[rank-1]; !near(got, want) {
			t.Fatalf("quantile %v of %d is %v, want %v", q, len(ds), got, want)
		}
	})
}

func TestRankIsTheKthSmallest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ds := times(t, "times", 1)
		h := of(ds...)
		slices.Sort(ds)
		last := time.Duration(0)
		for i, want := range ds {
			got := h.Rank(int64(i + 1))
			if !near(got, want) || got < last {
				t.Fatalf("rank %d is %v after %v, want %v", i+1, got, last, want)
			}
			if q := h.Quantile(float64(i+1) / float64(len(ds))); q != got {
				t.Fatalf("quantile %d/%d is %v, rank %d is %v", i+1, len(ds), q, i+1, got)
			}
			last = got
		}
		if !near(h.Min(), ds[0]) || !near(h.Max(), ds[len(ds)-1]) {
			t.Fatalf("%v to %v, want %v to %v", h.Min(), h.Max(), ds[0], ds[len(ds)-1])
		}
	})
}

func TestMomentsFollowTheRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ds := times(t, "times", 1)
		h := of(ds...)
		mean, square := 0.0, 0.0
		for _, d := range ds {
			mean += float64(d) / float64(len(ds))
		}
		for _, d := range ds {
			square += (float64(d) - mean) * (float64(d) - mean) / float64(len(ds))
		}
		slack := time.Duration(mean/1000) + resolution
		if diff := (h.Mean() - time.Duration(mean)).Abs(); diff > slack {
			t.Fatalf("mean %v, want %v", h.Mean(), time.Duration(mean))
		}
		// Each record moves by at most a thousandth, so the deviation by at most a
		// thousandth of the root mean square of the records.
		size := time.Duration(math.Sqrt(square+mean*mean)/500) + 2*resolution
		if diff := (h.StdDev() - time.Duration(math.Sqrt(square))).Abs(); diff > size {
			t.Fatalf("standard deviation %v, want %v", h.StdDev(), time.Duration(math.Sqrt(square)))
		}
	})
}

func TestAtMostInvertsRank(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ds := times(t, "times", 1)
		h := of(ds...)
		slices.Sort(ds)
		k := rapid.Int64Range(1, h.N()).Draw(t, "k")
		if n := h.AtMost(h.Rank(k)); n < k {
			t.Fatalf("%d records at or below the one of rank %d", n, k)
		}
		d := time.Duration(rapid.Int64Range(0, int64(hist.Max)).Draw(t, "d"))
		lo, _ := slices.BinarySearch(ds, d-d/1000-resolution)
		hi, _ := slices.BinarySearch(ds, d+d/1000+resolution)
		if n := h.AtMost(d); n < int64(lo) || n > int64(hi) {
			t.Fatalf("%d at or below %v, want %d to %d", n, d, lo, hi)
		}
		if h.AtMost(-1) != 0 || h.AtMost(math.MaxInt64) != h.N() {
			t.Fatalf("%d below zero, %d of %d in all", h.AtMost(-1), h.AtMost(math.MaxInt64), h.N())
		}
	})
}

func TestMergeIsRecordingBoth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		as, bs := times(t, "a", 0), times(t, "b", 0)
		as = append(as, -1) // recorded as 0
		ab, ba, both := of(as...), of(bs...), of(append(slices.Clone(as), bs...)...)
		b, a := ba.Clone(), ab.Clone()
		ab.Merge(b)
		ba.Merge(a)
		want := bars(both)
		if !slices.Equal(bars(ab), want) || !slices.Equal(bars(ba), want) {
			t.Fatalf("merged %d and %d records, recorded %d", ab.N(), ba.N(), both.N())
		}
		if b.N() != int64(len(bs)) {
			t.Fatal("merging changed what was merged")
		}
		if b.Reset(); b.N() != 0 || b.Max() != 0 {
			t.Fatal("reset left something behind")
		}
	})
}

func TestRecordNIsRecordingNTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(-10, int64(hist.Max)+10).Draw(t, "d"))
		n := rapid.Int64Range(-3, 50).Draw(t, "n")
		at, each := hist.New(), hist.New()
		at.RecordN(d, n)
		for range max(n, 0) {
			each.Record(d)
		}
		if !same(at, each) {
			t.Fatalf("%d at once, %d one by one", at.N(), each.N())
		}
	})
}

func TestTimesOutOfRangeAreRecordedAtTheEdge(t *testing.T) {
	h := of(-time.Second, math.MinInt64, hist.Max+1, math.MaxInt64, 0, hist.Max)
	if h.N() != 6 || h.AtMost(0) != 3 {
		t.Fatalf("%d records, %d of them 0", h.N(), h.AtMost(0))
	}
	if h.Min() != 0 || !near(h.Max(), hist.Max) || !near(h.Quantile(1), hist.Max) {
		t.Fatalf("%v to %v", h.Min(), h.Max())
	}
}

func TestEmpty(t *testing.T) {
	h := hist.New()
	if h.N() != 0 || h.Min() != 0 || h.Max() != 0 || h.Mean() != 0 || h.StdDev() != 0 || h.Quantile(0.5) != 0 || h.AtMost(hist.Max) != 0 {
		t.Fatal("an empty histogram says something")
	}
	for range h.Bars() {
		t.Fatal("an empty histogram has a bar")
	}
}

func TestMisuseOfQuantilesAndRanksPanics(t *testing.T) {
	h := of(1, 2, 3)
	for name, f := range map[string]func(){
		"percent":      func() { h.Quantile(99) },
		"negative":     func() { h.Quantile(-0.1) },
		"no number":    func() { h.Quantile(math.NaN()) },
		"rank 0":       func() { h.Rank(0) },
		"rank above n": func() { h.Rank(4) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was accepted", name)
				}
			}()
			f()
		}()
	}
}

// The rank rule of HdrHistogram's own tests: of {1, 2}, a quantile one rounding
// above a half is still the first.
func TestRankRule(t *testing.T) {
	const unit = time.Millisecond
	two, five := of(unit, 2*unit), of(unit, 2*unit, 2*unit, 2*unit, 2*unit)
	for _, c := range []struct {
		h    *hist.Histogram
		q    float64
		want time.Duration
	}{
		{two, 0.5, unit}, {two, 0.5000000000000001, unit}, {two, 0.500000000000001, 2 * unit},
		{five, 0.2, unit}, {five, 0.25, 2 * unit}, {five, 0.30, 2 * unit},
	} {
		if got := c.h.Quantile(c.q); !near(got, c.want) {
			t.Errorf("quantile %v of %d: %v, want %v", c.q, c.h.N(), got, c.want)
		}
	}
	// 0.07·100 is 7.000000000000001 in floating point, and still rank 7.
	h := hist.New()
	for i := range 100 {
		h.Record(time.Duration(i+1) * unit)
	}
	for i := 1; i <= 100; i++ {
		if got := h.Quantile(float64(i) / 100); !near(got, time.Duration(i)*unit) {
			t.Errorf("quantile 0.%02d: %v", i, got)
		}
	}
}

// HdrHistogramDataAccessTest of the Java library: 10 000 times 1 ms and a stall of
// 100 s, as recorded, and with what a stalled generator left out filled in.
func TestStallVectors(t *testing.T) {
	const ms = time.Millisecond
	raw := hist.New()
	raw.RecordN(ms, 10_000)
	raw.Record(100 * time.Second)
	filled := raw.Clone()
	for d := 100*time.Second - 10*ms; d >= 10*ms; d -= 10 * ms {
		filled.Record(d)
	}
	for _, c := range []struct {
		name      string
		h         *hist.Histogram
		n         int64
		quantiles map[float64]time.Duration
		mean, sd  time.Duration
		atMost5   float64
	}{
		{"raw", raw, 10_001, map[float64]time.Duration{0.30: ms, 0.99: ms, 0.9999: ms, 0.99999: 100 * time.Second, 1: 100 * time.Second},
			10_998_900, 999_890_011, 0.9999},
		{"filled", filled, 20_000, map[float64]time.Duration{0.5: ms, 0.75: 50 * time.Second, 0.9: 80 * time.Second, 0.99: 98 * time.Second, 0.99999: 100 * time.Second},
			25_003 * ms, 32_276_410 * time.Microsecond, 0.5},
	} {
		if c.h.N() != c.n {
			t.Errorf("%s: %d records, want %d", c.name, c.h.N(), c.n)
		}
		for q, want := range c.quantiles {
			if got := c.h.Quantile(q); !near(got, want) {
				t.Errorf("%s: quantile %v is %v, want %v", c.name, q, got, want)
			}
		}
		if !near(c.h.Mean(), c.mean) || !near(c.h.StdDev(), c.sd) {
			t.Errorf("%s: mean %v, deviation %v, want %v, %v", c.name, c.h.Mean(), c.h.StdDev(), c.mean, c.sd)
		}
		if share := float64(c.h.AtMost(5*ms)) / float64(c.n); math.Abs(share-c.atMost5) > 1e-4 {
			t.Errorf("%s: %v at or below 5 ms, want %v", c.name, share, c.atMost5)
		}
	}
}
