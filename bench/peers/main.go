//go:build linux

// Command peers puts stress beside other load generators on the same work in the
// same minutes: CPU time per request, the rate that was reached, and memory. nginx
// answers on one core, with TLS if that is asked for; each tool in its turn works on
// another.
//
//	peers -stress bin/stress [-tls] [-rounds 3] [-o docs/performance.md]
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
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/stress-tool/stress/bench/child"
	"github.com/stress-tool/stress/bench/nginx"
	"github.com/stress-tool/stress/bench/page"
	"github.com/stress-tool/stress/bench/tool"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// options are what the command line asks for.
type options struct {
	stress      string
	engines     []string
	tools       []string
	connections []int
	rate        int
	openLimit   int
	secured     bool
	fresh       int
	large       int
	rounds      int
	short, long time.Duration
	memory      int
	output      string
}

// spareFiles are those of a tool beside its connections.
const spareFiles = 500

// body stands in every answer of the server; it is the page's of our own lab.
const body = "New record created successfully"

func parse(args []string, errs io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("peers", flag.ContinueOnError)
	fs.SetOutput(errs)
	fs.StringVar(&o.stress, "stress", "bin/stress", "the built `PROGRAM`")
	engines := fs.String("engines", "rawhttp,nethttp", "engines of stress; those it does not know are left out")
	tools := fs.String("tools", "", "peers, such as wrk,hey; empty is all there are")
	connections := fs.String("connections", "1,50,500,5000", "connections of the closed loads; empty is none")
	fs.IntVar(&o.rate, "rate", 20000, "requests per second of the open load; 0 is none")
	fs.IntVar(&o.openLimit, "open-connections", 50, "most connections of the open load")
	fs.BoolVar(&o.secured, "tls", false, "load the server over HTTPS")
	fs.IntVar(&o.fresh, "fresh", 50, "connections at a time of the load that opens one for each request; 0 is none")
	fs.IntVar(&o.large, "large", 50, "connections of the load of 10 kB answers; 0 is none")
	fs.IntVar(&o.rounds, "rounds", 3, "how often every tool gets its turn")
	fs.DurationVar(&o.short, "short", 2*time.Second, "the shorter of the two durations, in whole seconds")
	fs.DurationVar(&o.long, "long", 6*time.Second, "the longer one; with -tls both are a second longer for every 1 000 connections")
	fs.IntVar(&o.memory, "memory", 0, "send this many `REQUESTS` with stress and watch its memory, instead of all else")
	fs.StringVar(&o.output, "o", "", "put the tables into this `FILE` too")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	o.engines, o.tools = list(*engines), list(*tools)
	for _, s := range list(*connections) {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > 20000 {
			return o, fmt.Errorf("-connections: %q is not a number from 1 to 20000", s)
		}
		o.connections = append(o.connections, n)
	}
	switch {
	case o.rounds < 1 || o.rounds > 100:
		return o, fmt.Errorf("-rounds: %d is not between 1 and 100", o.rounds)
	case o.short < time.Second || o.long <= o.short || o.long > 10*time.Minute || o.short%time.Second+o.long%time.Second != 0:
		return o, fmt.Errorf("-short %v, -long %v: want whole seconds, the longer one longer", o.short, o.long)
	case min(o.rate, o.memory, o.fresh, o.large) < 0 || o.openLimit < 1:
		return o, fmt.Errorf("-rate, -open-connections, -fresh, -large and -memory must not be negative")
	}
	return o, nil
}

func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' })
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	o, err := parse(args, log)
	if err != nil {
		return err
	}
	if err := child.RaiseFiles(uint64(slices.Max(append(o.connections, o.openLimit, o.fresh, o.large)) + spareFiles)); err != nil {
		return err
	}
	b := bench{o: o, log: log, core: 1}
	serverCore := 2
	if runtime.NumCPU() < 2 {
		fmt.Fprintln(log, "!!! ONE CORE: server and client share it, and every figure holds the other's cache misses")
		serverCore = 1
	}
	b.dir, err = os.MkdirTemp("", "stress-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	srv, err := nginx.Start(ctx, nginx.Options{Dir: b.dir, Core: serverCore, Secured: o.secured, Body: body})
	if err != nil {
		return err
	}
	defer srv.Stop()
	b.url = srv.URL
	name, text, err := b.tables(ctx)
	if err != nil {
		return err
	}
	text = page.Machine(time.Now()) + fmt.Sprintf(" Server: %s on core %d, client on core %d.\n\n", srv.Version, serverCore-1, b.core-1) + text
	if _, err := io.WriteString(out, text); err != nil || o.output == "" {
		return err
	}
	return page.Update(o.output, name, text)
}

// tables measures what was asked for; name says where in the document it belongs.
func (b *bench) tables(ctx context.Context) (name, text string, err error) {
	plain, err := tool.StressVariants(ctx, b.log, b.o.stress, b.o.engines, []string{""}, "")
	if err != nil {
		return "", "", err
	}
	if b.o.memory > 0 {
		text, err = b.memoryTable(ctx, plain)
		return "memory", text, err
	}
	name = "peers"
	if b.o.secured {
		name = "peers of https"
	}
	text, err = b.peerTables(ctx, plain)
	return name, text, err
}
