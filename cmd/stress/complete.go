package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// candidate is a word that may stand where the cursor is.
type candidate struct{ word, about string }

// partialLine is a command line up to the cursor. Its last word is the one that is
// being typed, and may be empty.
type partialLine struct {
	w     environment
	app   *cli.App
	cmd   *cli.Command // nil before there is one
	named int          // words that name the command
	words []string     // without the program's own name
}

// complete returns the words that may stand at the end of a command line. The placeholder of a
// flag says what its value may be, and the usage of a command says it of an argument, so help
// and completion cannot differ.
func complete(app *cli.App, w environment, words []string) []candidate {
	if len(words) > 1 && words[0] == "help" {
		return complete(app, w, words[1:])
	}
	u := partialLine{w: w, app: app, words: words}
	cmd, named := commandOf(app, append([]string{app.Name}, words[:len(words)-1]...))
	if cmd != nil {
		u.cmd, u.named = cmd, named-1
	}
	var found []candidate
	for _, c := range u.candidates() {
		if strings.HasPrefix(c.word, u.current()) && !slices.ContainsFunc(found, func(f candidate) bool { return f.word == c.word }) {
			found = append(found, c)
		}
	}
	return found
}

func (u partialLine) current() string { return u.words[len(u.words)-1] }

func (u partialLine) candidates() []candidate {
	current := u.current()
	if u.cmd == nil {
		if len(u.words) > 1 {
			return nil // there is no such command
		}
		if strings.HasPrefix(current, "-") {
			return flagCandidates(u.app.Flags)
		}
		return commandCandidates(u.app.Commands, candidate{"help", "show the help of a command"})
	}
	position, flag, ended := u.walk()
	switch {
	case flag != nil:
		return u.values(placeholder(flag), "")
	case !ended && strings.HasPrefix(current, "-") && strings.Contains(current, "="):
		name, _, _ := strings.Cut(current, "=")
		if f := flagOf(u.cmd, name); f != nil && takesValue(f) {
			return u.values(placeholder(f), name+"=")
		}
		return nil
	case !ended && strings.HasPrefix(current, "-"):
		return flagCandidates(u.cmd.Flags)
	case position == 0 && len(u.cmd.Subcommands) > 0:
		return commandCandidates(u.cmd.Subcommands)
	}
	return u.values(argument(u.cmd, position), "")
}

// walk goes through the words before the current one: how many arguments there are,
// whether the last is a flag that waits for its value, and whether "--" has ended the
// flags.
func (u partialLine) walk() (position int, waiting cli.Flag, ended bool) {
	for _, word := range u.words[u.named : len(u.words)-1] {
		f := flagOf(u.cmd, word)
		switch {
		case waiting != nil:
			waiting = nil
		case ended, !strings.HasPrefix(word, "-") || word == "-":
			position++
		case word == "--":
			ended = true
		case f != nil && takesValue(f) && !strings.Contains(word, "="):
			waiting = f
		}
	}
	return position, waiting, ended
}

// placeholder is what the help of a flag calls its value.
func placeholder(f cli.Flag) string {
	d, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return ""
	}
	_, after, _ := strings.Cut(d.GetUsage(), "`")
	name, _, _ := strings.Cut(after, "`")
	return name
}

// argument is what a command's usage calls its argument at a position: the last one may
// be repeated where it says so.
func argument(cmd *cli.Command, position int) string {
	var kinds []string
	for alternative := range strings.SplitSeq(cmd.ArgsUsage, " | ") {
		words := strings.Fields(alternative)
		if len(words) == 0 || strings.HasPrefix(words[0], "-") {
			continue
		}
		word := words[min(position, len(words)-1)]
		if position >= len(words) && !strings.Contains(word, "...") {
			continue
		}
		kinds = append(kinds, strings.Trim(word, "[]."))
	}
	return strings.Join(kinds, "|")
}

func commandCandidates(commands []*cli.Command, more ...candidate) []candidate {
	var out []candidate
	for _, c := range commands {
		if !c.Hidden {
			out = append(out, candidate{c.Name, c.Usage})
		}
	}
	return append(out, more...)
}

func flagCandidates(flags []cli.Flag) []candidate {
	var out []candidate
	for _, f := range flags {
		about := ""
		if d, ok := f.(cli.DocGenerationFlag); ok {
			about = strings.ReplaceAll(d.GetUsage(), "`", "")
		}
		out = append(out, candidate{"--" + f.Names()[0], about})
	}
	return append(out, candidate{"--help", "show help"})
}
