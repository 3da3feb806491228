package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// Help shows no quotes of our source, and says for every flag what its value is, and
// for no switch that it has one: completion goes by that too.
func TestHelpOfEveryCommand(t *testing.T) {
	value := regexp.MustCompile(`^([A-Z][A-Z=:|-]*|[a-z]+(\|[a-z]+)+)$`)
	for _, words := range commandLines(newApp(environment{}, nil).Commands, nil) {
		var out bytes.Buffer
		w := environment{stdout: &out, stderr: &out, lookup: func(string) (string, bool) { return "", false }}
		if code := program(append([]string{"stress"}, append(words, "--help")...), w); code != exitPass {
			t.Errorf("%q: exit %d: %s", words, code, out.String())
		}
		if text := out.String(); strings.Contains(text, "`") || !strings.Contains(text, "USAGE:") {
			t.Errorf("%q has the help\n%s", words, text)
		}
		cmd, _ := commandOf(newApp(environment{}, nil), append([]string{"stress"}, words...))
		for _, f := range cmd.Flags {
			switch name := placeholder(f); {
			case takesValue(f) && !value.MatchString(name):
				t.Errorf("%q: the value of %s is called %q", words, f.Names(), name)
			case !takesValue(f) && name != "":
				t.Errorf("%q: %s takes no value, and its help calls it %q", words, f.Names(), name)
			}
		}
	}
}

// commandLines are the words of all commands that are not hidden.
func commandLines(commands []*cli.Command, before []string) [][]string {
	var all [][]string
	for _, c := range commands {
		if c.Hidden {
			continue
		}
		words := append(append([]string{}, before...), c.Name)
		all = append(append(all, words), commandLines(c.Subcommands, words)...)
	}
	return all
}
