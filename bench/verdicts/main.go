//go:build linux

// Command verdicts counts what `stress gate` says of systems whose truth is known:
// two that are the same, one slower, one that loses rows, and a generator that gets
// no processor.
//
//	verdicts -stress bin/stress [-identical 20] [-faulty 5] [-noisy 10] [-o docs/statistics.md]
//
// The systems are embedded labs, two at a time: base, which is as it should be, and
// change, which has the fault. They take turns, round by round.
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
	"strings"
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
		fmt.Fprintln(os.Stderr, "verdicts:", err)
		os.Exit(1)
	}
}

// options are what the command line asks for.
type options struct {
	stress    string
	identical int
	faulty    int
	noisy     int
	rounds    int
	duration  time.Duration
	only      string
	output    string
}

func parse(args []string, errs io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("verdicts", flag.ContinueOnError)
	fs.SetOutput(errs)
	fs.StringVar(&o.stress, "stress", "bin/stress", "the built `PROGRAM`")
	fs.IntVar(&o.identical, "identical", 20, "how often identical targets are gated")
	fs.IntVar(&o.faulty, "faulty", 5, "how often each fault is gated")
	fs.IntVar(&o.noisy, "noisy", 10, "how often each system on a noisy machine is gated")
	fs.IntVar(&o.rounds, "rounds", 10, "rounds of one gate")
	fs.DurationVar(&o.duration, "duration", time.Second, "of one leg")
	fs.StringVar(&o.only, "only", "", "the systems whose name holds this `TEXT`; empty is all")
	fs.StringVar(&o.output, "o", "", "put the tables into this `FILE` too")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	for name, n := range map[string]int{"identical": o.identical, "faulty": o.faulty, "noisy": o.noisy, "rounds": o.rounds} {
		if n < 0 || n > 1000 {
			return o, fmt.Errorf("-%s: %d is not between 0 and 1000", name, n)
		}
	}
	if o.duration < 100*time.Millisecond || o.duration > time.Hour {
		return o, fmt.Errorf("-duration: %v is not between 100ms and 1h", o.duration)
	}
	var err error
	o.stress, err = filepath.Abs(o.stress)
	return o, err
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	o, err := parse(args, log)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "stress-verdicts-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var tallies []tally
	for _, c := range cases(o) {
		if !strings.Contains(c.name, o.only) {
			continue
		}
		t, err := gateAll(ctx, o, dir, c, log)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		tallies = append(tallies, t)
	}
	text := page.Machine(time.Now()) + fmt.Sprintf(" Each gate %d rounds of %v per target.\n\n", o.rounds, o.duration) + tables(tallies)
	if _, err := io.WriteString(out, text); err != nil || o.output == "" {
		return err
	}
	return page.Update(o.output, "verdicts", text)
}
