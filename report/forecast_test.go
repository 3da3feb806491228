package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stress-tool/stress/internal/golden"
	"github.com/stress-tool/stress/report/reporttest"
)

// Their figures are exact, or simulated with the same random numbers every time.
func TestForecastGolden(t *testing.T) {
	for name, f := range reporttest.Forecasts() {
		suffix, format := ".txt", "text"
		if strings.HasSuffix(name, "tainted") {
			suffix, format = ".md", "md"
		}
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := ForecastFormats[format](&b, f, Options{}); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, "testdata/"+name+suffix, b.Bytes())
		})
	}
}
