// Package hist holds a latency distribution. It wraps HdrHistogram, with [time.Duration] and quantiles in
// [0,1].
//
// There are three reasons for the wrapping. The library's ValueAtQuantile takes 0–100, so that published
// tables have shown the 0.1th percentile as the 10th; here a quantile outside [0,1] panics. The library
// returns an error for a value out of range, which is easily ignored; here such a value is recorded as the
// nearest possible one, so that the total is always the number of records. And here are order statistics (the
// k-th smallest of n), which every exact interval needs.
package hist

import (
	"fmt"
	"iter"
	"math"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// Max is the longest time that a histogram can hold. Longer ones are recorded as Max.
	Max = 2 * time.Hour
	// digits is the precision: the error of a time is at most one part in a thousand, or the
	// resolution if that is more.
	digits = 3
	// lowest decides the memory, about 200 KB for a histogram, and the resolution, which is the
	// largest power of two in it: 64 ns.
	lowest = 100 * time.Nanosecond
)

// Histogram is a distribution of times. The zero value is not usable; use [New] or
// [NewSparse]. It is not safe for concurrent use: shard it and [Histogram.Merge].
type Histogram struct {
	h      *hdr.Histogram
	sparse *hdr.PackedHistogram // instead of h
}

// New returns an empty histogram for times from 0 to [Max].
func New() *Histogram {
	return &Histogram{h: hdr.New(int64(lowest), int64(Max), digits)}
}

// NewSparse is [New] for one of many histograms: it has memory only for the bars that are not empty, and
// keeps that memory at a [Histogram.Reset]. Recording takes a binary search; a quantile takes a dense copy.
func NewSparse() *Histogram {
	return &Histogram{sparse: hdr.NewPacked(int64(lowest), int64(Max), digits)}
}

// moments are the methods that both kinds of the library's histograms have.
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

// dense returns the library's dense histogram, a copy if h is sparse.
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
	if n > 0 {
		h.record(int64(min(max(d, 0), Max)), n)
	}
}

// record adds a value that the library accepts.
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
}

// Add adds every record of b to h.
func (h *Histogram) Add(b Bars) {
	for _, bar := range b {
		h.record(int64(bar.Edge), bar.N) // the last edge is beyond Max, but the library accepts it
	}
}

// Reset empties h and keeps its memory.
func (h *Histogram) Reset() {
	if h.sparse != nil {
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
	return c
}

// N returns the number of records.
func (h *Histogram) N() int64 { return h.moments().TotalCount() }

// Min returns the shortest recorded time, 0 for an empty histogram.
func (h *Histogram) Min() time.Duration {
	if h.N() == 0 {
		return 0
	}
	return time.Duration(h.moments().Min())
}

// Max returns the longest recorded time, 0 for an empty histogram.
func (h *Histogram) Max() time.Duration {
	if h.N() == 0 {
		return 0
	}
	return time.Duration(h.moments().Max())
}

// Mean returns the arithmetic mean, 0 for an empty histogram.
func (h *Histogram) Mean() time.Duration {
	if h.N() == 0 {
		return 0
	}
	return time.Duration(math.Round(h.moments().Mean()))
}

// StdDev returns the population standard deviation, 0 for an empty histogram.
func (h *Histogram) StdDev() time.Duration {
	if h.N() == 0 {
		return 0
	}
	return time.Duration(math.Round(h.moments().StdDev()))
}

// Quantile returns the nearest-rank quantile: the smallest recorded time with at
// least q·N records at or below it. q is in [0,1]; anything else panics. The result for an empty
// histogram is 0: check [Histogram.N] first.
func (h *Histogram) Quantile(q float64) time.Duration {
	if !(q >= 0 && q <= 1) {
		panic(fmt.Sprintf("hist: quantile %v is outside [0,1]", q))
	}
	if h.N() == 0 {
		return 0
	}
	// The factor prevents that rounding raises q·N by a rank: 0.07·100 is 7, not 8. It covers
	// the two roundings here, and is no greater than HdrHistogram's own.
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
	// k − 1/4 is rank k, whether the library rounds up or to the nearest. The library's scan
	// allocates nothing; iterating over the bars would.
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
