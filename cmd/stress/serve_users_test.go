package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// withInput runs the program with a text on its standard input.
func withInput(t *testing.T, stdin string, args ...string) ran {
	t.Helper()
	cmd, out := command(t, nil, args...)
	cmd.Stdin = strings.NewReader(stdin)
	return wait(t, cmd.Run(), out)
}

// An account is made and removed on the command line, and its password is no word of that.
func TestAccountsOfServe(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	const password = "four words of mine"
	for _, c := range []struct {
		stdin string
		args  []string
		code  int
		says  string
	}{
		{"short\n", []string{"--add-user", "anna"}, exitUsage, "12 characters"},
		{"annaannaanna\n", []string{"--add-user", "anna"}, exitUsage, "beside the name"},
		{strings.Repeat("x", 2000) + "\n", []string{"--add-user", "anna"}, exitUsage, "1000 bytes"},
		{password + "\r\nmore\n", []string{"--add-user", "Anna"}, exitPass, `account "anna" is made`},
		{password, []string{"--add-user", "anna"}, exitUsage, "already"},
		{"", []string{"--list-users"}, exitPass, "anna\tmade"},
		{"", []string{"--remove-user", "ANNA"}, exitPass, "removed"},
		{"", []string{"--list-users"}, exitPass, ""},
	} {
		r := withInput(t, c.stdin, append([]string{"serve", "--data", data}, c.args...)...)
		if r.code != c.code || !strings.Contains(r.stdout+r.stderr, c.says) || strings.Contains(r.stdout+r.stderr, password) {
			t.Errorf("%q: exit code %d, %s%s, want %d and %q", c.args, r.code, r.stdout, r.stderr, c.code, c.says)
		}
	}
}
