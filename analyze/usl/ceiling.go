package usl

import (
	"math"
	"slices"
)

// fitCeiling fits min(γN, C) exactly. For every place of the wall between two sizes the best γ
// is that of the points below it and the best C the mean of those above; where these two do not
// meet between the two sizes, the wall stands at a size, and only γ is free. The best of all of
// these is the least there is, with no starting value and no step.
func fitCeiling(points []Point) Fit {
	sorted := slices.SortedFunc(slices.Values(points), func(a, b Point) int {
		if a.N < b.N {
			return -1
		}
		return 1
	})
	best, least := Curve{Model: Ceiling}, math.Inf(1)
	for i, p := range sorted {
		candidates := []Curve{wallAt(sorted, p.N)}
		if i > 0 {
			candidates = append(candidates, wallAfter(sorted, i))
		}
		for _, c := range candidates {
			if s := sse(c, sorted); s < least {
				best, least = c, s
			}
		}
	}
	f := newFit(best, points, coefficientsOf(Ceiling))
	var below, above float64 // what γ and C stand on
	for _, p := range points {
		if best.Gamma*p.N < best.Wall {
			below += p.N * p.N
		} else {
			above++
		}
	}
	f.add("γ", best.Gamma, f.Residual/math.Sqrt(below), false)
	f.add("C", best.Wall, f.Residual/math.Sqrt(above), false)
	return f
}

// wallAfter is the curve whose first points are below the wall and the rest on it.
func wallAfter(sorted []Point, below int) Curve {
	var nx, nn, x float64
	for _, p := range sorted[:below] {
		nx, nn = nx+p.N*p.X, nn+p.N*p.N
	}
	for _, p := range sorted[below:] {
		x += p.X
	}
	return Curve{Model: Ceiling, Gamma: nx / nn, Wall: x / float64(len(sorted)-below)}
}

// wallAt is the curve that reaches its wall at the size n.
func wallAt(sorted []Point, n float64) Curve {
	var nx, nn float64
	for _, p := range sorted {
		m := math.Min(p.N, n)
		nx, nn = nx+m*p.X, nn+m*m
	}
	return Curve{Model: Ceiling, Gamma: nx / nn, Wall: nx / nn * n}
}
