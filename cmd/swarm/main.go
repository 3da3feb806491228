// Command swarm keeps a Docker Swarm of three nodes up until it is interrupted, and prints its
// addresses: see package lab/swarm. With -down it ends those that others keep, and removes
// what killed ones left; with -able it says whether one can run here.
//
// It is a program of its own because only those who work on stress need it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/stress-tool/stress/internal/outfile"
	"github.com/stress-tool/stress/lab/swarm"
)

func main() {
	managers := flag.Int("managers", 1, "`NUMBER` of the nodes that are managers, 1 or 3")
	env := flag.String("env", "", "write the addresses into `FILE`, for a shell to source, as soon as all is up; removed at the end")
	down := flag.Bool("down", false, "end every Swarm that is up, remove what killed ones left, and start none")
	able := flag.Bool("able", false, "say whether a Swarm can run on this machine, and why not, and start none")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	var err error
	switch {
	case *down:
		err = swarm.Clean(os.Stderr)
	case *able:
		err = swarm.Able(ctx)
	default:
		err = keep(ctx, *managers, *env)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// keep starts a Swarm and ends it when ctx does.
func keep(ctx context.Context, managers int, env string) (err error) {
	s, err := swarm.Start(ctx, swarm.Options{Managers: managers, Log: os.Stderr})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if env != "" {
		if err := outfile.Replace(env, []byte(s.Exports()), 0o600); err != nil {
			return err
		}
		defer os.Remove(env)
	}
	s.Print(os.Stdout)
	<-ctx.Done()
	return nil
}
