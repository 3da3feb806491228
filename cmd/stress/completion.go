package main

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

// bashCompletion and zshCompletion ask the program itself for the words that may
// follow, as the command-line library answers them.
const (
	bashCompletion = `_stress() {
  local cur words
  cur="${COMP_WORDS[COMP_CWORD]}"
  words=$("${COMP_WORDS[@]:0:COMP_CWORD}" ${cur:+"$cur"} --generate-bash-completion 2>/dev/null)
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o bashdefault -o default -F _stress stress
`
	zshCompletion = `#compdef stress
_stress() {
  local -a words
  words=("${(@f)$(_CLI_ZSH_AUTOCOMPLETE_HACK=1 ${words[@]:0:#words[@]-1} --generate-bash-completion 2>/dev/null)}")
  _describe 'values' words
  _files
}
compdef _stress stress
`
)

func completionCommand(w world) *cli.Command {
	return &cli.Command{
		Name:        "completion",
		Usage:       "print a completion script for a shell",
		ArgsUsage:   "bash|zsh|fish",
		Description: "For bash: eval \"$(stress completion bash)\"",
		Action: func(c *cli.Context) error {
			shell, err := oneArg(c, "shell")
			if err != nil {
				return err
			}
			script := ""
			switch shell {
			case "bash":
				script = bashCompletion
			case "zsh":
				script = zshCompletion
			case "fish":
				if script, err = c.App.ToFishCompletion(); err != nil {
					return fmt.Errorf("completion: %w", err)
				}
			default:
				return usage("completion: %q is none of bash, zsh, fish", shell)
			}
			_, err = fmt.Fprint(w.stdout, script)
			return err
		},
	}
}
