package stats

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// vectors are published figures, or figures recomputed by an independent exact
// program; see docs/statistics.md for their sources.
type vectors struct {
	Jain []struct {
		X []float64 `json:"x"`
		J float64   `json:"j"`
	} `json:"jain"`
	ChiSquare []struct {
		X, W    []float64
		Stat, P float64
		DF      int
	} `json:"chisq"`
	Power []struct {
		W, N, Alpha, Power float64
		DF                 int
	} `json:"chisq_power"`
	QuantileRanks [][]*float64 `json:"quantile_ci_equal_tail_95"`
	Wilson        [][4]float64 `json:"wilson_95"`
	MinSample     [][2]float64 `json:"min_sample_95"`
	Noncentrality [][2]float64 `json:"noncentrality_80"`
	Detectable    [][3]float64 `json:"detectable"`
	Newcombe      [][6]float64 `json:"newcombe_95"`

	MiettinenNurminen [][6]float64                     `json:"miettinen_nurminen_95"`
	Pocock            []struct{ Of, Bounds []float64 } `json:"spending_pocock"`
}

func loadVectors(t *testing.T) vectors {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// near fails unless got lies within tolerance of want.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) && got != want {
		t.Errorf("%s: got %v, want %v ± %v", what, got, want, tolerance)
	}
}
