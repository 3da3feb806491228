package capacity

import (
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
)

// explained searches one replica like the lab's and three of them.
func explained(t *testing.T, q replicas) *result.Study {
	t.Helper()
	q.rng = rand.New(rand.NewPCG(1, 7))
	sc := asked(t, "127.0.0.1:1", "slo: [p95 < 100ms], precision: 10%, longest_probe: 20s, cool_down: 0s", 1, 3)
	study, err := Run(t.Context(), sc, Options{Dir: filepath.Join(t.TempDir(), "study"), Measure: q.simulated})
	if err != nil {
		t.Fatal(err)
	}
	return study
}

// A study finds the workers of a replica, and with them what is to be expected of more replicas. Those that share
// nothing are as expected; those that share a database leave the forecast, and the study says so.
func TestAStudySaysWhereItsReplicasShareSomething(t *testing.T) {
	q := likeTheLab(1)
	alone := explained(t, q)
	q.shared = 4 * time.Millisecond // 250 a second, where three replicas do 480
	sharing := explained(t, q)
	for i, replicas := range []int{1, 3} {
		f := alone.Configurations[i].Forecast
		if f == nil || f.Cases[0].Replicas != replicas || f.Cases[0].Workers != 4 || f.Cases[0].Arrivals != "poisson" || f.SLOMS != 100 || f.Parts != nil {
			t.Errorf("%d replicas that share nothing: %+v", replicas, f)
		}
	}
	if !strings.Contains(alone.NoGrowth, "2 points at 2 sizes: a model needs 6 points") || alone.Growth != nil {
		t.Errorf("growth %+v, %q", alone.Growth, alone.NoGrowth)
	}
	f := sharing.Configurations[1].Forecast
	if f == nil || f.Parts == nil || f.Parts.Expected.RateRPS > 250 || !strings.Contains(f.Parts.Words, "something that its replicas share") {
		t.Errorf("three that share a database: %+v", f)
	}
}
