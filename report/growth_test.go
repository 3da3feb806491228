package report

import (
	"bytes"
	"testing"

	"github.com/stress-tool/stress/internal/golden"
	"github.com/stress-tool/stress/report/reporttest"
)

func TestGrowthGolden(t *testing.T) {
	for name, g := range reporttest.Growths(t) {
		for suffix, format := range map[string]string{".txt": "text", ".md": "md", ".json": "json"} {
			if suffix != ".txt" && name != "growth-clients" && name != "growth-tainted" {
				continue
			}
			t.Run(name+suffix, func(t *testing.T) {
				var b bytes.Buffer
				if err := GrowthFormats[format](&b, g, Options{}); err != nil {
					t.Fatal(err)
				}
				golden.Check(t, "testdata/"+name+suffix, b.Bytes())
			})
		}
	}
}
