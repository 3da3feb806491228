package capacity

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/scenarios"
)

// A target that does not recover from an overload is told: here what comes after it is served at half the speed, so
// that nearly the rate that held no longer holds.
func TestATargetThatDoesNotRecoverIsTold(t *testing.T) {
	for _, recovers := range []bool{true, false} {
		whole, worn := likeTheLab(1), likeTheLab(1)
		whole.rng = rand.New(rand.NewPCG(1, 7))
		worn.rng = whole.rng
		worn.service = func(r *rand.Rand) time.Duration { return 2 * whole.service(r) }
		overloaded := false
		sc := asked(t, "127.0.0.1:1", "slo: [p95 < 250ms], precision: 20%, longest_probe: 30s, cool_down: 0s", 1)
		s, err := begin(sc, Options{Dir: filepath.Join(t.TempDir(), "study"), Measure: func(ctx context.Context, sc *scenarios.Scenario, dir string) (*result.Analysis, error) {
			q := &whole
			if overloaded && !recovers {
				q = &worn
			}
			overloaded = strings.Contains(dir, "-overload-")
			return q.simulated(ctx, sc, dir)
		}})
		if err == nil {
			err = s.target(t.Context(), 0, sc.Targets[0])
		}
		if err != nil {
			t.Fatal(err)
		}
		c := s.result.Configurations[0]
		told := slices.ContainsFunc(c.Notes, func(n string) bool {
			return strings.Contains(n, "after an overload of ") && strings.Contains(n, " it no longer carried ")
		})
		if c.Verdict != result.CapacityFound || told == recovers {
			t.Errorf("recovers %v: %s; notes %q", recovers, c.Sentence, c.Notes)
		}
	}
}

// With an SLO that bounds no time a rate breaks when more is sent than is answered, and the study says how much too
// much that may find.
func TestABacklogBreaksAnSLOOfFailures(t *testing.T) {
	for _, arrivals := range []string{"even", "poisson"} {
		c := simulatedSearch(t, likeTheLab(2), 1, "slo: [error_rate < 1%], arrivals: "+arrivals)
		if c.Verdict != result.CapacityFound || c.HeldRPS > 320*1.05 || c.BrokenRPS < 320*0.95 || c.BrokenRPS > 320*1.12 {
			t.Errorf("%s: %s", arrivals, c.Sentence)
		}
		broken := slices.IndexFunc(c.Probes, func(p result.Probe) bool { return p.RateRPS == c.BrokenRPS && p.Verdict == result.ProbeBroken })
		if broken < 0 || !strings.HasPrefix(c.Probes[broken].Why, "the requests under way grew by ") {
			t.Errorf("%s: broken by %+v", arrivals, c.Probes)
		}
		if !strings.Contains(strings.Join(c.Notes, "\n"), "the slo bounds no time: a rate counts as carried while the requests under way grow by less than 5 % of it") {
			t.Errorf("%s: notes %q", arrivals, c.Notes)
		}
	}
}
