package plan

import (
	"math"
	"sort"
	"time"
)

// curve is a rate that changes in straight lines from stage to stage. The area below it,
// A(t) = ∫₀ᵗ rate, is how much of the load is due by t. Start n is due at the last instant with
// A(t) ≤ n. For a constant rate that is n/rate; at a rate of 0 a start waits until the rate rises.
// There are ⌈A(duration)⌉ starts.
type curve struct {
	lines []slope // never empty, none of zero length
	area  float64 // of all lines
}

// slope is one straight line of a curve.
type slope struct {
	at       time.Duration
	length   float64 // seconds
	from, to float64 // starts per second
	before   float64 // area of the lines before it
}

// roundingSlack is a relative error: 0.1·30 = 3.0000000000000004 must be 3 starts and not 4.
const roundingSlack = 1e-12

// newCurve makes a curve that begins at rate 0. A stage without duration only changes the rate.
func newCurve(stages []Stage) curve {
	var c curve
	var at time.Duration
	level := 0.0
	for _, s := range stages {
		if s.Duration > 0 {
			l := slope{at: at, length: s.Duration.Seconds(), from: level, to: s.Rate, before: c.area}
			c.lines = append(c.lines, l)
			c.area += l.area(l.length)
			at += s.Duration
		}
		level = s.Rate
	}
	return c
}

func (c curve) count() uint64 { return uint64(math.Ceil(c.area * (1 - roundingSlack))) }

func (c curve) due(n uint64) time.Duration { return c.timeOfArea(float64(n)) }

func (c curve) at(u float64) time.Duration { return c.timeOfArea(u * c.area) }

// timeOfArea returns the last instant with an area of at most y.
func (c curve) timeOfArea(y float64) time.Duration {
	i := sort.Search(len(c.lines), func(i int) bool { return c.lines[i].before > y*(1+roundingSlack) }) - 1
	l := c.lines[i]
	return l.at + time.Duration(math.Round(l.inverseArea(max(0, y-l.before))*float64(time.Second)))
}

func (c curve) rate(at time.Duration) float64 {
	i := sort.Search(len(c.lines), func(i int) bool { return c.lines[i].at > at }) - 1
	l := c.lines[i]
	return l.from + (l.to-l.from)*(at-l.at).Seconds()/l.length
}

// area returns the area below the first t seconds of the line.
func (l slope) area(t float64) float64 {
	return t * (l.from + (l.to-l.from)*t/l.length/2)
}

// inverseArea is the inverse of area: the seconds until the area is y. It is the root of
// y = from·t + (to−from)·t²/(2·length), in the form without cancellation when from and to are close.
func (l slope) inverseArea(y float64) float64 {
	root := math.Sqrt(max(0, l.from*l.from+2*(l.to-l.from)/l.length*y))
	if l.from+root == 0 {
		return 0
	}
	return min(2*y/(l.from+root), l.length)
}
