package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/attack/route"
)

func verifyCommand(w environment) *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "show the ownership token of a host, and look whether it is served",
		ArgsUsage: "URL",
		Description: "A public host may be loaded only when it serves a token that belongs to you, as with\n" +
			"loader.io: at /TOKEN/, /TOKEN.txt, /TOKEN.html or /TOKEN, from every address it has; or when\n" +
			"its name has a TXT record loaderio=TOKEN (its digits alone); or when the head of its front\n" +
			"page has <meta name=\"stress-verification\" content=\"TOKEN\">, which is looked at last. Loopback\n" +
			"and private addresses need none.",
		Action: func(c *cli.Context) error {
			raw, err := oneArg(c, "URL")
			if err != nil {
				return err
			}
			u, err := url.Parse(raw)
			if err != nil || (u.Scheme != "http" && u.Scheme != "https") {
				return usage("verify: %q is not an http or https URL with a host", raw)
			}
			if _, err := route.Host(u); err != nil {
				return usage("verify: %w", err)
			}
			return verify(c.Context, w.stdout, newGuard(c, w), route.OriginOf(u))
		},
	}
}

// verify says what a host must serve, and whether it does or need not.
func verify(ctx context.Context, out io.Writer, guard *ownership.Guard, o route.Origin) error {
	token, err := guard.Token(o)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "token: %s\n", token)
	routes := route.Table{Judge: guard.Judge}
	if err := routes.Resolve(ctx, route.Hop{Origin: o}); err != nil {
		return err
	}
	for _, p := range guard.Proofs() {
		fmt.Fprintf(out, "verified: %s, from %s\n", p.Where, p.Address.Addr())
	}
	if len(guard.Proofs()) == 0 {
		fmt.Fprintf(out, "no proof needed: %s is this machine or a private address\n", o.Name())
	}
	return nil
}

// newGuard makes the guard of this user: its tokens come from a key in the user's
// configuration directory. Without one there is no key: in a directory that all users
// share it would be anybody's.
func newGuard(c *cli.Context, w environment) *ownership.Guard {
	g := &ownership.Guard{Override: c.Bool("i-own-this-target")}
	dir, _ := w.lookup("XDG_CONFIG_HOME")
	if home, _ := w.lookup("HOME"); dir == "" && home != "" {
		dir = filepath.Join(home, ".config")
	}
	if dir != "" {
		g.KeyFile = filepath.Join(dir, "stress", "ownership.key")
	}
	return g
}
