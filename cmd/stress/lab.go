package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/internal/outfile"
	"github.com/stress-tool/stress/lab"
	"github.com/stress-tool/stress/lab/stack"
	"github.com/stress-tool/stress/lab/swarm"
)

func labCommand(w environment, in *interrupts) *cli.Command {
	return &cli.Command{
		Name:  "lab",
		Usage: "keep a system under test up, and print its addresses",
		Description: "The embedded lab needs nothing installed. With --real it is MariaDB, Apache with\n" +
			"PHP and nginx, as private processes on free ports: Debian packages mariadb-server,\n" +
			"apache2, libapache2-mod-php, php-mysql and nginx. With --swarm the same page runs on a\n" +
			"real Docker Swarm of three nodes in namespaces of this machine: as root, and with\n" +
			"docker.io and iptables too.\n\n" +
			"A script waits for the file of --env:\n\n" +
			"  stress lab --env lab.env & until [ -e lab.env ]; do sleep 0.1; done; . ./lab.env",
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "real", Usage: "start MariaDB, Apache with PHP and nginx instead"},
			&cli.BoolFlag{Name: "well-known-ports", Usage: "with --real: 8080 single, 4500 cluster, 3306 MySQL"},
			&cli.BoolFlag{Name: "swarm", Usage: "start a Docker Swarm of three nodes instead"},
			&cli.IntFlag{Name: "managers", Value: 1, Usage: "with --swarm: `NUMBER` of the nodes that are managers, 1 or 3"},
			&cli.BoolFlag{Name: "down", Usage: "with --swarm: end every Swarm that is up, remove what killed ones left, and start none"},
			&cli.StringFlag{Name: "env", Usage: "write the addresses into `FILE`, for a shell to source, as soon as all is up; removed at the end"},
		}, labFlags()...),
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usage("lab takes no arguments, got %q", c.Args().First())
			}
			start := embeddedLab
			switch {
			case c.Bool("swarm") && c.Bool("real"):
				return usage("--real and --swarm are two systems: give one of them")
			case c.Bool("swarm") && c.Bool("down"):
				return swarm.Clean(w.stderr)
			case c.Bool("down"):
				return usage("--down is of --swarm: every other lab ends with its command")
			case c.Bool("swarm"):
				start = realSwarm
			case c.Bool("real"):
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
		if err := outfile.Replace(env, []byte(exports(s)), 0o600); err != nil {
			return fmt.Errorf("lab: --env: %w", err)
		}
		defer os.Remove(env)
	}
	printSystem(w.stdout, s)
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
	case !strings.HasPrefix(string(old), exportStart):
		return usage("--env: %s is there, and no lab wrote it: choose another file", path)
	}
	return os.Remove(path)
}

const exportStart = "export STRESS_SINGLE="

// exports are the addresses as a shell reads them.
func exports(s *lab.System) string {
	return fmt.Sprintf(exportStart+"'%s'\nexport STRESS_CLUSTER='%s'\nexport STRESS_DSN='%s'\n", s.Single, s.Cluster, s.DSN())
}

func printSystem(w io.Writer, s *lab.System) {
	for _, line := range s.Words {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintf(w, "\n%s\nstress run cluster\n%s\n\nInterrupt (Ctrl-C) ends it.\n", exports(s), s.MySQLCommand())
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

func realSwarm(c *cli.Context, w environment) (*lab.System, error) {
	for _, flag := range labFlags() {
		if name := flag.Names()[0]; c.IsSet(name) {
			return nil, usage("--%s is of no Swarm: leave out --swarm", name)
		}
	}
	if n := c.Int("managers"); n != 1 && n != 3 {
		return nil, usage("--managers %d: give 1 or 3", n)
	}
	ctx, cancel := context.WithTimeout(c.Context, 2*time.Minute)
	defer cancel()
	s, err := swarm.Start(ctx, swarm.Options{Managers: c.Int("managers"), Log: w.stderr})
	if err != nil {
		return nil, fmt.Errorf("lab --swarm: %w", err)
	}
	return &s.System, nil
}
