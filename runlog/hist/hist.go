// Package hist holds a latency distribution: HdrHistogram inside,
// [time.Duration] and quantiles in [0,1] outside.
//
// The wrapping exists for three reasons. The library's ValueAtQuantile takes
// 0–100, which has put the 0.1th percentile into published tables as the 10th;
// here a quantile outside [0,1] panics. An out-of-range value is an error there
// that is easy to drop; here it is clamped and counted, so the total is always
// the number of records. And order statistics (the k-th smallest of n), which
// every exact interval needs, are first-class here.
package hist

import (
	"fmt"
	"iter"
	"math"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// Max is the longest time a histogram can hold; longer ones are recorded as
	// Max and counted by [Histogram.Clamped].
	Max = 2 * time.Hour
	// digits is the precision: a time comes back off by at most one part in a
	// thousand, or by resolution where that is more.
	digits = 3
	// lowest sets the memory, about 200 KB for a histogram, and with it the
	// resolution: the largest power of two in it, 64 ns.
	lowest = 100 * time.Nanosecond
)

// Histogram is a distribution of times. The zero value is not usable; use [New] or
// [NewSparse]. It is not safe for concurrent use: shard it and [Histogram.Merge].
type Histogram struct {
	h       *hdr.Histogram
	sparse  *hdr.PackedHistogram // instead of h
	clamped int64
}

// New returns an empty histogram for times from 0 to [Max].
func New() *Histogram {
	return &Histogram{h: hdr.New(int64(lowest), int64(Max), digits)}
}

// NewSparse is [New] for one of many: it takes the room of the bars that are not empty,
// and keeps it at a [Histogram.Reset]. Recording into it takes a binary search, and any
// question about quantiles a dense copy.
func NewSparse() *Histogram {
	return &Histogram{sparse: hdr.NewPacked(int64(lowest), int64(Max), digits)}
}

// moments are what both kinds of the library's histograms know of themselves.
type moments interface {
	TotalCount() int64
	Min() int64
	Max() int64
	Mean() float64
	StdDev() float64
}

func (h *Histogram) moments() moments {
	if h.sparse != nil {
		return h.sparse
	}
	return h.h
}

// dense is the histogram as the library's dense one; a copy of a sparse one.
func (h *Histogram) dense() *hdr.Histogram {
	if h.sparse == nil {
		return h.h
	}
	d := New()
	h.sparse.MergeInto(d.h)
	return d.h
}

// Record adds one time. Negative times count as 0, times above [Max] as Max.
func (h *Histogram) Record(d time.Duration) { h.RecordN(d, 1) }

// RecordN adds the same time n times; n ≤ 0 adds nothing.
func (h *Histogram) RecordN(d time.Duration, n int64) {
	if n <= 0 {
		return
	}
	if d < 0 {
		d = 0
		h.clamped += n
	} else if d > Max {
		d = Max
		h.clamped += n
	}
	h.record(int64(d), n)
}

// record adds a value that the library must take.
func (h *Histogram) record(v, n int64) {
	var err error
	if h.sparse != nil {
		err = h.sparse.RecordValues(v, n)
	} else {
		err = h.h.RecordValues(v, n)
	}
	if err != nil {
		panic(fmt.Sprintf("hist: internal error: %v recorded %d times: %v", time.Duration(v), n, err))
	}
}

// Merge adds every record of o to h; o is unchanged.
func (h *Histogram) Merge(o *Histogram) {
	var dropped int64
	switch {
	case h.sparse == nil && o.sparse == nil:
		dropped = h.h.Merge(o.h)
	case h.sparse == nil:
		dropped = o.sparse.MergeInto(h.h)
	case o.sparse == nil:
		dropped = h.sparse.MergeFrom(o.h)
	default:
		dropped = h.sparse.Merge(o.sparse)
	}
	if dropped != 0 {
		panic(fmt.Sprintf("hist: internal error: merge dropped %d records", dropped))
	}
	h.clamped += o.clamped
}

// Add adds every record of b to h.
func (h *Histogram) Add(b Bars) {
	for _, bar := range b {
		h.record(int64(bar.Edge), bar.N) // the last edge lies beyond Max, and within what the library keeps
	}
}

// Reset empties h and keeps its memory.
func (h *Histogram) Reset() {
	if h.clamped = 0; h.sparse != nil {
		h.sparse.Reset()
		return
	}
	h.h.Reset()
}

// Clone returns an independent copy.
func (h *Histogram) Clone() *Histogram {
	c := NewSparse()
	if h.sparse == nil {
		c = New()
	}
	c.Merge(h)
	c.clamped = h.clamped
	return c
}

// N is the number of records.
func (h *Histogram) N() int64 { return h.moments().TotalCount() }

// Clamped is how many records lay outside [0, Max] and were moved to its edge.
// It does not survive encoding.
func (h *Histogram) Clamped() int64 { return h.clamped }

// Min is the shortest time recorded, 0 for an empty histogram.
func (h *Histogram) Min() time.Duration {
	if h.N() == 0 {
		return 0
	}
	return time.Duration(h.moments().Min())
}

// Max is the longest time recorded, 0 for an empty histogram.
func (h *Histogram) Max() time.Duration {
	if h.N() == 0 {
		return 0
	}
	return time.Duration(h.moments().Max())
}

// Mean is the arithmetic mean, 0 for an empty histogram.
func (h *Histogram) Mean() time.Duration {
	if h.N() == 0 {
		return 0
	}
	return time.Duration(math.Round(h.moments().Mean()))
}

// StdDev is the population standard deviation, 0 for an empty histogram.
func (h *Histogram) StdDev() time.Duration {
	if h.N() == 0 {
		return 0
	}
	return time.Duration(math.Round(h.moments().StdDev()))
}

// Quantile returns the nearest-rank quantile: the smallest recorded time with at
// least q·N records at or below it. q is in [0,1]; anything else panics. An empty
// histogram answers 0: ask [Histogram.N] first.
func (h *Histogram) Quantile(q float64) time.Duration {
	if !(q >= 0 && q <= 1) {
		panic(fmt.Sprintf("hist: quantile %v is outside [0,1]", q))
	}
	if h.N() == 0 {
		return 0
	}
	// The guard keeps q·N from rising a rank by rounding: 0.07·100 is 7, not 8. It is
	// the two roundings there can be, and no wider than HdrHistogram's own.
	rank := int64(math.Ceil(q * float64(h.N()) * (1 - 0x1p-51)))
	return h.Rank(max(rank, 1))
}

// Rank returns the k-th smallest record, k in [1,N]; anything else panics.
func (h *Histogram) Rank(k int64) time.Duration {
	n := h.N()
	if k < 1 || k > n {
		panic(fmt.Sprintf("hist: rank %d is outside [1,%d]", k, n))
	}
	switch k {
	case 1:
		return h.Min()
	case n:
		return h.Max()
	}
	// A quarter below k is rank k whether the library rounds up or to the nearest;
	// its scan allocates nothing, where walking the bars would.
	return time.Duration(h.dense().ValueAtPercentile(100 * (float64(k) - 0.25) / float64(n)))
}

// AtMost counts the records in bars up to and including the one that holds d.
func (h *Histogram) AtMost(d time.Duration) int64 {
	if d < 0 {
		return 0
	}
	var seen int64
	dense := h.dense()
	for v, c := range h.Bars() {
		if v > d && !dense.ValuesAreEquivalent(int64(v), int64(d)) {
			break
		}
		seen += c
	}
	return seen
}

// Bars yields every non-empty bar from short to long: the longest time the bar
// stands for, and its count (> 0).
func (h *Histogram) Bars() iter.Seq2[time.Duration, int64] {
	return func(yield func(time.Duration, int64) bool) {
		if h.sparse != nil {
			h.sparse.ForEachBucket(func(value, n int64) bool { return yield(edgeFrom(value), n) })
			return
		}
		for _, b := range h.h.Distribution() {
			if b.Count > 0 && !yield(time.Duration(b.To), b.Count) {
				return
			}
		}
	}
}
