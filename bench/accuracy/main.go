//go:build linux

// Command accuracy holds what load generators report against what the server knows:
// their percentiles against the server's own, at little load and with the client's
// core full; and the response times that stress stores of a stall against what a
// stall must do to them.
//
//	accuracy -stress bin/stress [-tls] [-rounds 3] [-o docs/performance.md]
//
// It runs its server as a second process of itself, on a core of its own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/stress-tool/stress/bench/child"
	"github.com/stress-tool/stress/bench/page"
	"github.com/stress-tool/stress/bench/tool"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var err error
	if len(os.Args) > 1 && os.Args[1] == serveWord {
		err = serve(ctx, slices.Contains(os.Args, securedWord), os.Stdout)
	} else {
		err = run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	}
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "accuracy:", err)
		os.Exit(1)
	}
}

// options are what the command line asks for.
type options struct {
	stress   string
	engines  []string
	tools    []string
	secured  bool
	rounds   int
	duration time.Duration
	stall    time.Duration
	within   time.Duration
	output   string
}

func parse(args []string, errs io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("accuracy", flag.ContinueOnError)
	fs.SetOutput(errs)
	fs.StringVar(&o.stress, "stress", "bin/stress", "the built `PROGRAM`")
	engines := fs.String("engines", "rawhttp,nethttp", "engines of stress; those it does not know are left out")
	tools := fs.String("tools", "wrk,hey,bombardier", "peers")
	fs.BoolVar(&o.secured, "tls", false, "ask over HTTPS, and leave the stall out")
	fs.IntVar(&o.rounds, "rounds", 3, "how often every tool gets its turn; 0 leaves the percentiles out")
	fs.DurationVar(&o.duration, "duration", 5*time.Second, "of one run, in whole seconds")
	fs.DurationVar(&o.stall, "stall", 1400*time.Millisecond, "how long the server stands still; 0 leaves the stall out")
	fs.DurationVar(&o.within, "stall-within", 14*time.Second, "the run it stands still in, in whole seconds")
	fs.StringVar(&o.output, "o", "", "put the tables into this `FILE` too")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	comma := func(r rune) bool { return r == ',' }
	o.engines, o.tools = strings.FieldsFunc(*engines, comma), strings.FieldsFunc(*tools, comma)
	switch {
	case o.rounds < 0 || o.rounds > 100:
		return o, fmt.Errorf("-rounds: %d is not between 0 and 100", o.rounds)
	case o.duration < time.Second || o.duration%time.Second != 0 || o.within%time.Second != 0:
		return o, fmt.Errorf("-duration %v, -stall-within %v: want whole seconds", o.duration, o.within)
	case o.stall < 0 || 2*o.stall > o.within:
		return o, fmt.Errorf("-stall %v: want at most half of -stall-within %v", o.stall, o.within)
	}
	return o, nil
}

// bench is one run of this program.
type bench struct {
	o      options
	log    io.Writer
	core   int // of the client, counted from 1
	dir    string
	server *server
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	o, err := parse(args, log)
	if err != nil {
		return err
	}
	if err := child.RaiseFiles(4096); err != nil {
		return err
	}
	b := bench{o: o, log: log, core: 1}
	serverCore := 2
	if runtime.NumCPU() < 2 {
		fmt.Fprintln(log, "!!! ONE CORE: server and client share it, and the client's queue is in the server's times")
		serverCore = 1
	}
	if b.dir, err = os.MkdirTemp("", "stress-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if b.server, err = startServer(ctx, serverCore, o.secured); err != nil {
		return err
	}
	defer b.server.Stop()
	ours, err := tool.StressVariants(ctx, log, o.stress, o.engines, []string{""}, "")
	if err != nil {
		return err
	}
	text := page.Machine(time.Now()) + fmt.Sprintf(" Server on core %d, client on core %d.\n\n", serverCore-1, b.core-1)
	if o.rounds > 0 {
		t, err := b.percentiles(ctx, ours)
		if err != nil {
			return err
		}
		text += t
	}
	if o.stall > 0 && !o.secured {
		t, err := b.stalls(ctx, ours)
		if err != nil {
			return err
		}
		text += t
	}
	if _, err := io.WriteString(out, text); err != nil || o.output == "" {
		return err
	}
	if o.secured {
		return page.Update(o.output, "accuracy of https", text)
	}
	return page.Update(o.output, "accuracy", text)
}
