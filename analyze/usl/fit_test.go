package usl

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"pgregory.net/rapid"
)

// vector is a published fit of the Universal Scalability Law. specsdm91 and raytracer are those
// of R's package usl (intervals by the right t, see docs/statistics.md), the rest NGINX's web
// server by its processors, fitted by R's nls with algorithm "port".
type vector struct {
	ID                 string
	N, X               []float64
	Gamma, Alpha, Beta float64
	SE                 []float64
	Interval           [][2]float64
	SSE, Residual      float64
	Peak               []float64
	Limit              float64
	Efficiency         []float64
	RTol               float64
}

func vectors(t *testing.T) []vector {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []vector
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func (v vector) points() []Point { return pointsOf(v.N, v.X) }

func pointsOf(n, x []float64) (points []Point) {
	for i := range n {
		points = append(points, Point{n[i], x[i]})
	}
	return points
}

func published(t *testing.T, id string) []Point {
	t.Helper()
	for _, v := range vectors(t) {
		if v.ID == id {
			return v.points()
		}
	}
	t.Fatalf("testdata/vectors.json has no %q", id)
	return nil
}

func near(t testing.TB, what string, got, want, rtol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= rtol*math.Abs(want)) {
		t.Errorf("%s: got %v, want %v ± %v of it", what, got, want, rtol)
	}
}

func TestPublishedFits(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.ID, func(t *testing.T) {
			f := fit(USL, v.points())
			near(t, "γ", f.Gamma, v.Gamma, v.RTol)
			near(t, "α", f.Alpha, v.Alpha, v.RTol)
			near(t, "β", f.Beta, v.Beta, v.RTol)
			for i, se := range v.SE {
				near(t, "standard error of "+f.Coefficients[i].Name, f.Coefficients[i].SE, se, 10*v.RTol)
			}
			for i, iv := range v.Interval {
				near(t, "lower end of "+f.Coefficients[i].Name, f.Coefficients[i].Lo, iv[0], 3*v.RTol)
				near(t, "upper end of "+f.Coefficients[i].Name, f.Coefficients[i].Hi, iv[1], 3*v.RTol)
			}
			if v.SSE > 0 {
				near(t, "SSE", f.SSE, v.SSE, v.RTol)
			}
			if v.Residual > 0 {
				near(t, "residual", f.Residual, v.Residual, v.RTol)
			}
			n, x := f.Peak()
			if v.Peak != nil {
				near(t, "size at the peak", n, v.Peak[0], 10*v.RTol)
				near(t, "throughput at the peak", x, v.Peak[1], v.RTol)
			}
			if v.Beta == 0 && (!math.IsInf(n, 1) || !f.Coefficients[2].AtBound) {
				t.Errorf("a fit without β has a peak at %v, or does not say that β is at its bound", n)
			}
			if v.Limit > 0 {
				near(t, "limit", f.Limit(), v.Limit, v.RTol)
			}
			for i, e := range v.Efficiency {
				near(t, "measured efficiency", v.X[i]/(f.Gamma*v.N[i]), e, 1e-3)
			}
		})
	}
}

// What the vignette of R's package usl asks of specsdm91: the size of the best use, 1/α, and the same system with less
// contention and coherency.
func TestPublishedWhatIfs(t *testing.T) {
	f := fit(USL, published(t, "specsdm91"))
	near(t, "optimal size", 1/f.Alpha, 36.064, 1e-4)
	near(t, "throughput there", f.At(1/f.Alpha), 1542.3994, 1e-4)
	better := f.Curve
	better.Alpha, better.Beta = 0.001, 1e-5
	n, _ := better.Peak()
	near(t, "size at the peak", n, 316.0696, 1e-6)
	near(t, "limit", better.Limit(), 89995.23, 1e-5)
}

// Two coefficients at no bound and one at its own have standard errors all the same, as R's nls has them.
func TestStandardErrorsAtABound(t *testing.T) {
	for id, want := range map[string][]float64{"http 10 KB": {991.7, 0.00238, 4.007e-5}, "raytracer": {0, 0, 1.18e-4}} {
		for i, c := range fit(USL, published(t, id)).Coefficients {
			if want[i] > 0 {
				near(t, id+", standard error of "+c.Name, c.SE, want[i], 0.01)
			}
		}
	}
}

// What a curve makes is what a fit finds, from any start, and no other curve is nearer to noisy
// points.
func TestFitFindsTheCurve(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Curve{Model: USL, Gamma: rapid.Float64Range(0.01, 1e6).Draw(t, "γ"),
			Alpha: rapid.Float64Range(0, 0.5).Draw(t, "α"), Beta: rapid.Float64Range(0, 0.02).Draw(t, "β")}
		noise := rapid.SliceOfN(rapid.Float64Range(-0.05, 0.05), 8, 8).Draw(t, "noise")
		var exact, noisy []Point
		for i, n := range []float64{1, 2, 3, 4, 8, 16, 24, 32} {
			exact = append(exact, Point{n, c.At(n)})
			noisy = append(noisy, Point{n, c.At(n) * (1 + noise[i])})
		}
		f := fit(USL, exact)
		for _, n := range []float64{1, 10, 32} {
			if math.Abs(f.At(n)-c.At(n)) > 1e-5*c.At(n) {
				t.Fatalf("at %v: %v, the curve has %v", n, f.At(n), c.At(n))
			}
		}
		if f := fit(USL, noisy); f.SSE > sse(c, noisy)*(1+1e-9) {
			t.Fatalf("SSE %v, that of the true curve is %v", f.SSE, sse(c, noisy))
		}
	})
}

// The wall is found exactly: no other γ and C come nearer.
func TestCeilingIsTheLeast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		points := pointsOf([]float64{1, 2, 3, 5, 8, 13}, rapid.SliceOfN(rapid.Float64Range(1, 100), 6, 6).Draw(t, "x"))
		f := fit(Ceiling, points)
		other := Curve{Model: Ceiling, Gamma: rapid.Float64Range(0.1, 100).Draw(t, "γ"), Wall: rapid.Float64Range(0.1, 100).Draw(t, "C")}
		if sse(other, points) < f.SSE*(1-1e-9) {
			t.Fatalf("%+v is nearer than %+v", other, f.Curve)
		}
	})
}

// Each curve's inverse leads back; beyond the peak nothing does.
func TestInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Curve{Model: Model(rapid.IntRange(0, 3).Draw(t, "model")), Gamma: rapid.Float64Range(0.1, 1e5).Draw(t, "γ")}
		if c.Model == Amdahl || c.Model == USL {
			c.Alpha = rapid.Float64Range(0, 0.9).Draw(t, "α")
		}
		if c.Model == USL {
			c.Beta = rapid.Float64Range(0, 0.1).Draw(t, "β")
		}
		if c.Model == Ceiling {
			c.Wall = c.Gamma * rapid.Float64Range(1, 50).Draw(t, "wall at")
		}
		peak, most := c.Peak()
		n := rapid.Float64Range(1, math.Min(peak, 1000)).Draw(t, "n")
		if got, ok := c.Inverse(c.At(n)); !ok || math.Abs(c.At(got)-c.At(n)) > 1e-6*c.At(n) || got > n*(1+1e-3) {
			t.Fatalf("%v came back from %+v as %v (%v)", n, c, got, ok)
		}
		if got, ok := c.Inverse(most * 1.001); ok && !math.IsInf(most, 1) {
			t.Fatalf("%v is beyond the peak %v and has the inverse %v", most*1.001, most, got)
		}
	})
	// The model of usl4j's own test, which wants 15.35 here although the model has 11 063.6 at 20.
	c := Curve{Model: USL, Gamma: 995.6486, Alpha: 0.02671591, Beta: 7.690945e-4}
	if n, ok := c.Inverse(11048); !ok || math.Abs(n-19.92) > 0.01 {
		t.Errorf("11 048 is reached at %v (%v), want 19.92", n, ok)
	}
}
