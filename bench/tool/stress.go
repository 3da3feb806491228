package tool

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Variant is one way to run stress.
type Variant struct {
	// Program is the built binary.
	Program string
	// Engine and Pacing are as in a scenario; an empty pacing is the default.
	Engine, Pacing string
	// Body, where not empty, must be in every response.
	Body string
	// Generators, where not empty, are those of a fleet, as in a scenario.
	Generators string
}

// Stress is our own program.
func Stress(v Variant) Tool {
	name := "stress " + v.Engine
	if v.Pacing != "" {
		name += ", " + v.Pacing
	}
	if v.Body != "" {
		name += ", body checked"
	}
	return Tool{
		Name: name, Program: v.Program, Version: []string{"version"}, Open: true,
		// A verdict is no failure to measure: a bench asks for more than one core.
		Exits: []int{1, 3, 4},
		Command: func(dir string, l Load) ([]string, error) {
			file := filepath.Join(dir, "scenario.yaml")
			if err := os.WriteFile(file, []byte(v.scenario(l)), 0o600); err != nil {
				return nil, fmt.Errorf("the scenario: %w", err)
			}
			return []string{"run", file, "--json", "--quiet", "--out", RunDir(dir)}, nil
		},
		Read: readStress,
	}
}

// RunDir is where a run of stress in dir keeps its directory.
func RunDir(dir string) string { return filepath.Join(dir, "run") }

// scenario is the load in our own words.
func (v Variant) scenario(l Load) string {
	load := fmt.Sprintf("type: maintain-client-load, clients: %d", l.Connections)
	if l.Rate > 0 {
		load = fmt.Sprintf("type: rate, rate: %d/s, max_connections: %d", l.Rate, l.Connections)
		if v.Pacing != "" {
			load += ", pacing: " + v.Pacing
		}
	}
	// The path belongs to the request, and the root to the target.
	more, root, path := "", l.URL, "/"
	if scheme, rest, ok := strings.Cut(l.URL, "://"); ok {
		host, under, _ := strings.Cut(rest, "/")
		root, path = scheme+"://"+host, "/"+under
	}
	if l.Fresh {
		more = ", headers: {Connection: close}"
	}
	if v.Body != "" {
		more += fmt.Sprintf(", expect: {body: %q}", v.Body)
	}
	return fmt.Sprintf(`name: bench
engine: %s
load: {%s, duration: %s, error_threshold: 0%%}
request: {path: %q%s}
targets: [{name: server, url: %q, insecure: true}]
thresholds: []
`, v.Engine, load, l.seconds(), path, more, root) + v.generators()
}

func (v Variant) generators() string {
	if v.Generators == "" {
		return ""
	}
	return "generators: " + v.Generators + "\n"
}

// Scenario is a small load as v would run it: `stress check` says whether this
// binary knows the engine and the pacing.
func (v Variant) Scenario(url string) string {
	return v.scenario(Load{URL: url, Connections: 1, Rate: 1, Duration: time.Second})
}

func readStress(_ string, out []byte) (Result, error) {
	type milliseconds struct{ P50, P90, P95, P99, P999 float64 }
	var v struct {
		Legs []struct {
			Completed uint64
			Outcomes  map[string]uint64
			DurationS float64      `json:"duration_s"`
			Service   milliseconds `json:"service_ms"`
			Lag       milliseconds `json:"lag_ms"`
		}
	}
	if err := json.Unmarshal(out, &v); err != nil || len(v.Legs) != 1 {
		return Result{}, unread(out)
	}
	l := v.Legs[0]
	ms := func(f float64) time.Duration { return time.Duration(f * float64(time.Millisecond)) }
	r := Result{
		Requests: l.Completed, Elapsed: time.Duration(l.DurationS * float64(time.Second)), Lag: ms(l.Lag.P50),
		// The time at the server, as every peer means it: sent to done.
		Quantiles: map[float64]time.Duration{0.5: ms(l.Service.P50), 0.9: ms(l.Service.P90), 0.95: ms(l.Service.P95), 0.99: ms(l.Service.P99), 0.999: ms(l.Service.P999)},
	}
	for class, n := range l.Outcomes {
		if class != "success" && class != "cut" {
			r.Failed += n
		}
	}
	return r, nil
}
