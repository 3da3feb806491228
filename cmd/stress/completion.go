package main

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/internal/plain"
)

// The scripts ask the program itself for the words that may follow: they know nothing
// of commands and flags, and need not be made anew with a new version.
var (
	//go:embed completion/bash.sh
	bashCompletion string
	//go:embed completion/zsh.sh
	zshCompletion string
	//go:embed completion/fish.fish
	fishCompletion string
)

func completionCommand(w environment) *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print a completion script for a shell",
		ArgsUsage: "bash|zsh|fish",
		Description: "bash, in ~/.bashrc:  eval \"$(stress completion bash)\"\n" +
			"zsh, in ~/.zshrc after compinit:  eval \"$(stress completion zsh)\"\n" +
			"fish, in ~/.config/fish/config.fish:  stress completion fish | source",
		Action: func(c *cli.Context) error {
			shell, err := oneArg(c, "shell")
			if err != nil {
				return err
			}
			script, ok := map[string]string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}[shell]
			if !ok {
				return usage("completion: %q is none of bash, zsh, fish", shell)
			}
			_, err = fmt.Fprint(w.stdout, script)
			return err
		},
	}
}

// completeCommand is what the scripts ask: the words up to the cursor are its
// arguments, and it prints a line for each word that may stand there, with what it
// means behind a tab.
func completeCommand(w environment) *cli.Command {
	return &cli.Command{
		Name: "__complete", Hidden: true, SkipFlagParsing: true,
		Action: func(c *cli.Context) error {
			words := c.Args().Slice()
			if len(words) == 0 {
				words = []string{""}
			}
			for _, found := range complete(c.App, w, words) {
				if strings.ContainsAny(found.word, "\t\n") {
					continue // the scripts could not tell where it ends
				}
				fmt.Fprintf(w.stdout, "%s\t%s\n", found.word, plain.Line(found.about))
			}
			return nil
		},
	}
}
