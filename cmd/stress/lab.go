package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/lab/stack"
)

// system is a system under test that can be kept up: the embedded lab or the real
// stack.
type system struct {
	words                []string
	single, cluster, dsn string
	mysql                string
	close                func() error
}

func labCommand(w world, drain <-chan struct{}) *cli.Command {
	return &cli.Command{
		Name:  "lab",
		Usage: "keep a system under test up, and print its addresses",
		Description: "The embedded lab needs nothing installed. With --real it is MariaDB, Apache with\n" +
			"PHP and nginx, as private processes on free ports: Debian packages mariadb-server,\n" +
			"apache2, libapache2-mod-php, php-mysql and nginx.",
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "real", Usage: "start MariaDB, Apache with PHP and nginx instead"},
			&cli.BoolFlag{Name: "well-known-ports", Usage: "with --real: 8080 single, 4500 cluster, 3306 MySQL"},
		}, labFlags()...),
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usage("lab takes no arguments, got %q", c.Args().First())
			}
			start := embeddedLab
			if c.Bool("real") {
				start = realStack
			}
			s, err := start(c, w)
			if err != nil {
				return err
			}
			printSystem(w.stdout, s)
			select {
			case <-drain:
			case <-c.Context.Done():
			}
			if err := s.close(); err != nil {
				return fmt.Errorf("lab: %w", err)
			}
			return nil
		},
	}
}

func printSystem(w io.Writer, s *system) {
	for _, line := range s.words {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintf(w, "\nexport STRESS_SINGLE='%s'\nexport STRESS_CLUSTER='%s'\nexport STRESS_DSN='%s'\n\n", s.single, s.cluster, s.dsn)
	fmt.Fprintf(w, "stress run cluster\n%s\n\nInterrupt (Ctrl-C) ends it.\n", s.mysql)
}

func embeddedLab(c *cli.Context, w world) (*system, error) {
	l, err := startLab(c, w)
	if err != nil {
		return nil, err
	}
	return &system{
		words: l.Words(), single: l.Single(), cluster: l.Cluster(), dsn: l.DSN(), mysql: l.MySQLCommand(), close: l.Close,
	}, nil
}

func realStack(c *cli.Context, w world) (*system, error) {
	o := stack.Options{Replicas: c.Int("replicas"), MaxConnections: c.Int("max-connections"), Log: w.stderr}
	if c.Bool("well-known-ports") {
		o.Ports = stack.FixedPorts
	}
	ctx, cancel := context.WithTimeout(c.Context, 2*time.Minute)
	defer cancel()
	s, err := stack.Start(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("lab --real: %w", err)
	}
	return &system{
		words:  []string{"MariaDB, Apache with PHP and nginx, as private processes on loopback."},
		single: s.SingleURL, cluster: s.ClusterURL, dsn: s.DSN, mysql: s.MySQLCommand(), close: s.Close,
	}, nil
}
