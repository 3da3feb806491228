package main

import (
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/fleet/link"
)

// linkFlags say how a broker is reached.
func linkFlags() []cli.Flag {
	return append([]cli.Flag{&cli.StringFlag{Name: "nats", Usage: "`ADDRESS` of the NATS server, nats://HOST:PORT or tls://HOST:PORT"}}, enterFlags()...)
}

// enterFlags say who comes to a broker.
func enterFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "user", Usage: "`USER` of the NATS server"},
		&cli.StringFlag{Name: "password-file", Usage: "`FILE` with the user's password"},
		&cli.StringFlag{Name: "nkey", Usage: "`FILE` with the seed of a key of the NATS server, in place of a user"},
		&cli.StringFlag{Name: "tls-ca", Usage: "PEM `FILE` with who may sign the NATS server's certificate; requires TLS"},
	}
}

// linkOf is how the flags say that a broker is reached.
func linkOf(c *cli.Context) (o link.Options, err error) {
	o = link.Options{URL: c.String("nats"), User: c.String("user"), Nkey: c.String("nkey"), CA: c.String("tls-ca")}
	if o.URL == "" {
		return o, usage("--nats is missing: give the address of the NATS server, nats://HOST:PORT or tls://HOST:PORT")
	}
	if err := link.Check(o.URL); err != nil {
		return o, usage("--nats: %w", err)
	}
	if (o.User == "") != (c.String("password-file") == "") {
		return o, usage("--user and --password-file go together")
	}
	o.Password, err = passwordFile(c)
	return o, err
}

// passwordFile is the password in a file, "" if none is named. It is no flag and no variable: others of this
// machine see those.
func passwordFile(c *cli.Context) (string, error) {
	file := c.String("password-file")
	if file == "" {
		return "", nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", usage("--password-file: %w", err)
	}
	password := strings.TrimRight(string(b), "\r\n")
	if password == "" || strings.ContainsAny(password, "\r\n") {
		return "", usage("--password-file: %s: must have one line, the password", file)
	}
	return password, nil
}
