package compare

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
)

// What is read can be compared, whatever its figures are, and is written as it was.
func FuzzReadSummary(f *testing.F) {
	f.Add(stored(f, madeRun(map[string][]float64{"single": {1}, "cluster": {2}})))
	f.Add(stored(f, madeRun(map[string][]float64{"single": {1, 2, 3, 4, 5, 6}, "cluster": {1, 2, 3, 4, 5, 6}})))
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := result.ReadSummary(bytes.NewReader(text))
		if err != nil {
			return
		}
		first := stored(t, a)
		b, err := result.ReadSummary(bytes.NewReader(first))
		if err != nil {
			t.Fatalf("%v\n%s", err, first)
		}
		if second := stored(t, b); !bytes.Equal(first, second) {
			t.Fatalf("differs when written again:\n%s\n%s", first, second)
		}
		for _, base := range a.Targets() {
			for _, cand := range a.Targets() {
				for _, run := range []*result.Analysis{a, b} {
					if c, err := Compare(Pick{a, base, "a"}, Pick{run, cand, "b"}); err == nil {
						stored(t, c)
					}
				}
			}
		}
	})
}

// stored is what of an analysis is on the disk.
func stored(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
