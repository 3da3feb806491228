package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/internal/spell"
)

// flagsFirst puts a command line into the order that the library reads: the command,
// its flags, "--", its arguments. So `stress run FILE --clients 10` works as people
// write it; the library alone stops to look for flags at the first argument. A line
// that asks for help asks for nothing else.
func flagsFirst(app *cli.App, args []string) ([]string, error) {
	if len(args) > 2 && args[1] == "help" {
		args = append(append(slices.Clone(args[:1]), args[2:]...), "--help")
	}
	cmd, named := commandOf(app, args)
	if cmd == nil || cmd.SkipFlagParsing {
		return args, nil
	}
	flags, rest := slices.Clone(args[:named]), []string{}
	for todo := args[named:]; len(todo) > 0; {
		a := todo[0]
		todo = todo[1:]
		f := flagOf(cmd, a)
		switch {
		case a == "--":
			rest, todo = append(rest, todo...), nil
		case a == "--help" || a == "-h":
			return append(slices.Clone(args[:named]), a), nil
		case len(a) < 2 || a[0] != '-':
			rest = append(rest, a)
		case f == nil || !takesValue(f):
			flags = append(flags, a)
		case strings.Contains(a, "="):
			name, value, _ := strings.Cut(a, "=")
			if err := checkValue(f, name, value); err != nil {
				return nil, err
			}
			flags = append(flags, a)
		case len(todo) == 0 || todo[0] == "--":
			return nil, usage("%s needs a value: see `stress %s --help`", a, strings.Join(args[1:named], " "))
		case flagOf(cmd, todo[0]) != nil:
			return nil, usage("%s needs a value, and %s is a flag; a value that looks like one is written %s=%s", a, todo[0], a, todo[0])
		default:
			if err := checkValue(f, a, todo[0]); err != nil {
				return nil, err
			}
			flags, todo = append(flags, a, todo[0]), todo[1:]
		}
	}
	return append(append(flags, "--"), rest...), nil
}

// commandOf is the command that a command line names, and how many words of the line
// that takes; nil for none.
func commandOf(app *cli.App, args []string) (*cli.Command, int) {
	if len(args) < 2 {
		return nil, 0
	}
	cmd := app.Command(args[1])
	if cmd == nil || len(args) == 2 {
		return cmd, 2
	}
	if sub := cmd.Command(args[2]); sub != nil {
		return sub, 3
	}
	return cmd, 2
}

// flagOf is the flag of a command that a word names, nil for none.
func flagOf(cmd *cli.Command, word string) cli.Flag {
	if len(word) < 2 || word[0] != '-' {
		return nil
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(word[1:], "-"), "=")
	i := slices.IndexFunc(cmd.Flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), name) })
	if i < 0 {
		return nil
	}
	return cmd.Flags[i]
}

// checkValue refuses a value that can only be a mistake: an empty one, as an unset variable
// gives, and the standard output in place of a directory.
func checkValue(f cli.Flag, name, value string) error {
	switch kind := placeholder(f); {
	case value == "" && kind != "TEXT":
		return usage("%s needs a value, and got an empty one: is a variable not set?", name)
	case value == stdoutName && kind == "DIR":
		return usage("%s needs a directory, and %s is none", name, value)
	}
	return nil
}

func takesValue(f cli.Flag) bool {
	d, ok := f.(cli.DocGenerationFlag)
	return ok && d.TakesValue()
}

// usageError is for flags that do not exist or do not parse.
func usageError(c *cli.Context, err error, _ bool) error {
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !unknown {
		return usage("%w", err)
	}
	hint := "`stress " + strings.TrimPrefix(c.Command.FullName(), "stress ") + " --help` lists them"
	if near := spell.Nearest(strings.TrimPrefix(name, "-"), flagNames(c.Command)); near != "" {
		hint = "did you mean --" + near + "?"
	}
	return usage("no flag --%s: %s", strings.TrimPrefix(name, "-"), hint)
}

// flagNames are the long names of a command's flags, in order.
func flagNames(cmd *cli.Command) []string {
	var names []string
	for _, f := range cmd.Flags {
		names = append(names, f.Names()[0])
	}
	return names
}

// unknownCommand is the error of a command that does not exist. parent is the command that it
// would belong to, "" for the program.
func unknownCommand(commands []*cli.Command, parent, name string) error {
	var names []string
	for _, c := range commands {
		if !c.Hidden {
			names = append(names, c.Name)
		}
	}
	hint := "`" + strings.TrimSpace("stress "+parent) + " --help` lists them"
	if near := spell.Nearest(name, names); near != "" {
		hint = "did you mean `stress " + strings.TrimSpace(parent+" "+near) + "`?"
	}
	return usage("no command %q: %s", strings.TrimSpace(parent+" "+name), hint)
}

// oneArg is the single argument of a command, or a usage error that names it.
func oneArg(c *cli.Context, what string) (string, error) {
	if c.NArg() != 1 {
		return "", usage("%s takes one %s, got %d: see `stress %s --help`", c.Command.Name, what, c.NArg(), c.Command.FullName())
	}
	return c.Args().First(), nil
}
