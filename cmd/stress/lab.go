package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/internal/outfile"
	"github.com/stress-tool/stress/lab"
	"github.com/stress-tool/stress/lab/stack"
)

func labCommand(w environment, in *interrupts) *cli.Command {
	return &cli.Command{
		Name:  "lab",
		Usage: "keep a system under test up, and print its addresses",
		Description: "The embedded lab needs nothing installed. With --real it is MariaDB, Apache with\n" +
			"PHP and nginx, as private processes on free ports: Debian packages mariadb-server,\n" +
			"apache2, libapache2-mod-php, php-mysql and nginx.\n\n" +
			"A script waits for the file of --env:\n\n" +
			"  stress lab --env lab.env & until [ -e lab.env ]; do sleep 0.1; done; . ./lab.env",
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "real", Usage: "start MariaDB, Apache with PHP and nginx instead"},
			&cli.BoolFlag{Name: "well-known-ports", Usage: "with --real: 8080 single, 4500 cluster, 3306 MySQL"},
			&cli.StringFlag{Name: "env", Usage: "write the addresses into `FILE`, for a shell to source, as soon as all is up; removed at the end"},
		}, labFlags()...),
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usage("lab takes no arguments, got %q", c.Args().First())
			}
			start := embeddedLab
			if c.Bool("real") {
				start = realStack
			}
			env := c.String("env")
			if err := clearEnv(env); err != nil {
				return err
			}
			s, err := start(c, w)
			if err != nil {
				return err
			}
			err = keepUp(s, w, in, env)
			if cerr := s.Close(); cerr != nil {
				err = errors.Join(err, fmt.Errorf("lab: %w", cerr))
			}
			return err
		},
	}
}

// keepUp prints the addresses and waits for the end. It removes the file of --env before the
// system ends.
func keepUp(s *lab.System, w environment, in *interrupts, env string) error {
	end := in.endInOrder()
	if env != "" {
		if err := outfile.Replace(env, []byte(s.Exports()), 0o600); err != nil {
			return fmt.Errorf("lab: --env: %w", err)
		}
		defer os.Remove(env)
	}
	s.Print(w.stdout)
	<-end
	return nil
}

// clearEnv removes the file that a killed lab left behind, so that a script which waits for the
// file does not read old addresses. It refuses a file that no lab wrote.
func clearEnv(path string) error {
	if path == "" {
		return nil
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return usage("--env: %w", err)
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return usage("--env: %w", err)
	case !info.Mode().IsRegular():
		return usage("--env: %s is there, and is no file: choose another one", path)
	}
	old, err := os.ReadFile(path)
	switch {
	case err != nil:
		return usage("--env: %w", err)
	case !strings.HasPrefix(string(old), lab.ExportStart):
		return usage("--env: %s is there, and no lab wrote it: choose another file", path)
	}
	return os.Remove(path)
}

func realStack(c *cli.Context, w environment) (*lab.System, error) {
	if c.IsSet(slowFlag) || c.IsSet(dropFlag) {
		return nil, usage("--%s and --%s are the embedded lab's: leave out --real", slowFlag, dropFlag)
	}
	o := stack.Options{Replicas: c.Int("replicas"), MaxConnections: c.Int("max-connections"), Log: w.stderr}
	if c.Bool("well-known-ports") {
		o.Ports = lab.CataloguePorts
	}
	ctx, cancel := context.WithTimeout(c.Context, 2*time.Minute)
	defer cancel()
	s, err := stack.Start(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("lab --real: %w", err)
	}
	return &s.System, nil
}
