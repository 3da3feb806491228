package plan_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// andersonVectors are published figures of the Anderson–Darling test for exponential gaps.
type andersonVectors struct {
	Samples []struct {
		X            []float64
		A2, Modified float64
	} `json:"anderson"`
	Midpoints [][2]float64 `json:"anderson_midpoints"`
	Equal     [][2]float64 `json:"anderson_equal"`
	Critical  [][2]float64 `json:"anderson_critical"`
	// Survival is that of large samples, by inversion of the characteristic function.
	Survival [][2]float64 `json:"anderson_survival"`
}

func loadAnderson(t *testing.T) andersonVectors {
	t.Helper()
	b, err := os.ReadFile("testdata/anderson_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v andersonVectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// near fails unless got lies within tolerance of want.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %v, want %v ± %v", what, got, want, tolerance)
	}
}

func TestAndersonVectors(t *testing.T) {
	v := loadAnderson(t)
	for _, a := range v.Samples {
		a2, p := andersonExponential(a.X)
		near(t, "A²", a2, a.A2, 1e-9)
		near(t, "modified", a2*(1+0.6/float64(len(a.X))), a.Modified, 1e-9)
		near(t, "p", p, estimatedLevel(a.Modified), 1e-9)
		if !(p > 0.05 && p < 0.10) {
			t.Errorf("%v: p %v, want between 5 %% and 10 %%", a.X, p)
		}
	}
	for _, row := range v.Midpoints {
		n := int(row[0])
		x := make([]float64, n)
		for i := range x {
			x[i] = -math.Log1p(-(float64(i) + 0.5) / row[0])
		}
		a2, p := andersonExponentialKnown(x, 1)
		near(t, fmt.Sprintf("A² of %d midpoints", n), a2, row[1], 1e-7)
		if p < 0.999 {
			t.Errorf("%d midpoints: p %v", n, p)
		}
	}
	for _, row := range v.Equal {
		even := slices.Repeat([]float64{0.25}, int(row[0]))
		a2, p := andersonExponential(even)
		near(t, fmt.Sprintf("A² of %v equal gaps", row[0]), a2/row[1], 1, 2e-6)
		if p != 0.01 {
			t.Errorf("%v equal gaps: p %v, the table ends at 0.01", row[0], p)
		}
		if _, p := andersonExponentialKnown(even, 0.25); p > 0.005 {
			t.Errorf("%v equal gaps of a known rate: p %v", row[0], p)
		}
	}
	for _, row := range v.Critical {
		near(t, fmt.Sprintf("level of %v", row[1]), estimatedLevel(row[1]), row[0], 1e-12)
	}
	for _, row := range v.Survival {
		near(t, fmt.Sprintf("chance of %v, rate known", row[0]), andersonSurvival(row[0]), row[1], 2e-5)
	}
	near(t, "between two levels", estimatedLevel((1.078+1.341)/2), math.Sqrt(0.10*0.05), 1e-12)
	near(t, "the two forms meet", andersonSurvival(math.Nextafter(2, 0)), andersonSurvival(2), 3e-6)
}

func TestAndersonOfNothing(t *testing.T) {
	if a2, p := andersonExponential(nil); a2 != 0 || p != 0.15 {
		t.Errorf("no gaps: %v, %v", a2, p)
	}
	if a2, p := andersonExponentialKnown(nil, 1); a2 != 0 || p != 1 {
		t.Errorf("no gaps: %v, %v", a2, p)
	}
	for _, x := range [][]float64{{0, 1, 2}, {-1, 1}, {1, math.NaN()}, {0, 0}} {
		if a2, p := andersonExponential(x); !math.IsInf(a2, 1) || p != 0.01 {
			t.Errorf("%v: %v, %v", x, a2, p)
		}
		if a2, p := andersonExponentialKnown(x, 1); !math.IsInf(a2, 1) || p != 0 {
			t.Errorf("%v, rate known: %v, %v", x, a2, p)
		}
	}
}

func TestAndersonProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Float64Range(1e-3, 1e3), 1, 50).Draw(t, "gaps")
		a2, p := andersonExponential(x)
		known, pKnown := andersonExponentialKnown(x, 10)
		if !(a2 > 0 && p >= 0.01 && p <= 0.15 && known > 0 && pKnown >= 0 && pKnown <= 1) {
			t.Fatalf("%v: %v %v, rate known %v %v", x, a2, p, known, pKnown)
		}
		unit := rapid.Float64Range(1e-3, 1e3).Draw(t, "unit")
		y := make([]float64, len(x))
		for i, v := range x {
			y[len(x)-1-i] = unit * v
		}
		if scaled, _ := andersonExponential(y); math.Abs(scaled-a2) > 1e-6*(1+a2) {
			t.Fatalf("order or unit matters: %v, %v", a2, scaled)
		}
		if scaled, _ := andersonExponentialKnown(y, 10*unit); math.Abs(scaled-known) > 1e-6*(1+known) {
			t.Fatalf("order or unit matters at a known rate: %v, %v", known, scaled)
		}
		more := known + rapid.Float64Range(0, 5).Draw(t, "more")
		if andersonSurvival(more) > pKnown+3e-6 || estimatedLevel(more) > estimatedLevel(known) {
			t.Fatalf("more deviation, more p: %v at %v, %v at %v", pKnown, known, andersonSurvival(more), more)
		}
	})
}

// Exponential gaps must be refused as often as the level says, at both.
func TestAndersonLevels(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	const trials = 4000
	for _, n := range []int{5, 20, 100} {
		var estimated, known, wrong float64
		for range trials {
			x := make([]float64, n)
			for i := range x {
				x[i] = 2 * rng.ExpFloat64()
			}
			if _, p := andersonExponential(x); p <= 0.05 {
				estimated += 1. / trials
			}
			if _, p := andersonExponentialKnown(x, 2); p <= 0.05 {
				known += 1. / trials
			}
			if _, p := andersonExponentialKnown(x, 3); p <= 0.05 {
				wrong += 1. / trials
			}
		}
		t.Logf("%d gaps: refused %.3f, rate known %.3f, rate wrong %.3f", n, estimated, known, wrong)
		near(t, fmt.Sprintf("%d gaps, rate estimated", n), estimated, 0.05, 0.014)
		near(t, fmt.Sprintf("%d gaps, rate known", n), known, 0.05, 0.014)
		if n == 100 && wrong < 0.95 {
			t.Errorf("a rate wrong by half is seen %.3f of the time", wrong)
		}
	}
}
