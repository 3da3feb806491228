package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/urfave/cli/v2"
)

// world is everything outside the program that it may touch.
type world struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	lookup         func(string) (string, bool) // the environment
	signals        <-chan os.Signal
	exit           func(code int)
	terminal       terminal
}

// terminal says what the standard streams are.
type terminal struct {
	out, err bool // stdout, stderr is a terminal
	width    int  // columns; 0 when not known
}

// color reports whether text for stdout may be coloured: https://no-color.org, and TERM=dumb
// is a terminal that knows no colours.
func (w world) color() bool {
	_, no := w.lookup("NO_COLOR")
	kind, _ := w.lookup("TERM")
	return w.terminal.out && !no && kind != "dumb"
}

// program is the whole program as a function of its inputs. It returns the exit
// code.
func program(args []string, w world) int {
	in := newInterrupts(w.stderr, w.exit)
	defer in.stop()
	go in.watch(w.signals)
	out, errs := &stream{w: w.stdout, lost: in.lost}, &stream{w: w.stderr, lost: in.lost}
	w.stdout = out
	if !w.terminal.err { // what draws on a terminal must know that it is one
		w.stderr = errs
	}
	app := newApp(w, in)
	args, err := arrange(app, args)
	if err == nil {
		err = app.RunContext(in.told, args)
	}
	switch {
	case err == nil && out.fault() != nil && !out.broken():
		err = fmt.Errorf("standard output: %w", out.fault())
	case err != nil && in.asked(), out.broken(), errs.broken():
		err = cutShort(err)
	}
	printError(w.stderr, err)
	return exitCode(err)
}

func newApp(w world, in *interrupts) *cli.App {
	app := &cli.App{
		Name:  "stress",
		Usage: "load testing that tells the truth",
		Description: "stress puts loader.io-style load on a service, asks the service's own database\n" +
			"what really happened, and says in one page what that means.\n\n" +
			"Start with \"stress demo\": it needs nothing installed and takes about a minute.\n" +
			"On your own service: stress run http://127.0.0.1:8080/ --clients 50 --duration 1m",
		Reader: w.stdin, Writer: w.stdout, ErrWriter: w.stderr,
		HideVersion: true, // the library's prints less than ours
		// One flag sets one thing: values hold commas, and what follows one must not
		// reach another key.
		DisableSliceFlagSeparator: true,
		Flags:                     []cli.Flag{&cli.BoolFlag{Name: "version", Aliases: []string{"v"}, Usage: "say which version this is"}},
		Commands: []*cli.Command{
			demoCommand(w, in), initCommand(w), scenariosCommand(w), runCommand(w, in), checkCommand(w), spreadCommand(w), reportCommand(w),
			compareCommand(w), gateCommand(w, in),
			baselineCommand(w), trendCommand(w),
			labCommand(w, in), childCommand(w), verifyCommand(w), schemaCommand(w), versionCommand(w), completionCommand(w), completeCommand(w),
		},
		OnUsageError: usageError,
		// Codes are ours alone: see exit.go.
		ExitErrHandler: func(*cli.Context, error) {},
		Action: func(c *cli.Context) error {
			switch name := c.Args().First(); {
			case c.Bool("version"):
				return printVersion(w)
			case name != "":
				return unknownCommand(c.App.Commands, "", name)
			}
			return cli.ShowAppHelp(c)
		},
	}
	alike(app.Commands)
	return app
}

// alike gives every command the program's answer to flags that it does not know, for
// the library has a page of help there, and takes from each the sub-command "help",
// which would stand in the way of a scenario of that name.
func alike(commands []*cli.Command) {
	for _, c := range commands {
		c.OnUsageError, c.HideHelpCommand = usageError, true
		alike(c.Subcommands)
	}
}

// cutShort is the error of a command that was interrupted, or whose reader went away,
// which is no news to anybody.
func cutShort(err error) error {
	var c *coded
	switch {
	case errors.Is(err, syscall.EPIPE), errors.As(err, &c) && c.err == nil:
		err = nil
	case errors.Is(err, context.Canceled):
		err = errors.New("interrupted")
	}
	return &coded{exitInterrupted, err}
}

// printError writes an error as one message: lower case, no period, on stderr. Nothing is
// said of a code alone.
func printError(w io.Writer, err error) {
	var c *coded
	if err == nil || errors.As(err, &c) && c.err == nil {
		return
	}
	var r interface{ Render() string }
	if errors.As(err, &r) {
		fmt.Fprint(w, r.Render())
		return
	}
	fmt.Fprintf(w, "stress: %s\n", explained(err))
}
