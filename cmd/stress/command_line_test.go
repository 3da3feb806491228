package main

import (
	"slices"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/secret"
)

// The command line of a run is kept as typed, without its directory and without what is secret
// by its place or by its value.
func TestCommandLinesAreKeptWithoutSecrets(t *testing.T) {
	for _, c := range []struct{ typed, kept []string }{
		{[]string{"cluster", "--clients", "20", "--load", "a", "--load", "b", "--out", "results/x"}, []string{"cluster", "--load", "a", "--load", "b", "--clients", "20"}},
		{[]string{"--record", "a b.yaml", "--rounds=5"}, []string{"a b.yaml", "--rounds", "5", "--record"}},
		{[]string{"x.yaml", "--header", "Accept: text/html", "--header", "Authorization: Bearer abc"}, []string{"x.yaml", "--header", "Accept: text/html", "--header", "Authorization: " + secret.Mark}},
		{[]string{"x.yaml", "--dsn", "a:b@tcp(c)/d", "--body", "pin=1"}, []string{"x.yaml", "--body", secret.Mark, "--dsn", secret.Mark}},
		{[]string{"x.yaml", "--set", "request.headers.X-Token=1", "--set", "request={headers: {A: b}}", "--set", "thresholds=[p95 < 5ms]", "--set", "request.expect.body=ok"},
			[]string{"x.yaml", "--set", "request.headers.X-Token=" + secret.Mark, "--set", "request=" + secret.Mark, "--set", "thresholds=[p95 < 5ms]", "--set", "request.expect.body=" + secret.Mark}},
		{[]string{"http://ann:pw@h:1/a", "b=https://u@h/?x=y"}, []string{"http://" + secret.Mark + "@h:1/a", "b=https://" + secret.Mark + "@h/?x=y"}},
		{[]string{"x.yaml", "--name", "of my-known-secret"}, []string{"x.yaml", "--name", "of " + secret.Mark}},
	} {
		var got []string
		app := newApp(environment{lookup: func(string) (string, bool) { return "", false }}, nil)
		for _, cmd := range app.Commands {
			if cmd.Name == "run" {
				cmd.Action = func(c *cli.Context) error { got = commandLine(c, secret.NewSet("my-known-secret")); return nil }
			}
		}
		args, err := flagsFirst(app, append([]string{"stress", "run"}, c.typed...))
		if err != nil {
			t.Fatal(err)
		}
		if err := app.Run(args); err != nil {
			t.Fatal(err)
		}
		if want := append([]string{"stress", "run"}, c.kept...); !slices.Equal(got, want) {
			t.Errorf("%q\nis kept as %q\nwant       %q", c.typed, got, want)
		}
	}
}
