package tool

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// k6 takes its load as a program and vegeta leaves its results in a file.

// k6Script prints the figures alone at the end. An open load gets as many virtual
// users as connections.
const k6Script = `import http from 'k6/http';
export const options = {
  scenarios: {load: %s},
  summaryTrendStats: ['p(50)', 'p(90)', 'p(99)', 'p(99.9)'],
  discardResponseBodies: true,
  insecureSkipTLSVerify: true,
  noConnectionReuse: %t,
};
export default function () { http.get(%q); }
export function handleSummary(data) { return {stdout: JSON.stringify(data)}; }
`

func k6() Tool {
	return Tool{
		Name: "k6", Program: "k6", Version: []string{"version"}, Open: true,
		// A virtual user is a JavaScript machine of its own: 5 000 of them are minutes
		// of set-up and gigabytes of memory.
		MaxConnections: 500,
		Command: func(dir string, l Load) ([]string, error) {
			load := fmt.Sprintf("{executor: 'constant-vus', vus: %d, duration: '%s'}", l.Connections, l.seconds())
			if l.Rate > 0 {
				load = fmt.Sprintf("{executor: 'constant-arrival-rate', rate: %d, duration: '%s', preAllocatedVUs: %d}", l.Rate, l.seconds(), l.Connections)
			}
			script := filepath.Join(dir, "load.js")
			if err := os.WriteFile(script, fmt.Appendf(nil, k6Script, load, l.Fresh, l.URL), 0o600); err != nil {
				return nil, fmt.Errorf("k6's script: %w", err)
			}
			return []string{"run", "--quiet", "--no-usage-report", script}, nil
		},
		Read: readK6,
	}
}

func readK6(_ string, out []byte) (Result, error) {
	var v struct {
		Metrics map[string]struct{ Values map[string]float64 }
		State   struct {
			TestRunDurationMs float64
		}
	}
	if err := json.Unmarshal(out, &v); err != nil || v.State.TestRunDurationMs == 0 {
		return Result{}, unread(out)
	}
	r := Result{
		Requests: uint64(v.Metrics["http_reqs"].Values["count"]),
		Failed:   uint64(v.Metrics["http_req_failed"].Values["passes"]), // it passes as a failure
		Elapsed:  time.Duration(v.State.TestRunDurationMs * float64(time.Millisecond)), Quantiles: map[float64]time.Duration{},
	}
	for stat, ms := range v.Metrics["http_req_duration"].Values {
		var p float64
		if _, err := fmt.Sscanf(stat, "p(%g)", &p); err == nil {
			r.Quantiles[percent(p)] = time.Duration(ms * float64(time.Millisecond))
		}
	}
	return r, nil
}

// vegetaFile is where vegeta's results lie.
const vegetaFile = "results.vegeta"

func vegetaTool() Tool {
	return Tool{
		Name: "vegeta", Program: "vegeta", Version: []string{"--version"}, Open: true,
		Command: func(dir string, l Load) ([]string, error) {
			targets := filepath.Join(dir, "targets")
			if err := os.WriteFile(targets, []byte("GET "+l.URL+"\n"), 0o600); err != nil {
				return nil, fmt.Errorf("vegeta's targets: %w", err)
			}
			c := strconv.Itoa(l.Connections)
			return []string{"attack", "-targets", targets, "-rate", strconv.Itoa(l.Rate), "-max-workers", c, "-workers", c,
				"-connections", c, "-max-connections", c, "-duration", l.seconds(), "-insecure", "-keepalive=" + strconv.FormatBool(!l.Fresh),
				"-output", filepath.Join(dir, vegetaFile)}, nil
		},
		Read: readVegeta,
	}
}

func readVegeta(dir string, _ []byte) (Result, error) {
	f, err := os.Open(filepath.Join(dir, vegetaFile))
	if err != nil {
		return Result{}, fmt.Errorf("%w: %w", ErrFigures, err)
	}
	defer f.Close()
	var m vegeta.Metrics
	next := vegeta.NewDecoder(f)
	for {
		var r vegeta.Result
		if err := next(&r); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return Result{}, fmt.Errorf("%w: %w", ErrFigures, err)
		}
		m.Add(&r)
	}
	m.Close()
	if m.Requests == 0 {
		return Result{}, fmt.Errorf("%w: %s is empty", ErrFigures, vegetaFile)
	}
	return Result{
		Requests: m.Requests, Failed: uint64(float64(m.Requests)*(1-m.Success) + 0.5), Elapsed: m.Duration + m.Wait,
		Quantiles: map[float64]time.Duration{0.5: m.Latencies.P50, 0.9: m.Latencies.P90, 0.99: m.Latencies.P99, 0.999: m.Latencies.Quantile(0.999)},
	}, nil
}
