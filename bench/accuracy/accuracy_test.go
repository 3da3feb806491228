//go:build linux

package main

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/bench/tool"
	"github.com/stress-tool/stress/bench/truth"
	"github.com/stress-tool/stress/runlog/hist"
)

// The oracle is what requests at a constant rate meet when each that is due in a
// stall is answered at its end.
func TestOracleIsAStall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		within := time.Duration(rapid.IntRange(2000, 20000).Draw(t, "T")) * time.Millisecond
		s := time.Duration(rapid.Int64Range(0, int64(within/2)).Draw(t, "S"))
		const every = time.Second / stallRate
		h := hist.New()
		for due := time.Duration(0); due < within; due += every {
			h.Record(max(0, min(s, s-due)))
		}
		for _, q := range stallQuantiles {
			want, got := oracle(s, within, q), h.Quantile(q)
			if (got - want).Abs() > 2*every+want/500 {
				t.Fatalf("q %g: %v, by simulation %v", q, want, got)
			}
		}
	})
}

// Tene's rule: a server that stands still for half of the time has a p90 of 80 % of
// the stall.
func TestOracleHalfOfTheTime(t *testing.T) {
	if got := oracle(5*time.Second, 10*time.Second, 0.9); got.Round(time.Microsecond) != 4*time.Second {
		t.Error(got)
	}
}

func made(n, answered uint64, p50 time.Duration) pair {
	return pair{
		said:  tool.Result{Requests: n, Quantiles: map[float64]time.Duration{0.5: p50}},
		known: truth.Report{Count: truth.Count{Answered: answered}, Quantiles: map[string]time.Duration{"0.5": time.Millisecond}},
	}
}

func TestLayOutTakesTheMedianError(t *testing.T) {
	tools := []tool.Tool{{Name: "wrk"}, {Name: "absent"}}
	got := layOut(tools, map[string][]pair{"wrk": {
		made(10, 11, 3*time.Millisecond), made(20, 20, 990*time.Microsecond), made(30, 30, 1100*time.Microsecond),
	}})
	want := "| wrk  |        p50 |         30 |     30 | 1000 µs |  1100 µs | +100 µs |      +10.0 % | -10 µs … +2000 µs |"
	if lines := strings.Split(strings.TrimSpace(got), "\n"); len(lines) != 3 || lines[2] != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCheckWantsTheSameRequests(t *testing.T) {
	unstamped, failed := made(100, 100, 0), made(100, 100, 0)
	unstamped.known.Unstamped, failed.said.Failed = 1, 1
	for _, c := range []struct {
		p  pair
		ok bool
	}{{made(100, 100, 0), true}, {made(100, 108, 0), true}, {made(100, 109, 0), false}, {made(101, 100, 0), false}, {unstamped, false}, {failed, false}} {
		if err := c.p.check(4); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.p, err)
		}
	}
}

func TestParse(t *testing.T) {
	if o, err := parse([]string{"-tools", "wrk", "-stall", "300ms", "-stall-within", "3s"}, io.Discard); err != nil || len(o.tools) != 1 || o.engines[1] != "nethttp" {
		t.Errorf("%+v, %v", o, err)
	}
	for _, args := range []string{"-rounds -1", "-duration 1500ms", "-stall 2s -stall-within 3s", "-stall -1s", "-no"} {
		if _, err := parse(strings.Fields(args), io.Discard); err == nil {
			t.Errorf("%s was taken", args)
		}
	}
}

// The server's process says where it is, and ends with its context.
func TestServe(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, false, w) }()
	line := make([]byte, 200)
	n, err := r.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	at, control, ok := strings.Cut(strings.TrimSpace(string(line[:n])), " ")
	if !ok {
		t.Fatalf("it said %q", line[:n])
	}
	s := &server{url: at, control: control}
	if err := s.begin(ctx, truth.Delay{Short: time.Millisecond}, 3); err != nil {
		t.Fatal(err)
	}
	if rep, err := s.report(ctx); err != nil || rep.Answered != 0 || rep.Delay != "constant 1ms" {
		t.Errorf("%+v, %v", rep, err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
