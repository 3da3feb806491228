package reporttest

import (
	"testing"

	"github.com/stress-tool/stress/analyze/capacity"
	"github.com/stress-tool/stress/analyze/result"
)

// Growths are one growth of each kind of answer, from NGINX's figures by its processors (2017)
// and figures made by hand.
func Growths(t testing.TB) map[string]*result.Growth {
	t.Helper()
	processors := []float64{1, 2, 4, 8, 16, 32, 36}
	grown := func(source string, n, x, ms []float64, ask capacity.Question) *result.Growth {
		var points []capacity.Measured
		for i := range n {
			points = append(points, capacity.Measured{N: n[i], Throughput: x[i], MeanMS: append(ms, make([]float64, len(n))...)[i]})
		}
		g, err := capacity.Growth(source, points, ask)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	return map[string]*result.Growth{
		"growth-peak":    grown("connections.csv", processors, []float64{34344, 54368, 123164, 194967, 255032, 261033, 257277}, nil, capacity.Question{Need: 200_000}),
		"growth-ceiling": grown("100kb.csv", processors, []float64{33125, 62554, 88691, 91640, 91623, 91640, 91655}, nil, capacity.Question{At: []float64{24, 100}}),
		"growth-clients": grown("clients.csv", []float64{1, 2, 4, 8, 16, 32}, []float64{20, 39.5, 78, 150, 205, 208}, []float64{50, 50.6, 51.3, 53.3, 60, 95.4}, capacity.Question{Need: 400}),
		"growth-none":    grown("noise.csv", []float64{1, 2, 3, 4, 5, 6}, []float64{100, 20, 300, 10, 250, 60}, nil, capacity.Question{}),
		"growth-tainted": grown("\x1b[31m\u202eevil|`<b>.csv", []float64{1, 2, 3, 4, 5, 6}, []float64{10, 21, 29, 41, 50, 61}, nil, capacity.Question{}),
	}
}
