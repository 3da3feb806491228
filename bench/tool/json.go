package tool

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// The tools of this file print JSON.

func bombardier() Tool {
	return Tool{
		Name: "bombardier", Program: "bombardier", Version: []string{"--version"}, Open: true, Keeps: true,
		Command: func(_ string, l Load) ([]string, error) {
			args := []string{"-c", strconv.Itoa(l.Connections), "-d", l.seconds(), "-l", "-p", "r", "-o", "json", "--insecure"}
			if l.Rate > 0 {
				args = append(args, "-r", strconv.Itoa(l.Rate))
			}
			return append(args, l.URL), nil
		},
		Read: readBombardier,
	}
}

func readBombardier(_ string, out []byte) (Result, error) {
	var v struct {
		Result struct {
			TimeTakenSeconds                               float64
			Req1xx, Req2xx, Req3xx, Req4xx, Req5xx, Others uint64
			Latency                                        struct {
				Percentiles map[string]float64 // microseconds
			}
		}
	}
	if err := json.Unmarshal(out, &v); err != nil || v.Result.TimeTakenSeconds == 0 {
		return Result{}, unread(out)
	}
	b := v.Result
	r := Result{
		Requests: b.Req1xx + b.Req2xx + b.Req3xx + b.Req4xx + b.Req5xx,
		Failed:   b.Req4xx + b.Req5xx + b.Others,
		Elapsed:  time.Duration(b.TimeTakenSeconds * float64(time.Second)), Quantiles: map[float64]time.Duration{},
	}
	for p, us := range b.Latency.Percentiles {
		r.Quantiles[percent(number([]byte(p)))] = time.Duration(us * float64(time.Microsecond))
	}
	return r, nil
}

func plow() Tool {
	return Tool{
		Name: "plow", Program: "plow", Version: []string{"--version"}, Open: true, Keeps: true,
		Command: func(_ string, l Load) ([]string, error) {
			// --listen: its web page would be open to the network.
			args := []string{l.URL, "-c", strconv.Itoa(l.Connections), "-d", l.seconds(), "--json", "--summary", "--insecure", "--listen", "127.0.0.1:0"}
			if l.Rate > 0 {
				args = append(args, "--rate", strconv.Itoa(l.Rate))
			}
			return args, nil
		},
		Read: readPlow,
	}
}

func readPlow(_ string, out []byte) (Result, error) {
	var v struct {
		Summary struct {
			Elapsed string
			Count   uint64
			Counts  map[string]uint64
		}
		Percentiles map[string]string
	}
	// Words for people stand before the JSON.
	at := bytes.IndexByte(out, '{')
	if at < 0 || json.Unmarshal(out[at:], &v) != nil {
		return Result{}, unread(out)
	}
	elapsed, err := time.ParseDuration(v.Summary.Elapsed)
	if err != nil {
		return Result{}, unread(out)
	}
	r := Result{Requests: v.Summary.Count, Elapsed: elapsed, Quantiles: map[float64]time.Duration{}}
	for class, n := range v.Summary.Counts {
		if class != "2xx" {
			r.Failed += n
		}
	}
	for p, text := range v.Percentiles {
		if d, err := time.ParseDuration(text); err == nil {
			r.Quantiles[percent(number([]byte(strings.TrimPrefix(p, "P"))))] = d
		}
	}
	return r, nil
}
