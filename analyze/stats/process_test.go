package stats

import (
	"encoding/json"
	"os"
	"testing"
)

// process are vectors of series in time. The data sets of NIST's StRD are in the
// public domain; the change points are those that Apache Otava's own tests demand,
// TigerBeetle's benchmark history among them.
type process struct {
	BatchMeans struct {
		Series       string
		TenBatchesSE float64 `json:"ten_batches_se"`
	} `json:"batch_means"`
	NIST []struct {
		Name string
		R1   float64
		X    []float64
	}
	Series    map[string][]float64
	EDivisive []struct {
		Series       string
		Window       int
		P, Magnitude float64
		At           []int
	}
	Split map[string][2][]float64
	Welch []struct {
		A, B []float64
		P    float64
	}
}

func loadProcess(t *testing.T) process {
	t.Helper()
	b, err := os.ReadFile("testdata/process_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v process
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
