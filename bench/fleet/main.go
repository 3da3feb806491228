//go:build linux

// Command fleet measures how the throughput of a fleet grows with its agents: each has a
// network namespace and a control group of its own, which leaves it a part of a processor,
// and nginx on another core answers them all. With -steady it measures what lead, broker and
// agents use in a long run of one rate, and whether they hold more as it goes on.
//
//	fleet -stress bin/stress -nats bin/nats-server [-agents 4] [-share 0.25] [-rounds 6] [-o docs/performance.md]
//	fleet -steady 15m [-rate 20000] [-agents 4] [-share 0.25] [-o docs/performance.md]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/stress-tool/stress/bench/page"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fleet:", err)
		os.Exit(1)
	}
}

// options are what the command line asks for.
type options struct {
	stress, nats string
	agents       int
	share        float64
	clients      int
	rounds       int
	duration     time.Duration
	steady       time.Duration // 0: how throughput grows
	rate         int
	output       string
}

// mostAgents is how many there may be: each has a place in the last byte of an address.
const mostAgents = 16

func parse(args []string, errs io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("fleet", flag.ContinueOnError)
	fs.SetOutput(errs)
	fs.StringVar(&o.stress, "stress", "bin/stress", "the built `PROGRAM`")
	fs.StringVar(&o.nats, "nats", "bin/nats-server", "the broker's `PROGRAM`")
	fs.IntVar(&o.agents, "agents", 4, "the most agents")
	fs.Float64Var(&o.share, "share", 0.25, "of a processor, for each agent")
	fs.IntVar(&o.clients, "clients", 16, "of each agent")
	fs.IntVar(&o.rounds, "rounds", 6, "how often each number of agents gets its turn")
	fs.DurationVar(&o.duration, "duration", 8*time.Second, "of one run, in whole seconds")
	fs.DurationVar(&o.steady, "steady", 0, "measure one run of so long, in whole seconds, in place of how throughput grows")
	fs.IntVar(&o.rate, "rate", 20000, "of that run, in requests per second")
	fs.StringVar(&o.output, "o", "", "put the table into this `FILE` too")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	switch {
	case o.agents < 1 || o.agents > mostAgents:
		return o, fmt.Errorf("-agents: %d is not between 1 and %d", o.agents, mostAgents)
	case o.share < 0.1 || o.share > 1:
		return o, fmt.Errorf("-share: %v is not between 0.1 and 1", o.share)
	case o.clients < 1 || o.rounds < 1 || o.rounds > 100:
		return o, errors.New("-clients and -rounds: must be at least 1")
	case o.steady < 0 || o.steady%time.Second != 0 || o.steady > 0 && o.steady < minSteady:
		return o, fmt.Errorf("-steady: %v: want whole seconds, at least %v", o.steady, minSteady)
	case o.rate < 1:
		return o, fmt.Errorf("-rate: %d is not at least 1", o.rate)
	case o.duration < time.Second || o.duration%time.Second != 0:
		return o, fmt.Errorf("-duration: %v: want whole seconds", o.duration)
	}
	for _, program := range []*string{&o.stress, &o.nats} {
		var err error
		if *program, err = filepath.Abs(*program); err != nil {
			return o, err
		}
	}
	return o, nil
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	o, err := parse(args, log)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "stress-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p, err := lay(ctx, o.agents, o.share)
	if err != nil {
		return err
	}
	b := &bench{o: o, log: log, dir: dir, place: p}
	name, measure := "fleet", b.measure
	if o.steady > 0 {
		name, measure = "steady fleet", b.steady
	}
	text, err := measure(ctx)
	if err = errors.Join(err, p.clear()); err != nil {
		return err
	}
	if _, err := io.WriteString(out, text); err != nil || o.output == "" {
		return err
	}
	return page.Update(o.output, name, text)
}
