package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The name of a metric in quotes is the beginning of a second table of metrics: code asks
// analyze/metric. JSON tags are in other quotes.
func TestMetricsAreNamedInOnePlace(t *testing.T) {
	name := regexp.MustCompile(`"(p[1-9][0-9]{1,3}(_ms)?|mean_ms|rate_rps|success_rps|error_rate|max_deviation)"`)
	// These name other things alike.
	apart := map[string]string{
		"analyze/metric":    "is the table",
		"internal/spell":    "has words of other tools for every key",
		"report/reporttest": "writes down what analyze found, for tests",
		"bench/accuracy":    "shows what other tools print",
		"bench/tool":        "reads what other tools print",
	}
	for _, p := range packages(t) {
		pkg := strings.TrimPrefix(p.ImportPath, module+"/")
		for _, f := range p.GoFiles {
			if apart[pkg] != "" || apart[pkg+"/"+f] != "" {
				continue
			}
			src, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			for n, line := range strings.Split(string(src), "\n") {
				code, _, _ := strings.Cut(line, "//")
				if i := strings.Index(code, "`json:"); i >= 0 {
					code = code[:i]
				}
				if m := name.FindString(code); m != "" {
					t.Errorf("%s/%s:%d: %s stands in the table of analyze/metric: range over it or ask it", pkg, f, n+1, m)
				}
			}
		}
	}
}
