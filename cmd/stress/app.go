package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// world is everything outside the program that it may touch.
type world struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	lookup         func(string) (string, bool) // the environment
	signals        <-chan os.Signal
	terminal       terminal
}

// terminal says what the standard streams are.
type terminal struct {
	out, err bool // stdout, stderr is a terminal
	width    int  // columns; 0 when not known
}

// color reports whether text for stdout may be coloured.
func (w world) color() bool {
	_, no := w.lookup("NO_COLOR")
	return w.terminal.out && !no
}

// program is the whole program as a function of its inputs. It returns the exit
// code.
func program(args []string, w world) int {
	ctx, drain, stop := interrupts(w)
	defer stop()
	app := newApp(w, drain)
	err := app.RunContext(ctx, interleave(app, args))
	if err == nil {
		return exitPass
	}
	var c *coded
	if !errors.As(err, &c) || c.err != nil {
		printError(w.stderr, err)
	}
	return exitCode(err)
}

func newApp(w world, drain <-chan struct{}) *cli.App {
	app := &cli.App{
		Name:  "stress",
		Usage: "load testing that tells the truth",
		Description: "stress puts loader.io-style load on a service, asks the service's own database\n" +
			"what really happened, and says in one page what that means.\n\n" +
			"Start with `stress demo`: it needs nothing installed and takes about a minute.",
		Reader: w.stdin, Writer: w.stdout, ErrWriter: w.stderr,
		HideVersion: true, EnableBashCompletion: true,
		Suggest: true,
		Commands: []*cli.Command{
			demoCommand(w, drain), runCommand(w, drain), checkCommand(w), spreadCommand(w), reportCommand(w),
			compareCommand(w), gateCommand(w, drain),
			baselineCommand(w), trendCommand(w),
			labCommand(w, drain), childCommand(w), verifyCommand(w), schemaCommand(w), versionCommand(w), completionCommand(w),
		},
		OnUsageError: usageError,
		// Codes are ours alone: see exit.go.
		ExitErrHandler: func(*cli.Context, error) {},
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return usage("no command %q: `stress help` lists them", name)
			}
			return cli.ShowAppHelp(c)
		},
	}
	faultsAreUsage(app.Commands)
	return app
}

// faultsAreUsage gives every command the program's answer to flags that it does not
// know: the library asks each for its own, and has a page of help where there is none.
func faultsAreUsage(commands []*cli.Command) {
	for _, c := range commands {
		c.OnUsageError = usageError
		faultsAreUsage(c.Subcommands)
	}
}

// usageError is for flags that do not exist or do not parse.
func usageError(_ *cli.Context, err error, _ bool) error { return usage("%w", err) }

// interrupts turns signals into the two ways to stop: the first closes drain, the
// second ends the context.
func interrupts(w world) (ctx context.Context, drain <-chan struct{}, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	d := make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-w.signals:
			}
			if n > 0 {
				cancel()
				return
			}
			fmt.Fprintln(w.stderr, "\ninterrupted: ending in order; interrupt again to leave at once")
			close(d)
		}
	}()
	return ctx, d, cancel
}

// interleave moves a command's flags before its arguments, so that `stress run
// FILE --clients 10` reads as people write it; the library stops looking for flags
// at the first argument.
func interleave(app *cli.App, args []string) []string {
	if len(args) < 2 {
		return args
	}
	cmd, named := app.Command(args[1]), 2
	if cmd == nil {
		return args
	}
	if len(args) > 2 {
		if sub := subcommand(cmd, args[2]); sub != nil {
			cmd, named = sub, 3
		}
	}
	flags, rest := slices.Clone(args[:named]), []string{}
	for todo := args[named:]; len(todo) > 0; {
		a := todo[0]
		todo = todo[1:]
		switch {
		case a == "--":
			rest, todo = append(rest, todo...), nil
		case len(a) < 2 || a[0] != '-':
			rest = append(rest, a)
		default:
			flags = append(flags, a)
			if takesValue(cmd, a) && len(todo) > 0 {
				flags, todo = append(flags, todo[0]), todo[1:]
			}
		}
	}
	return append(append(flags, "--"), rest...)
}

// subcommand is the command of a command, nil where there is none of that name.
func subcommand(cmd *cli.Command, name string) *cli.Command {
	i := slices.IndexFunc(cmd.Subcommands, func(s *cli.Command) bool { return s.HasName(name) })
	if i < 0 {
		return nil
	}
	return cmd.Subcommands[i]
}

// takesValue reports whether the next argument is the value of flag arg.
func takesValue(cmd *cli.Command, arg string) bool {
	name := strings.TrimLeft(arg, "-")
	if strings.Contains(name, "=") {
		return false
	}
	for _, f := range cmd.Flags {
		if slices.Contains(f.Names(), name) {
			_, isBool := f.(*cli.BoolFlag)
			return !isBool
		}
	}
	return false
}

// printError writes an error as one message: lower case, no period, on stderr.
func printError(w io.Writer, err error) {
	var r interface{ Render() string }
	if errors.As(err, &r) {
		fmt.Fprint(w, r.Render())
		return
	}
	fmt.Fprintf(w, "stress: %v\n", err)
}

// oneArg is the single argument of a command, or a usage error that names it.
func oneArg(c *cli.Context, what string) (string, error) {
	if c.NArg() != 1 {
		return "", usage("%s takes one %s, got %d: see `stress %s --help`", c.Command.Name, what, c.NArg(), c.Command.Name)
	}
	return c.Args().First(), nil
}
