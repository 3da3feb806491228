package trend

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
)

// ofLoads are runs of two loads, of which the second has the figures of the runs given and gives
// the answer.
func ofLoads(runs []result.Entry) []result.Entry {
	out := slices.Clone(runs)
	for i, e := range runs {
		light, heavy := *pastRun(i, "", 6, 1).Run, *e.Run
		light.Run.Load.Name, heavy.Run.Load.Name, heavy.Label = "light", "heavy", ""
		whole := *e.Run
		whole.Legs, whole.Loads = nil, []*result.Analysis{&light, &heavy}
		whole.Answer = &result.Answer{Verdict: result.Better, Load: "heavy"}
		out[i].Run = &whole
	}
	return out
}

// A trend over runs of several loads follows one of them: the one that is named, or that gives the
// answer.
func TestTrendUnderALoad(t *testing.T) {
	plain := pastOf(6, flat(7, 45)...)
	want := mustTrend(t, plain, "p95")
	for _, load := range []string{"", "heavy"} {
		parts, warnings, err := UnderLoad(ofLoads(plain), load)
		if err != nil || len(warnings) > 0 || len(parts) != len(plain) {
			t.Fatalf("%q: %d of %d, %q, %v", load, len(parts), len(plain), warnings, err)
		}
		got := mustTrend(t, parts, "p95")
		if got.Title != "p95 of single under load heavy" || got.Load != "heavy" || got.Runs[3].Figure.Value != want.Runs[3].Figure.Value || got.Runs[3].Called != want.Runs[3].Called {
			t.Errorf("%q: %s, the fourth run %q with %v", load, got.Title, got.Runs[3].Called, got.Runs[3].Figure.Value)
		}
	}
	if parts, _, err := UnderLoad(ofLoads(plain), "light"); err != nil || mustTrend(t, parts, "p95").Runs[0].Figure.Value > 2 {
		t.Errorf("the light load: %v", err)
	}
}

// Runs without the load are left out, and a load that nobody chose is an error.
func TestTrendWithoutTheLoad(t *testing.T) {
	runs := ofLoads(pastOf(6, flat(7, 45)...))
	runs[2].Run.Loads = runs[2].Run.Loads[:1]
	if parts, warnings, err := UnderLoad(runs, "heavy"); err != nil || len(parts) != 6 || len(warnings) != 1 || !strings.HasSuffix(warnings[0], "v1.2, has no load heavy") {
		t.Errorf("%d runs, %q, %v", len(parts), warnings, err)
	}
	if _, _, err := UnderLoad(runs, "none"); err == nil || err.Error() != "the newest run has no load none" {
		t.Errorf("an unknown load: %v", err)
	}
	runs[len(runs)-1].Run.Answer = nil
	if _, _, err := UnderLoad(runs, ""); !errors.Is(err, ErrWhichLoad) || !strings.Contains(err.Error(), "light, heavy") {
		t.Errorf("no load is named: %v", err)
	}
	// One load needs no name, and a name that it has does not matter.
	plain := pastOf(6, flat(7, 45)...)
	plain[6].Run.Run.Load.Name = "heavy"
	if parts, warnings, err := UnderLoad(plain, ""); err != nil || len(parts) != 7 || len(warnings) > 0 {
		t.Errorf("%d runs of one load, %q, %v", len(parts), warnings, err)
	}
}
