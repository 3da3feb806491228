package attack

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/runlog"
)

// drawPart is a second of one generator, as full as one may be: hosts, codes and addresses up to what is told apart.
func drawPart(t *rapid.T, of string) runlog.Second {
	s := runlog.Second{CPU: -1, Statuses: map[int]uint64{}, Served: map[string]runlog.Served{}, Addresses: map[string]uint64{}}
	long := strings.Repeat("é\x01<", rapid.IntRange(0, 60).Draw(t, of+" long"))
	for i := range rapid.SampledFrom([]int{0, 1, 30, maxHosts}).Draw(t, of+" hosts") {
		n := uint64(i%9 + 1)
		s.Served[fmt.Sprintf("%s%s-%d", of, long, i)] = runlog.Served{Answers: n, Success: n / 2, Squares: n * n}
	}
	for i := range rapid.IntRange(0, maxStatuses).Draw(t, of+" codes") {
		s.Statuses[200+rapid.IntRange(0, 99).Draw(t, of+" code")+i] += 3
	}
	for i := range rapid.SampledFrom([]int{0, 1, 50, maxAddresses}).Draw(t, of+" addresses") {
		s.Addresses[fmt.Sprintf("%s:%d", of, i)] = 2
	}
	for i := range rapid.IntRange(0, 40).Draw(t, of+" standstills") {
		s.Standstills = append(s.Standstills, runlog.Span{From: float64(i), To: float64(i) + .5})
	}
	s.BusyS, s.ThoughtS, s.Active = 1<<53, 1<<52, 1<<53
	return s
}

// many are the seconds of so many generators together, of which each but the first few has names of its own.
func many(kinds []runlog.Second, agents int) (sum runlog.Second) {
	for i := range agents {
		part := kinds[i%len(kinds)]
		if i >= len(kinds) {
			part.Served, part.Addresses = renamed(part.Served, i), renamed(part.Addresses, i)
		}
		sum.Merge(part)
	}
	return sum
}

// counted is what a second tells apart, in all.
func counted(s runlog.Second) (n [5]uint64) {
	for _, of := range s.Served {
		n[0], n[1], n[2] = n[0]+of.Answers, n[1]+of.Success, n[2]+of.Squares
	}
	for _, of := range s.Statuses {
		n[3] += of
	}
	for _, of := range s.Addresses {
		n[4] += of
	}
	return n
}

// stores returns what becomes of a second that is stored in a run directory.
func stores(t testing.TB, dir string) func(runlog.Second) error {
	w, err := runlog.Create(dir, runlog.Manifest{Requests: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	leg, err := w.StartLeg(runlog.Leg{Target: "a", Round: 1, Started: time.Unix(0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { leg.Close() })
	return func(s runlog.Second) error { return leg.Second(s) }
}

// The seconds of any number of generators together are a second that the run directory takes, however much each of
// them tells apart; and what they count in all is what each counted.
func TestManySecondsAreOneThatIsStored(t *testing.T) {
	store := stores(t, filepath.Join(t.TempDir(), "run"))
	rapid.Check(t, func(t *rapid.T) {
		apart, hosts, codes := NewApart(), map[string]bool{}, map[int]bool{}
		kinds := make([]runlog.Second, rapid.IntRange(1, 3).Draw(t, "kinds"))
		for i := range kinds {
			kinds[i] = drawPart(t, fmt.Sprint("h", i))
		}
		for range 2 {
			sum := many(kinds, rapid.IntRange(1, 40).Draw(t, "agents"))
			was := counted(sum)
			if apart.Bound(&sum); counted(sum) != was {
				t.Fatalf("the sums became %v, of %v", counted(sum), was)
			}
			if err := store(sum); err != nil {
				t.Fatal(err)
			}
			for name := range sum.Served {
				hosts[name] = true
			}
			for code := range sum.Statuses {
				codes[code] = true
			}
		}
		if len(hosts) > maxHosts+1 || len(codes) > maxStatuses+1 {
			t.Fatalf("%d hosts and %d codes are told apart", len(hosts), len(codes))
		}
	})
	full := runlog.Second{Served: map[string]runlog.Served{}, Addresses: map[string]uint64{}}
	for i := range maxHosts {
		full.Served[strings.Repeat("<", maxHostName-4)+fmt.Sprint(i)] = runlog.Served{Answers: 1, Squares: 1}
	}
	for i := range maxAddresses {
		full.Addresses[fmt.Sprintf("[fe80::%d%%a-long-zone]:65535", i)] = 1
	}
	for i := range 1000 {
		full.Standstills = append(full.Standstills, runlog.Span{From: float64(i), To: float64(i) + .25})
	}
	sum := many([]runlog.Second{full}, 90) // more than 16 384 hosts, and addresses
	if err := store(sum); err == nil {
		t.Error("the test needs a second that is not stored")
	}
	was := counted(sum)
	NewApart().Bound(&sum)
	if err := store(sum); err != nil || counted(sum) != was {
		t.Errorf("%v; %v, want %v", err, counted(sum), was)
	}
}

func renamed[V any](of map[string]V, i int) map[string]V {
	out := make(map[string]V, len(of))
	for name, v := range of {
		out[fmt.Sprintf("%d.%s", i, name)] = v
	}
	return out
}

// What one generator tells apart stays as it was: its second is within the bounds already.
func TestOneSecondStaysWhatItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawPart(t, "h")
		codes := rapid.IntRange(0, maxStatuses).Draw(t, "kept")
		for i, code := range slices.Sorted(maps.Keys(s.Statuses)) {
			if i >= codes {
				delete(s.Statuses, code)
			}
		}
		var was runlog.Second
		was.Merge(s)
		NewApart().Bound(&s)
		if len(s.Served) != len(was.Served) || len(s.Addresses) != len(was.Addresses) || len(s.Statuses) != len(was.Statuses) {
			t.Fatalf("%d hosts, %d addresses and %d codes became %d, %d and %d", len(was.Served), len(was.Addresses), len(was.Statuses), len(s.Served), len(s.Addresses), len(s.Statuses))
		}
	})
}
