package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/attack/ownership"
)

func verifyCommand(w world) *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "show the ownership token of a host, and look whether it is served",
		ArgsUsage: "URL",
		Description: "A public host may be loaded only when it serves a token that belongs to you, as with\n" +
			"loader.io: at /TOKEN/, /TOKEN.txt or /TOKEN.html. Loopback and private addresses need none.",
		Action: func(c *cli.Context) error {
			raw, err := oneArg(c, "URL")
			if err != nil {
				return err
			}
			u, err := url.Parse(raw)
			if err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https") {
				return usage("verify: %q is not an http or https URL with a host", raw)
			}
			guard, err := newGuard(c, w)
			if err != nil {
				return err
			}
			token, err := guard.Token(u)
			if err != nil {
				return err
			}
			fmt.Fprintf(w.stdout, "token: %s\n", token)
			proof, err := guard.Verify(c.Context, u)
			if err != nil {
				return err
			}
			fmt.Fprintf(w.stdout, "verified: %s\n", proof.URL)
			return nil
		},
	}
}

// newGuard makes the guard of this user: its tokens come from a key in the user's
// configuration directory.
func newGuard(c *cli.Context, w world) (*ownership.Guard, error) {
	dir, ok := w.lookup("XDG_CONFIG_HOME")
	if !ok || dir == "" {
		home, ok := w.lookup("HOME")
		if !ok {
			home = os.TempDir()
		}
		dir = filepath.Join(home, ".config")
	}
	return &ownership.Guard{
		KeyFile: filepath.Join(dir, "stress", "ownership.key"), Override: c.Bool("i-own-this-target"),
	}, nil
}
