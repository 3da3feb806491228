package hist

import (
	"cmp"
	"math/bits"
	"slices"
	"time"
)

// Bar is a bar of a distribution: Edge is the longest time that it stands for, N how many times it holds, at
// least 1.
type Bar struct {
	Edge time.Duration
	N    int64
}

// Bars are a distribution as its bars, from short to long. Their memory depends on the number of bars that
// hold something; that of a [Histogram] depends on its range.
type Bars []Bar

// N returns the number of times.
func (b Bars) N() int64 {
	var n int64
	for _, bar := range b {
		n += bar.N
	}
	return n
}

// Merge returns the sum of b and o. It reuses the memory of b, and leaves o unchanged.
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

// compare compares the edge of bar i with that of another bar. A bar that does not exist is greater.
func compare(b Bars, i int, o Bar) int {
	if i >= len(b) {
		return 1
	}
	return cmp.Compare(b[i].Edge, o.Edge)
}

// Sum adds up the bars of many intervals. It allocates memory per octave that occurs, and is faster than
// merging a few bars with many ([Bars.Merge]). The zero value is empty.
type Sum struct {
	octaves [mostBars >> halfBits]*[1 << halfBits]int64
}

// Add adds every time of b.
func (s *Sum) Add(b Bars) {
	for _, bar := range b {
		i := index(bar.Edge)
		o := s.octaves[i>>halfBits]
		if o == nil {
			o = new([1 << halfBits]int64)
			s.octaves[i>>halfBits] = o
		}
		o[i&(1<<halfBits-1)] += bar.N
	}
}

// Take returns the sum and resets it to zero.
func (s *Sum) Take() Bars {
	var b Bars
	for k, o := range s.octaves {
		if o == nil {
			continue
		}
		for i, n := range o {
			if n > 0 {
				b = append(b, Bar{edge(int64(k<<halfBits | i)), n})
			}
		}
		clear(o[:])
	}
	return slices.Clip(b)
}

// index is the inverse of edge.
func index(e time.Duration) int {
	octave := max(0, bits.Len64(uint64(e))-1-halfBits-unitBits)
	return octave<<halfBits + int(e)>>(octave+unitBits)
}
