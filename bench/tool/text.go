package tool

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// The tools of this file print text for people, wrk aside.

// wrkDone makes wrk end with its figures to the microsecond: what it prints itself
// is rounded, and ends at p99. A script without a request function is not called for
// requests and costs nothing on the way.
const wrkDone = `done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("figures %d %d %d", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout))
  for _, p in ipairs({50, 90, 99, 99.9}) do io.write(string.format(" %g=%d", p, latency:percentile(p))) end
  io.write("\n")
end
`

func wrk() Tool {
	return Tool{
		Name: "wrk", Program: "wrk", Version: []string{"--version"}, Exits: nil,
		Command: func(dir string, l Load) ([]string, error) {
			script := filepath.Join(dir, "done.lua")
			if err := os.WriteFile(script, []byte(wrkDone), 0o600); err != nil {
				return nil, fmt.Errorf("wrk's script: %w", err)
			}
			args := []string{"-t1", "-c", strconv.Itoa(l.Connections), "-d", l.seconds(), "-s", script}
			if l.Fresh {
				args = append(args, "-H", "Connection: close")
			}
			return append(args, l.URL), nil
		},
		Read: readWrk,
	}
}

var (
	wrkFigures  = regexp.MustCompile(`(?m)^figures (\d+) (\d+) (\d+)(.*)$`)
	wrkQuantile = regexp.MustCompile(` ([\d.]+)=(\d+)`)
)

func readWrk(_ string, out []byte) (Result, error) {
	m := wrkFigures.FindSubmatch(out)
	if m == nil {
		return Result{}, unread(out)
	}
	r := Result{
		Requests: count(m[1]), Elapsed: time.Duration(count(m[2])) * time.Microsecond, Failed: count(m[3]),
		Quantiles: map[float64]time.Duration{},
	}
	for _, q := range wrkQuantile.FindAllSubmatch(m[4], -1) {
		r.Quantiles[percent(number(q[1]))] = time.Duration(count(q[2])) * time.Microsecond
	}
	return r, nil
}

func ab() Tool {
	return Tool{
		Name: "ab", Program: "ab", Version: []string{"-V"}, MaxConnections: 20000,
		Command: func(_ string, l Load) ([]string, error) {
			// -t alone stops at 50 000 requests; -n after it lifts that. ab keeps 32
			// bytes for each of them, touched only when it comes.
			most := strconv.Itoa(int(l.Duration/time.Second) * 400_000)
			args := []string{"-q", "-c", strconv.Itoa(l.Connections), "-t", strconv.Itoa(int(l.Duration / time.Second)), "-n", most}
			if !l.Fresh {
				args = append(args, "-k")
			}
			return append(args, l.URL), nil
		},
		Read: readAB,
	}
}

var (
	abComplete = regexp.MustCompile(`(?m)^Complete requests:\s+(\d+)$`)
	abFailed   = regexp.MustCompile(`(?m)^Failed requests:\s+(\d+)$`)
	abNon2xx   = regexp.MustCompile(`(?m)^Non-2xx responses:\s+(\d+)$`)
	abElapsed  = regexp.MustCompile(`(?m)^Time taken for tests:\s+([\d.]+) seconds$`)
)

// readAB leaves out the percentiles: they are whole milliseconds.
func readAB(_ string, out []byte) (Result, error) {
	n, failed, took := abComplete.FindSubmatch(out), abFailed.FindSubmatch(out), abElapsed.FindSubmatch(out)
	if n == nil || failed == nil || took == nil {
		return Result{}, unread(out)
	}
	r := Result{Requests: count(n[1]), Failed: count(failed[1]), Elapsed: seconds(took[1])}
	if m := abNon2xx.FindSubmatch(out); m != nil {
		r.Failed += count(m[1])
	}
	return r, nil
}

func h2load() Tool {
	return Tool{
		Name: "h2load", Program: "h2load", Version: []string{"--version"}, Open: true, Keeps: true,
		Command: func(_ string, l Load) ([]string, error) {
			args := []string{"--h1", "-t1", "-c", strconv.Itoa(l.Connections), "-D", l.seconds()}
			if l.Rate > 0 {
				args = append(args, "--rps", perConnection(l))
			}
			return append(args, l.URL), nil
		},
		Read: readH2load,
	}
}

var (
	h2loadDone    = regexp.MustCompile(`(?m)^requests: .* (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout$`)
	h2loadElapsed = regexp.MustCompile(`(?m)^finished in ([\d.]+)(s|ms|us),`)
)

// readH2load leaves out the times: h2load reports their mean and no percentile.
func readH2load(_ string, out []byte) (Result, error) {
	m, took := h2loadDone.FindSubmatch(out), h2loadElapsed.FindSubmatch(out)
	if m == nil || took == nil {
		return Result{}, unread(out)
	}
	elapsed, err := time.ParseDuration(string(took[1]) + string(took[2]))
	if err != nil {
		return Result{}, unread(out)
	}
	return Result{Requests: count(m[1]), Failed: count(m[1]) - count(m[2]), Elapsed: elapsed}, nil
}

func hey() Tool {
	return Tool{
		Name: "hey", Program: "hey", Open: true,
		Command: func(_ string, l Load) ([]string, error) {
			args := []string{"-z", l.seconds(), "-c", strconv.Itoa(l.Connections)}
			if l.Fresh {
				args = append(args, "-disable-keepalive")
			}
			if l.Rate > 0 {
				args = append(args, "-q", perConnection(l))
			}
			return append(args, l.URL), nil
		},
		Read: readHey,
	}
}

var (
	heyTotal    = regexp.MustCompile(`(?m)^  Total:\s+([\d.]+) secs$`)
	heyStatus   = regexp.MustCompile(`(?m)^  \[(\d+)\]\s+(?:(\d+) responses|.*)$`)
	heyQuantile = regexp.MustCompile(`(?m)^  (\d+)%+ in ([\d.]+) secs$`)
)

// readHey counts what the status distribution lists; the error distribution below it
// has words in the place of the second number.
func readHey(_ string, out []byte) (Result, error) {
	took, statuses := heyTotal.FindSubmatch(out), heyStatus.FindAllSubmatch(out, -1)
	if took == nil || statuses == nil {
		return Result{}, unread(out)
	}
	r := Result{Elapsed: seconds(took[1]), Quantiles: map[float64]time.Duration{}}
	for _, s := range statuses {
		if len(s[2]) == 0 {
			r.Failed += count(s[1])
			continue
		}
		r.Requests += count(s[2])
		if code := count(s[1]); code >= 400 {
			r.Failed += count(s[2])
		}
	}
	for _, q := range heyQuantile.FindAllSubmatch(out, -1) {
		r.Quantiles[percent(number(q[1]))] = seconds(q[2])
	}
	return r, nil
}

// perConnection is an open load's rate for tools that take it per connection.
func perConnection(l Load) string {
	return strconv.FormatFloat(float64(l.Rate)/float64(l.Connections), 'f', -1, 64)
}

// count and number read what a regular expression has found to be digits; what is
// too large for its type is its largest value.
func count(b []byte) uint64 {
	n, _ := strconv.ParseUint(string(b), 10, 64)
	return n
}

func number(b []byte) float64 {
	f, _ := strconv.ParseFloat(string(b), 64)
	return f
}

func seconds(b []byte) time.Duration { return time.Duration(number(b) * float64(time.Second)) }

// percent turns 99.9 into 0.999, and into nothing beside it: quantiles are keys.
func percent(p float64) float64 { return float64(int64(p*1000+0.5)) / 100_000 }
