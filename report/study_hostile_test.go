package report

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/capacity"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/report/reporttest"
)

// mutated is a JSON value with some of its parts replaced, removed or repeated.
func mutated(v any, random *rand.Rand, share float64) any {
	hostile := []any{nil, -1.0, 0.0, 1e300, 1e15, "", "\x1b[31m<script>", []any{}, map[string]any{}, true, "../../etc", "2026-11-26T14:00:00Z"}
	if random.Float64() < share {
		return hostile[random.IntN(len(hostile))]
	}
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if random.Float64() >= share {
				out[key] = mutated(v[key], random, share)
			}
		}
		return out
	case []any:
		var out []any
		for _, item := range v {
			out = append(out, mutated(item, random, share))
			if random.Float64() < share {
				out = append(out, item)
			}
		}
		return out
	}
	return v
}

// A study that anyone changed is refused, or shown in every form without a word that a terminal or a browser obeys.
func TestMutatedStudies(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var whole any
	if err := json.Unmarshal(must(json.Marshal(reporttest.Studies(t)["study"])), &whole); err != nil {
		t.Fatal(err)
	}
	dir, refused := t.TempDir(), 0
	for i := range 120 {
		text := must(json.Marshal(mutated(whole, random, []float64{.002, .01, .05}[i%3])))
		if err := os.WriteFile(filepath.Join(dir, result.StudyFile), text, 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := result.ReadStudy(dir)
		if err != nil {
			refused++
			continue
		}
		if i%2 == 0 { // as the search does at its end; else as a reader of what is stored
			capacity.Conclude(s, nil)
		}
		for format, show := range StudyFormats {
			var b bytes.Buffer
			if err := show(&b, s, Options{Full: true}); err != nil {
				t.Errorf("%d as %s: %v", i, format, err)
			}
			if format == "text" || format == "md" {
				noControls(t, format, b.String())
			}
			if format == "html" && strings.Contains(b.String(), "<script>\x1b") {
				t.Errorf("%d: a text is run", i)
			}
		}
		for _, f := range figuresOfStudy(s) {
			var b bytes.Buffer
			if err := f.Draw(&b, "svg"); err != nil {
				t.Errorf("%d: %s: %v", i, f.Name, err)
			}
		}
	}
	if refused == 0 || refused == 120 {
		t.Errorf("%d of 120 were refused", refused)
	}
}
