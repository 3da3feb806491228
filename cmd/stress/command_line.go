package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/secret"
)

// commandLine is what was typed, for who wants to do it again: the flags in the order of the
// help, without the secrets of the set and without the values that hold some as a rule. The
// directory of the run is left out: it is taken.
func commandLine(c *cli.Context, secrets *secret.Set) []string {
	out := []string{"stress"}
	out = append(out, strings.Fields(c.Command.FullName())...)
	for _, arg := range c.Args().Slice() {
		out = append(out, secrets.Blot(withoutUser(arg)))
	}
	for _, f := range c.Command.Flags {
		name := f.Names()[0]
		if !c.IsSet(name) || name == "out" {
			continue
		}
		switch f.(type) {
		case *cli.BoolFlag:
			out = append(out, "--"+name)
		case *cli.StringSliceFlag:
			for _, v := range c.StringSlice(name) {
				out = append(out, "--"+name, secrets.Blot(discreet(name, v)))
			}
		default:
			out = append(out, "--"+name, secrets.Blot(discreet(name, fmt.Sprint(c.Value(name)))))
		}
	}
	return out
}

// discreet is the value of a flag; of one that holds a secret as a rule only what says which.
func discreet(flag, value string) string {
	switch key, sign := value, ""; flag {
	case "dsn", "body":
		return secret.Mark
	case "header":
		if key, sign = cutAt(value, ":"); secret.Named(key) {
			return key + sign + " " + secret.Mark
		}
	case "set":
		// A whole mapping may hold anything.
		if key, sign = cutAt(value, "="); secret.Named(key) || slices.Contains(strings.Split(key, "."), "body") || strings.Contains(value, "{") {
			return key + sign + secret.Mark
		}
	}
	return value
}

// cutAt is what stands before a sign, and the sign; without it the whole.
func cutAt(s, sign string) (before, found string) {
	if before, _, ok := strings.Cut(s, sign); ok {
		return before, sign
	}
	return s, ""
}

// withoutUser is an argument; of an address with a user only the rest.
func withoutUser(arg string) string {
	name, address, named := strings.Cut(arg, "=")
	if !named || strings.Contains(name, "/") {
		name, address, named = "", arg, false
	}
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return arg
	}
	u.User = nil
	scheme, rest, _ := strings.Cut(u.String(), "://")
	address = scheme + "://" + secret.Mark + "@" + rest
	if named {
		return name + "=" + address
	}
	return address
}
