package hist

import (
	"cmp"
	"slices"
	"time"
)

// Bar is a bar of a distribution that holds something: Edge is the longest time it
// stands for, N how many times it holds, at least 1.
type Bar struct {
	Edge time.Duration
	N    int64
}

// Bars are a distribution as its bars from short to long. They take the room of what is
// in them, where a [Histogram] takes that of all that could be.
type Bars []Bar

// N is how many times there are.
func (b Bars) N() int64 {
	var n int64
	for _, bar := range b {
		n += bar.N
	}
	return n
}

// Merge is b and o together. It grows b in place where b has room, and leaves o as it is.
func (b Bars) Merge(o Bars) Bars {
	fresh := 0
	for i, j := 0, 0; j < len(o); {
		switch c := compare(b, i, o[j]); {
		case c < 0:
			i++
		case c == 0:
			i, j = i+1, j+1
		default:
			fresh, j = fresh+1, j+1
		}
	}
	i, j := len(b)-1, len(o)-1
	b = slices.Grow(b, fresh)[:len(b)+fresh]
	// From the end, so that every bar of b is read before its place is written.
	for at := len(b) - 1; j >= 0; at-- {
		switch {
		case i >= 0 && b[i].Edge > o[j].Edge:
			b[at], i = b[i], i-1
		case i >= 0 && b[i].Edge == o[j].Edge:
			b[at], i, j = Bar{o[j].Edge, b[i].N + o[j].N}, i-1, j-1
		default:
			b[at], j = o[j], j-1
		}
	}
	return b
}

// compare orders the i-th of the bars before or after another; after where there is none.
func compare(b Bars, i int, o Bar) int {
	if i >= len(b) {
		return 1
	}
	return cmp.Compare(b[i].Edge, o.Edge)
}
