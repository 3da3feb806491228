package capacity

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
)

// simulate is how many searches [TestFoundIsWhatIsCarried] makes of each target.
var simulate = flag.Int("simulate", 0, "searches of each target, for the table of docs/statistics.md; 0 is a short run")

// likeTheLab are replicas of the embedded lab: four workers each, and times around 25 ms.
func likeTheLab(n int) replicas {
	return replicas{n: n, workers: 4, service: func(r *rand.Rand) time.Duration {
		return time.Duration(math.Exp(r.NormFloat64()*0.25) * 25e6 / math.Exp(0.25*0.25/2))
	}}
}

// carried is the largest rate at which the p95 of the replicas stays below a bound: by a
// simulation that shares nothing with the search, of so many requests at each rate.
func (q replicas) carried(requests int, bound time.Duration, poisson bool) float64 {
	holds := func(rate float64) bool {
		rng := rand.New(rand.NewPCG(1, 2))
		free := make([]float64, q.n*q.workers)
		now, longer := 0.0, 0
		for i := range requests {
			if poisson {
				now += rng.ExpFloat64() / rate
			} else {
				now += 1 / rate
			}
			mine := free[i%q.n*q.workers:][:q.workers]
			w := slices.Index(mine, slices.Min(mine))
			mine[w] = max(mine[w], now) + q.service(rng).Seconds()
			if mine[w]-now >= bound.Seconds() {
				longer++
			}
		}
		return longer*20 < requests
	}
	workers := float64(q.n*q.workers) / 0.025
	low, high := workers/2, 1.05*workers
	for high/low > 1.0005 {
		if middle := math.Sqrt(low * high); holds(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// simulatedSearch searches replicas with simulated probes.
func simulatedSearch(t *testing.T, q replicas, seed uint64, capacity string) *result.Capacity {
	t.Helper()
	q.rng = rand.New(rand.NewPCG(seed, 7))
	sc := asked(t, "127.0.0.1:1", capacity+", cool_down: 0s", q.n)
	s, err := begin(sc, Options{Dir: filepath.Join(t.TempDir(), "study"), Measure: q.simulated})
	if err == nil {
		err = s.target(t.Context(), 0, sc.Targets[0])
	}
	if err != nil {
		t.Fatal(err)
	}
	return &s.result.Configurations[0]
}

// What a simulated probe says is what a measured one with the same times does.
func TestSimulatedProbesAreMeasuredOnes(t *testing.T) {
	const quick = "slo: [p95 < 100ms], precision: 30%, probe: 5s, longest_probe: 10s, warm_up: 0s"
	study, err := searched(t, likeTheLab(2), 3, quick, nil)
	if err != nil {
		t.Fatal(err)
	}
	measured, simulated := study.Configurations[0].Probes, simulatedSearch(t, likeTheLab(2), 3, quick).Probes
	if len(measured) != len(simulated) {
		t.Fatalf("%d probes measured, %d simulated", len(measured), len(simulated))
	}
	for i := range measured {
		measured[i].CPU, simulated[i].CPU = 0, 0 // a mean that is added up in another order
		if !reflect.DeepEqual(measured[i], simulated[i]) {
			t.Errorf("measured  %+v\nsimulated %+v", measured[i], simulated[i])
		}
	}
}

// cell is a row of the table: so many replicas like the lab's, an SLO and how requests arrive.
type cell struct {
	n        int
	bound    time.Duration
	arrivals string
}

func (c cell) String() string {
	return fmt.Sprintf("%d replicas, p95 below %v, %s", c.n, c.bound, c.arrivals)
}

// answers are those of the searches of a cell: how many held the truth, and of each how far its middle lies from
// it, its probes, and for how long load was put on.
type answers struct {
	inside             int
	off, probes, loadS []float64
}

// search adds a search to the answers.
func (a *answers) search(t *testing.T, c cell, seed uint64, truth float64) {
	t.Helper()
	found := simulatedSearch(t, likeTheLab(c.n), seed, fmt.Sprintf("slo: [p95 < %v, error_rate < 1%%], arrivals: %s", c.bound, c.arrivals))
	if found.Verdict != result.CapacityFound {
		t.Errorf("%s: %s", found.Verdict, found.Sentence)
		return
	}
	inside := found.HeldRPS <= truth && truth <= found.BrokenRPS
	if inside {
		a.inside++
	}
	load := 0.0
	for _, p := range found.Probes {
		load += p.LoadS
	}
	a.off = append(a.off, math.Sqrt(found.HeldRPS*found.BrokenRPS)/truth-1)
	a.probes, a.loadS = append(a.probes, float64(len(found.Probes))), append(a.loadS, load)
	if !inside {
		t.Logf("seed %d: %.1f/s is outside: %s; notes %q", seed, truth, found.Sentence, found.Notes)
		for _, p := range found.Probes {
			t.Logf("  %s %g/s %gs %s p95 %.1f (%.1f to %.1f), backlog %.2f/s: %s", p.Kind, p.RateRPS, p.LoadS, p.Verdict, p.P95.Value, p.P95.AtLeast(), p.P95.AtMost(), p.BacklogRPS, p.Why)
		}
	}
}

// row is a line of the table.
func (a *answers) row(c cell, truth float64) string {
	middle := func(of []float64) float64 { return slices.Sorted(slices.Values(of))[len(of)/2] }
	most := 0.0
	for _, off := range a.off {
		most = max(most, math.Abs(off))
	}
	return fmt.Sprintf("| %d | %v | %s | %.1f | %d of %d | %+.1f %% | %.1f %% | %.0f | %.0f s |\n",
		c.n, c.bound, c.arrivals, truth, a.inside, len(a.off), 100*middle(a.off), 100*most, middle(a.probes), middle(a.loadS))
}

// search searches a cell so often, and returns its row.
func (c cell) search(t *testing.T, searches, requests int) (a answers, row string) {
	truth := likeTheLab(c.n).carried(requests, c.bound, c.arrivals == "poisson")
	for seed := range searches {
		a.search(t, c, uint64(seed), truth)
	}
	for _, off := range a.off {
		if math.Abs(off) > 0.05 {
			t.Errorf("the middle lies %.1f %% from the %.1f/s that are carried", 100*off, truth)
		}
	}
	if len(a.off) == 0 {
		return a, ""
	}
	return a, a.row(c, truth)
}

// What is found holds what is carried, and its middle lies within 5 % of it. The tests search some targets once; with
// -simulate all are searched so often, for the table.
func TestFoundIsWhatIsCarried(t *testing.T) {
	all, inside, searches, requests := 0, 0, 1, 1_000_000
	replicas := []int{3}
	if *simulate > 0 {
		searches, requests, replicas = *simulate, 3_000_000, []int{1, 2, 3, 4, 6, 8}
	}
	var table strings.Builder
	for _, n := range replicas {
		for _, bound := range []time.Duration{50 * time.Millisecond, 250 * time.Millisecond} {
			for _, arrivals := range []string{"even", "poisson"} {
				c := cell{n, bound, arrivals}
				t.Run(c.String(), func(t *testing.T) {
					a, row := c.search(t, searches, requests)
					all, inside = all+len(a.off), inside+a.inside
					table.WriteString(row)
					t.Log(row)
				})
			}
		}
	}
	t.Logf("%d of %d intervals hold what is carried\n| replicas | p95 below | arrivals | carried (/s) | inside | middle off, median | most | probes | load |\n|--:|--:|---|--:|--:|--:|--:|--:|--:|\n%s", inside, all, table.String())
	// Three standard errors of a share of 5 % keep it from failing by chance.
	if share := float64(inside) / float64(max(all, 1)); share < 0.95-3*math.Sqrt(0.05*0.95/float64(all)) {
		t.Errorf("%d of %d intervals hold what is carried", inside, all)
	}
}
