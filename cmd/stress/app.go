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

// environment is everything outside the program that the program may use.
type environment struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	lookup         func(string) (string, bool) // an environment variable
	signals        <-chan os.Signal
	exit           func(code int)
	terminal       terminal
}

// terminal says which of the standard streams are terminals.
type terminal struct {
	out, err bool // stdout, stderr is a terminal
	width    int  // columns; 0 when not known
	// password reads a line of standard input that nobody sees; nil where that is no terminal.
	password func(context.Context) (string, error)
}

// color reports whether text for stdout may be coloured: see https://no-color.org. A terminal
// with TERM=dumb has no colours.
func (w environment) color() bool {
	_, no := w.lookup("NO_COLOR")
	kind, _ := w.lookup("TERM")
	return w.terminal.out && !no && kind != "dumb"
}

// program is the whole program as a function of its inputs. It returns the exit
// code.
func program(args []string, w environment) int {
	in := newInterrupts(w.stderr, w.exit)
	defer in.stop()
	go in.watch(w.signals)
	out, errs := &stream{w: w.stdout, readerGone: in.readerGone}, &stream{w: w.stderr, readerGone: in.readerGone}
	w.stdout = out
	if !w.terminal.err { // what draws on a terminal must know that it is one
		w.stderr = errs
	}
	app := newApp(w, in)
	args, err := flagsFirst(app, args)
	if err == nil {
		err = app.RunContext(in.ctx, args)
	}
	switch {
	case err == nil && out.fault() != nil && !out.broken():
		err = fmt.Errorf("standard output: %w", out.fault())
	case err != nil && in.interrupted(), out.broken(), errs.broken():
		err = cutShort(err)
	}
	printError(w.stderr, err)
	return exitCode(err)
}

func newApp(w environment, in *interrupts) *cli.App {
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
			demoCommand(w, in), initCommand(w), importCommand(w), scenariosCommand(w), runCommand(w, in), checkCommand(w), spreadCommand(w), reportCommand(w),
			compareCommand(w), gateCommand(w, in),
			baselineCommand(w), trendCommand(w), recoverCommand(w), capacityCommand(w, in),
			serveCommand(w, in), agentCommand(w), fleetCommand(w), labCommand(w, in), childCommand(w), verifyCommand(w), schemaCommand(w), versionCommand(w), completionCommand(w), completeCommand(w),
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
	prepareCommands(app.Commands)
	return app
}

// prepareCommands sets what all commands have in common. An unknown flag is an error of one
// line, where the library would print a page of help. No command has the sub-command "help",
// because a scenario may have that name.
func prepareCommands(commands []*cli.Command) {
	for _, c := range commands {
		c.OnUsageError, c.HideHelpCommand = usageError, true
		prepareCommands(c.Subcommands)
	}
}

// cutShort is the error of a command that was interrupted or that lost the reader of its
// output. A lost reader needs no message.
func cutShort(err error) error {
	var c *exitError
	switch {
	case errors.Is(err, syscall.EPIPE), errors.As(err, &c) && c.err == nil:
		err = nil
	case errors.Is(err, context.Canceled):
		err = errors.New("interrupted")
	}
	return &exitError{exitInterrupted, err}
}

// printError writes an error as one message: lower case, no period, on stderr. An error that is
// only an exit code prints nothing.
func printError(w io.Writer, err error) {
	var c *exitError
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
