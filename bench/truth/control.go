//go:build linux

package truth

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Report is what the server knows of the requests since [Server.Begin].
type Report struct {
	Count
	Delay string
	Mean  time.Duration
	// Quantiles are the exact nearest-rank quantiles of arrival to answer, every
	// record kept and none grouped, keyed by q as text.
	Quantiles map[string]time.Duration
}

// ranks are the quantiles reported, by name.
var ranks = map[string]float64{"0.5": 0.5, "0.9": 0.9, "0.95": 0.95, "0.99": 0.99, "0.999": 0.999}

// Begin forgets everything, and makes the delays of what comes d, drawn from seed.
// Requests that still wait for their answer lose their connection: they belong to
// neither side.
func (s *Server) Begin(d Delay, seed uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.waiting {
		if !p.conn.closed {
			s.forget(p.conn)
		}
	}
	s.waiting = s.waiting[:0]
	s.delay, s.random = d, rand.New(rand.NewPCG(seed, 0))
	s.records, s.count = s.records[:0], Count{}
}

// Report is the truth so far.
func (s *Server) Report() Report {
	s.mu.Lock()
	times := slices.Clone(s.records)
	r := Report{Count: s.count, Delay: s.delay.String(), Quantiles: map[string]time.Duration{}}
	s.mu.Unlock()
	if len(times) == 0 {
		return r
	}
	slices.Sort(times)
	var sum float64
	for _, t := range times {
		sum += float64(t)
	}
	r.Mean = time.Duration(sum / float64(len(times)))
	for name, q := range ranks {
		// A product such as 0.9·10 may lie a rounding error above its rank.
		rank := int(math.Ceil(q*float64(len(times)) - 1e-9))
		r.Quantiles[name] = times[max(rank, 1)-1]
	}
	return r
}

// Control is how a bench talks to a server in another process: POST /begin with the
// values delay and seed, GET /report.
func (s *Server) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /begin", func(w http.ResponseWriter, r *http.Request) {
		d, err := ParseDelay(r.FormValue("delay"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		seed, err := strconv.ParseUint(r.FormValue("seed"), 10, 64)
		if err != nil {
			http.Error(w, fmt.Sprintf("seed: %v", err), http.StatusBadRequest)
			return
		}
		s.Begin(d, seed)
	})
	mux.HandleFunc("GET /report", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(s.Report()) // a client that left gets none
	})
	return mux
}
