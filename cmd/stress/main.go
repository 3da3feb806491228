// Command stress puts loader.io-style load on a service, asks the service's own
// database what really happened, and says what that means.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"github.com/stress-tool/stress/internal/crash"
	"github.com/stress-tool/stress/internal/outfile"
)

func main() {
	crash.ExitWith(exitUnable)
	// net/http logs unexpected bytes of a target as they are.
	log.SetOutput(io.Discard)
	os.Exit(program(os.Args, environment{
		stdin:    os.Stdin,
		stdout:   os.Stdout,
		stderr:   os.Stderr,
		lookup:   os.LookupEnv,
		signals:  interruptSignals(),
		exit:     exitAtOnce,
		terminal: terminal{out: isTerminal(os.Stdout), err: isTerminal(os.Stderr), width: width(os.Stdout), password: unseen(os.Stdin)},
	}))
}

// exitAtOnce ends the program, whatever it is doing.
func exitAtOnce(code int) {
	outfile.Abandon()
	os.Exit(code)
}

// interruptSignals are the signals that ask the program to end. Under nohup, HUP is not one of
// them. PIPE is caught and ignored: a lost reader is then an error of writing, and a run can
// still be sealed.
func interruptSignals() <-chan os.Signal {
	signals := make(chan os.Signal, 3)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	return signals
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// unseen reads a line of a terminal without showing what is typed; nil of anything else. The terminal shows
// it again whatever ends that.
func unseen(f *os.File) func(context.Context) (string, error) {
	if !isTerminal(f) {
		return nil
	}
	return func(ctx context.Context) (string, error) {
		before, err := term.GetState(int(f.Fd()))
		if err != nil {
			return "", err
		}
		defer term.Restore(int(f.Fd()), before)
		type line struct {
			text []byte
			err  error
		}
		typed := make(chan line, 1)
		go func() {
			text, err := term.ReadPassword(int(f.Fd()))
			typed <- line{text, err}
		}()
		select {
		case l := <-typed:
			return string(l.text), l.err
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// width is the columns of a terminal, 0 for anything else.
func width(f *os.File) int {
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return w
}
