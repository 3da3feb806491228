package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
)

// hey and stress put the same load on the same page in turn, five times: once eight
// clients that wait for their answers, once 100 requests a second. They agree when
// the range of our five figures overlaps that of hey's five, widened by a fifth because a
// machine is not the same in every minute. hey has one worker in the second, because its workers
// all start at the same instant.
func (s *testStack) testPeer(t *testing.T) {
	const rounds = 5
	path := filepath.Join(t.TempDir(), "rate.yaml")
	src := "name: same rate\nload: {type: rate, rate: 100/s, duration: 2s}\nrequest: {path: /index.php}\ntargets: [{name: cluster, url: \"${STRESS_CLUSTER}\"}]\n"
	if err := os.WriteFile(path, []byte(src), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, load := range []struct {
		name string
		hey  []string
		ours []string
	}{
		{"same clients", []string{"-c", "8"}, []string{"run", clusterScenario, "--load", "maintained", "--target", "cluster", "--clients", "8", "--duration", "2s"}},
		{"same rate", []string{"-c", "1", "-q", "100"}, []string{"run", path}},
	} {
		t.Run(load.name, func(t *testing.T) {
			var peer, ours [rounds]result.Latency
			for i := range rounds {
				out, err := exec.Command("hey", append(append([]string{"-z", "2s"}, load.hey...), s.Cluster+"/index.php")...).CombinedOutput()
				if err != nil {
					t.Fatalf("hey: %v\n%s", err, out)
				}
				peer[i] = result.Latency{Quantiles: map[string]float64{"p50": heyQuantile(t, out, "50%"), "p95": heyQuantile(t, out, "95%")}}
				r := stress(t, s.env(), append(load.ours, "--json", "--out", filepath.Join(t.TempDir(), "run"))...)
				a := r.summary(t)
				if len(a.Legs) != 1 || a.Legs[0].UserSpace.N == 0 {
					t.Fatalf("no answer by both clocks: %s", r.stderr)
				}
				// hey reads a clock in user space, and so its figures hold its own queue: like is
				// held against like.
				ours[i] = a.Legs[0].UserSpace
			}
			agree(t, "median", peer[:], ours[:], func(l result.Latency) float64 { return l.At(metric.P50) })
			agree(t, "p95", peer[:], ours[:], func(l result.Latency) float64 { return l.At(metric.P95) })
		})
	}
}

func agree(t *testing.T, what string, peer, ours []result.Latency, of func(result.Latency) float64) {
	t.Helper()
	figures := func(ls []result.Latency) (fs []float64) {
		for _, l := range ls {
			fs = append(fs, of(l))
		}
		slices.Sort(fs)
		return fs
	}
	theirs, mine := figures(peer), figures(ours)
	t.Logf("%s in ms: hey %.3g, stress %.3g", what, theirs, mine)
	// The median need not lie within hey's range: on a busy machine the runs of the two tools
	// differ by chance.
	last := len(mine) - 1
	if mine[last] < theirs[0]*0.8 || mine[0] > theirs[last]*1.2 {
		t.Errorf("%s: our runs lie in %.3g to %.3g ms, hey's in %.3g to %.3g ms: more than a fifth apart", what, mine[0], mine[last], theirs[0], theirs[last])
	}
}

func heyQuantile(t *testing.T, out []byte, q string) float64 {
	t.Helper()
	m := regexp.MustCompile(regexp.QuoteMeta(q) + `%? in ([\d.]+) secs`).FindSubmatch(out)
	if m == nil {
		t.Fatalf("hey printed no %s:\n%s", q, out)
	}
	v, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return v * 1000
}
