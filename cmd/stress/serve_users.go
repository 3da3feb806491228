package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/server/account"
	"github.com/stress-tool/stress/server/store"
)

// byCommand is who does what is asked for on the command line, as the audit of a server has it.
const byCommand = "command line"

// usersFlags change who may come in, and end.
func usersFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "add-user", Usage: "make an account of that `NAME` for the pages and end; its password is asked for, or read from standard input"},
		&cli.StringFlag{Name: "remove-user", Usage: "remove the account of that `NAME`, and end"},
		&cli.BoolFlag{Name: "list-users", Usage: "list the accounts, and end"},
	}
}

// users does what the flags ask for of accounts. It reports whether they ask for anything.
func users(c *cli.Context, w environment, s *store.Store) (bool, error) {
	by := store.By{At: time.Now(), Who: byCommand}
	switch {
	case c.String("add-user") != "":
		return true, addUser(c.Context, w, s, c.String("add-user"), by)
	case c.String("remove-user") != "":
		return true, removeUser(c.Context, w, s, c.String("remove-user"), by)
	case c.Bool("list-users"):
		return true, listUsers(c.Context, w, s)
	}
	return false, nil
}

func addUser(ctx context.Context, w environment, s *store.Store, typed string, by store.By) error {
	name, err := account.Name(typed)
	if err != nil {
		return usage("serve: --add-user: %w", err)
	}
	if _, err := s.Account(ctx, name); err == nil {
		return usage("serve: --add-user: there is an account %q already: --remove-user %s removes it", name, name)
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	password, err := newPassword(ctx, w, name)
	if err != nil {
		return err
	}
	err = account.NewDoor(s).Add(ctx, name, password, by)
	if errors.As(err, new(*account.InvalidError)) {
		return usage("serve: --add-user %s: %w", name, err)
	}
	if err != nil {
		return &exitError{exitUnable, fmt.Errorf("serve: --add-user %s: %w", name, err)}
	}
	_, err = fmt.Fprintf(w.stdout, "account %q is made\n", name)
	return err
}

// newPassword asks for a password twice where somebody types it, and otherwise reads a line. It is no flag
// and no variable: others of this machine see those.
func newPassword(ctx context.Context, w environment, name string) (string, error) {
	if w.terminal.password == nil {
		line, err := bufio.NewReader(io.LimitReader(w.stdin, 64<<10)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("standard input: %w", err)
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	var typed [2]string
	for i, ask := range []string{"Password of the account %q: ", "Again: "} {
		if i == 0 {
			ask = fmt.Sprintf(ask, name)
		}
		fmt.Fprint(w.stderr, ask)
		p, err := w.terminal.password(ctx)
		fmt.Fprintln(w.stderr)
		if err != nil {
			return "", err
		}
		typed[i] = p
	}
	if typed[0] != typed[1] {
		return "", usage("serve: --add-user: the two passwords differ: nothing was made")
	}
	return typed[0], nil
}

func removeUser(ctx context.Context, w environment, s *store.Store, typed string, by store.By) error {
	name, err := account.Name(typed)
	if err == nil {
		err = s.RemoveAccount(ctx, name, true, by)
	}
	if errors.Is(err, store.ErrNotFound) {
		return usage("serve: --remove-user: there is no account %q: --list-users lists them", name)
	}
	if err != nil {
		return usage("serve: --remove-user: %w", err)
	}
	_, err = fmt.Fprintf(w.stdout, "account %q is removed, and its sessions are ended\n", name)
	return err
}

func listUsers(ctx context.Context, w environment, s *store.Store) error {
	all, err := s.Accounts(ctx)
	for _, a := range all {
		fmt.Fprintf(w.stdout, "%s\tmade %s UTC\n", a.Name, a.Created.Format(time.DateTime))
	}
	return err
}
