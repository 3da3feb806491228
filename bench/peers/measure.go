//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/stress-tool/stress/bench/child"
	"github.com/stress-tool/stress/bench/tool"
)

// bench is one run of this program.
type bench struct {
	o    options
	log  io.Writer
	core int // of the client, counted from 1
	dir  string
	url  string
}

// sample is one run of a tool.
type sample struct {
	child.Usage
	tool.Result
}

// once runs a tool under a load, in a directory of its own.
func (b *bench) once(ctx context.Context, t tool.Tool, l tool.Load) (sample, error) {
	dir, err := os.MkdirTemp(b.dir, "run-")
	if err != nil {
		return sample{}, err
	}
	defer os.RemoveAll(dir)
	u, r, err := t.Run(ctx, dir, b.core, l)
	return sample{Usage: u, Result: r}, err
}

// figure is one round of a tool under a load.
type figure struct {
	cpu    float64 // microseconds per request
	rate   float64 // answers per second, of the longer run
	failed uint64
	lag    time.Duration
	peak   int64 // bytes
}

// errNoDifference says that the longer run took no more than the shorter.
var errNoDifference = errors.New("the longer run used no more CPU, or sent no more requests, than the shorter")

// perRequest is the CPU time per request in microseconds: what the longer run used
// more, over what it sent more. Whatever a tool does once, at its start and at its
// end, is in both and so in neither.
func perRequest(short, long sample) (float64, error) {
	if long.Requests <= short.Requests || long.CPU <= short.CPU {
		return 0, errNoDifference
	}
	return float64((long.CPU - short.CPU).Nanoseconds()) / 1e3 / float64(long.Requests-short.Requests), nil
}

// rounds gives every tool its turn, one after the other, as often as was asked: what
// the machine does in the meantime meets them all. A tool that fails is said so and
// left out of what follows.
func (b *bench) rounds(ctx context.Context, tools []tool.Tool, l tool.Load) (map[string][]figure, error) {
	figures, broken := map[string][]figure{}, map[string]bool{}
	for n := range b.o.rounds {
		for _, t := range tools {
			if !t.Can(l) || broken[t.Name] {
				continue
			}
			f, err := b.figure(ctx, t, l)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if errors.Is(err, errNoDifference) {
				fmt.Fprintf(b.log, "round %d, %s: %v\n", n+1, t.Name, err)
				continue
			}
			if err != nil {
				fmt.Fprintf(b.log, "!!! %s is LEFT OUT at %d connections: %v\n", t.Name, l.Connections, err)
				broken[t.Name] = true
				delete(figures, t.Name)
				continue
			}
			fmt.Fprintf(b.log, "round %d, %d connections, %s: %.2f µs, %.0f/s, %d failed\n", n+1, l.Connections, t.Name, f.cpu, f.rate, f.failed)
			figures[t.Name] = append(figures[t.Name], f)
		}
	}
	return figures, nil
}

// opening is added to both durations, so that all connections are open in the shorter run too: the
// server makes about a thousand handshakes of TLS in a second.
func (b *bench) opening(l tool.Load) time.Duration {
	if !b.o.secured {
		return 0
	}
	return (time.Duration(l.Connections) * time.Millisecond).Round(time.Second)
}

func (b *bench) figure(ctx context.Context, t tool.Tool, l tool.Load) (figure, error) {
	opening := b.opening(l)
	l.Duration = b.o.short + opening
	short, err := b.once(ctx, t, l)
	if err != nil {
		return figure{}, err
	}
	l.Duration = b.o.long + opening
	long, err := b.once(ctx, t, l)
	if err != nil {
		return figure{}, err
	}
	cpu, err := perRequest(short, long)
	return figure{cpu: cpu, rate: long.Rate(), failed: short.Failed + long.Failed, lag: long.Lag, peak: long.Memory.Peak}, err
}
