package analyze

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// exchange is a request that was made up.
type exchange struct {
	service, lag time.Duration
	class        runlog.Class
}

// mixedRun is a run of several requests in rounds of two targets, made up second by second: it can be written
// as it was, or as it would have been with some of the requests alone.
type mixedRun struct {
	open       bool
	names      []string
	weights    []int
	thresholds []string
	rounds     int
	// legs hold what was sent, by target, second and request.
	legs [][][][]exchange
	// still is the second in which the generator stood still, in every leg; -1 for none. drains says that
	// the last second lies beyond the load.
	still  int
	drains bool
}

func drawMixedRun(t *rapid.T) mixedRun {
	m := mixedRun{
		open: rapid.Bool().Draw(t, "open"), names: []string{"browse", "login", "buy"}, weights: []int{6, 3, 1},
		rounds: rapid.SampledFrom([]int{1, 1, 1, 1, 1, 1, 2, 2, 6}).Draw(t, "rounds"), still: -1, drains: rapid.Bool().Draw(t, "drains"),
	}
	seconds := rapid.IntRange(2, 8).Draw(t, "seconds")
	if rapid.Bool().Draw(t, "stood still") {
		m.still = rapid.IntRange(0, seconds-1).Draw(t, "still")
	}
	failing := rapid.Float64Range(0, 0.3).Draw(t, "failing")
	slower := rapid.Float64Range(0.3, 3).Draw(t, "login slower")
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	for leg := range 2 * m.rounds {
		var all [][][]exchange
		for range seconds {
			second := make([][]exchange, len(m.names))
			for request, w := range m.weights {
				for range rng.IntN(4 * w) {
					e := exchange{lag: time.Duration(rng.ExpFloat64() * 1e5), class: runlog.Success}
					mean := 1e7 * float64(request+1)
					if leg%2 == 1 && request == 1 {
						mean *= slower
					}
					e.service = time.Duration(rng.ExpFloat64() * mean)
					if rng.Float64() < failing {
						e.class = []runlog.Class{runlog.HTTP5xx, runlog.Unexpected, runlog.Timeout, runlog.Network}[rng.IntN(4)]
					}
					second[request] = append(second[request], e)
				}
			}
			all = append(all, second)
		}
		m.legs = append(m.legs, all)
	}
	return m
}

// analyzed writes the run as it would have been with these requests alone, and judges it.
func (m mixedRun) analyzed(t testing.TB, dir string, requests ...int) *result.Analysis {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	manifest := synth{open: m.open, compare: true, noLedger: true, thresholds: m.thresholds, legs: []synthLeg{{target: "single"}, {target: "cluster"}}}.manifest()
	manifest.Requests, manifest.Compare.Rounds, manifest.Weights = nil, m.rounds, nil
	for _, r := range requests {
		manifest.Requests = append(manifest.Requests, m.names[r])
		if len(requests) > 1 {
			manifest.Weights = append(manifest.Weights, m.weights[r])
		}
	}
	seconds := len(m.legs[0])
	if manifest.Load.DurationS = float64(seconds); m.drains {
		manifest.Load.DurationS--
	}
	w, err := runlog.Create(dir, manifest)
	must(err)
	for i, leg := range m.legs {
		total := uint64(0)
		for _, s := range leg {
			for _, r := range requests {
				total += uint64(len(s[r]))
			}
		}
		lw, err := w.StartLeg(runlog.Leg{Target: []string{"single", "cluster"}[i%2], Round: i/2 + 1, Planned: total, Started: epoch})
		must(err)
		for at, s := range leg {
			sec, ivs := m.second(at, seconds, s, requests)
			must(lw.Second(sec, ivs...))
		}
		must(w.EndLeg(total, 0, time.Duration(seconds)*time.Second, ""))
	}
	must(w.Seal(epoch.Add(time.Hour), ""))
	run, err := runlog.Open(dir)
	must(err)
	a, err := Analyze(t.Context(), run)
	must(err)
	return a
}

func (m mixedRun) second(at, seconds int, sent [][]exchange, requests []int) (runlog.Second, []hist.Interval) {
	s := runlog.Second{T: at, Active: 50, CPU: 0.1}
	hists := map[string]*hist.Histogram{}
	record := func(tag string, d time.Duration) {
		if hists[tag] == nil {
			hists[tag] = hist.New()
		}
		hists[tag].Record(d)
	}
	for i, r := range requests {
		var counts runlog.RequestCounts
		response, service := requestTags(i)
		for _, e := range sent[r] {
			counts.Add(e.class, 1)
			record(runlog.TagLag, e.lag)
			if e.class == runlog.Network {
				continue
			}
			record(runlog.TagResponse, e.service+e.lag)
			record(runlog.TagService, e.service)
			if len(requests) > 1 {
				record(response, e.service+e.lag)
				record(service, e.service)
			}
		}
		s.Outcomes.Merge(counts.Outcomes)
		if m.drains && at == seconds-1 {
			drained := counts.Outcomes
			counts.Drained = &drained
		}
		if len(requests) > 1 {
			if s.Requests == nil {
				s.Requests = map[string]runlog.RequestCounts{}
			}
			s.Requests[m.names[r]] = counts
		}
	}
	s.Due, s.Sent, s.Done = s.Ended(), s.Ended(), s.Ended()
	if m.drains && at == seconds-1 {
		drained := s.Outcomes
		s.Drained = &drained
	}
	if at == m.still {
		s.Standstills = []runlog.Span{{From: float64(at) + 0.1, To: float64(at) + 0.5}}
	}
	var ivs []hist.Interval
	for tag, h := range hists {
		ivs = append(ivs, hist.Interval{Tag: tag, Start: time.Duration(at) * time.Second, Length: time.Second, Hist: h})
	}
	return s, ivs
}

// slowLogin is a run in which one request of three is slower on the cluster, and the others are not.
func slowLogin(rounds int, factor float64) mixedRun {
	m := mixedRun{open: true, names: []string{"browse", "login", "buy"}, weights: []int{6, 3, 1}, rounds: rounds, still: -1}
	rng := rand.New(rand.NewPCG(7, uint64(rounds)))
	for leg := range 2 * rounds {
		var all [][][]exchange
		for range 10 {
			second := make([][]exchange, 3)
			for request, w := range m.weights {
				for range 20 * w {
					service := 1e7 * (0.8 + 0.4*rng.Float64())
					if leg%2 == 1 && request == 1 {
						service *= factor
					}
					second[request] = append(second[request], exchange{service: time.Duration(service), lag: 1e5, class: runlog.Success})
				}
			}
			all = append(all, second)
		}
		m.legs = append(m.legs, all)
	}
	return m
}
