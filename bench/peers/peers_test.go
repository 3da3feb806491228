//go:build linux

package main

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/bench/child"
	"github.com/stress-tool/stress/bench/tool"
)

func made(cpu time.Duration, n uint64) sample {
	return sample{Usage: child.Usage{CPU: cpu}, Result: tool.Result{Requests: n}}
}

// Whatever a tool does once is in both runs, and so in neither: the difference is
// the cost of a request alone.
func TestPerRequestLeavesOutWhatIsDoneOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		each := time.Duration(rapid.IntRange(1000, 100_000).Draw(t, "each"))
		once := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "once"))
		n := rapid.Uint64Range(1, 1e6).Draw(t, "n")
		more := rapid.Uint64Range(1, 1e6).Draw(t, "more")
		got, err := perRequest(made(once+each*time.Duration(n), n), made(once+each*time.Duration(n+more), n+more))
		if want := float64(each) / 1e3; err != nil || math.Abs(got-want) > 1e-9*want {
			t.Fatalf("%v µs, %v; want %v", got, err, want)
		}
	})
}

func TestPerRequestNeedsADifference(t *testing.T) {
	for _, c := range [][2]sample{
		{made(2, 10), made(3, 10)}, {made(2, 10), made(3, 9)}, {made(2, 10), made(2, 20)}, {made(3, 10), made(2, 20)},
	} {
		if got, err := perRequest(c[0], c[1]); !errors.Is(err, errNoDifference) {
			t.Errorf("%v: %v, %v", c, got, err)
		}
	}
}

func TestLayOut(t *testing.T) {
	tools := []tool.Tool{{Name: "stress"}, {Name: "wrk"}, {Name: "absent"}}
	got := layOut(tools, map[string][]figure{
		"stress": {{cpu: 6, rate: 100, peak: 30 << 20, lag: 40 * time.Microsecond}, {cpu: 5, rate: 120, failed: 2, peak: 30 << 20, lag: 40 * time.Microsecond}, {cpu: 9, rate: 110, peak: 30 << 20, lag: 40 * time.Microsecond}},
		"wrk":    {{cpu: 4, rate: 200}, {cpu: 8, rate: 100}},
	}, "wrk")
	want := strings.TrimPrefix(`
| tool   | CPU µs/request |     range | × wrk | answers/s | failed | peak MB | lag p50 |
|--------|---------------:|----------:|------:|----------:|-------:|--------:|--------:|
| stress |           6.00 | 5.00–9.00 |  1.00 |       110 |      2 |      30 |    40µs |
| wrk    |           6.00 | 4.00–8.00 |  1.00 |       150 |      0 |       0 |       – |
`, "\n")
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestGrowth(t *testing.T) {
	flat, rising := make([]int64, 100), make([]int64, 100)
	for i := range rising {
		flat[i], rising[i] = 50<<20, int64(100+i)
	}
	flat[2] = 1 // the start does not count
	if g := growthOf(flat); g.share() != 0 {
		t.Errorf("flat: %+v", g)
	}
	if g := growthOf(rising); g.first != 137 || g.last != 187 || g.share() < 0.3 {
		t.Errorf("rising: %+v", g)
	}
	if g := growthOf(nil); g.share() != 0 {
		t.Errorf("nothing: %+v", g)
	}
}

func TestParse(t *testing.T) {
	o, err := parse([]string{"-connections", "1,50", "-tools", "wrk,hey", "-short", "1s", "-long", "3s"}, io.Discard)
	if err != nil || len(o.connections) != 2 || o.tools[1] != "hey" || o.engines[0] != "rawhttp" || o.rounds != 3 {
		t.Errorf("%+v, %v", o, err)
	}
	for _, args := range []string{"-connections x", "-connections 0", "-connections 20001", "-rounds 0", "-short 1500ms", "-short 3s -long 3s", "-memory -1", "-fresh -1", "-large -1", "-no"} {
		if _, err := parse(strings.Fields(args), io.Discard); err == nil {
			t.Errorf("%s was taken", args)
		}
	}
}
