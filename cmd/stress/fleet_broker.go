package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"

	"github.com/nats-io/nkeys"
	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/fleet/broker"
	"github.com/stress-tool/stress/internal/plain"
)

func brokerCommand(w environment) *cli.Command {
	return &cli.Command{
		Name:  "broker",
		Usage: "be the NATS server of a fleet, until a signal ends it",
		Description: "It is a NATS server with JetStream, as nats-server -js is one: take that instead wherever there is\n" +
			"one. Whoever it lets in commands the agents, within what each allows. So where others reach it there\n" +
			"must be a user with a password, or keys:\n" +
			"  stress fleet key --out lead.nk      # prints the public key, and so for each agent\n" +
			"  stress fleet broker --listen 0.0.0.0:4222 --nkey UABC… --nkey UDEF…\n" +
			"With a certificate it takes TLS alone. Without TLS others on the way can read a password and all else\n" +
			"that is sent, though no key, and a scenario with secrets, variables or files is refused.\n\n" +
			"Exit codes: 0 ended by a signal, 2 usage error, 5 it could not work.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "listen", Value: "127.0.0.1:4222", Usage: "answer at `ADDRESS`, HOST:PORT; port 0 is any that is free"},
			&cli.StringFlag{Name: "data", Value: "stress-broker", Usage: "keep what runs send in `DIR` until they have it; one broker at a time has it"},
			&cli.StringFlag{Name: "user", Usage: "let `USER` in, with the password of --password-file"},
			&cli.StringFlag{Name: "password-file", Usage: "`FILE` with the user's password"},
			&cli.StringSliceFlag{Name: "nkey", Usage: "let in whoever has the seed of a public `KEY`, as stress fleet key prints it; may be repeated"},
			&cli.StringFlag{Name: "tls-cert", Usage: "the broker's certificate, a PEM `FILE`"},
			&cli.StringFlag{Name: "tls-key", Usage: "the certificate's key, a PEM `FILE`"},
		},
		Action: func(c *cli.Context) error { return beBroker(c, w) },
	}
}

func beBroker(c *cli.Context, w environment) error {
	if c.Args().Present() {
		return usage("%s takes no arguments, got %q", c.Command.FullName(), c.Args().First())
	}
	o, err := brokerOf(c)
	if err != nil {
		return err
	}
	o.Say = func(text string) { fmt.Fprintln(w.stderr, "stress: broker:", plain.Line(text)) }
	b, err := broker.Open(o)
	if err != nil {
		return onceBegun(err)
	}
	fmt.Fprintf(w.stdout, "broker: %s, streams in %s\n", b.URL(), o.Dir)
	<-c.Context.Done()
	return onceBegun(b.Close())
}

// brokerOf is the broker of a command line.
func brokerOf(c *cli.Context) (o broker.Options, err error) {
	o = broker.Options{Listen: c.String("listen"), Dir: c.String("data"), User: c.String("user"), Keys: c.StringSlice("nkey")}
	if o.TLS, err = serverCertificate(c); err != nil {
		return o, err
	}
	if (o.User == "") != (c.String("password-file") == "") {
		return o, usage("broker: --user and --password-file go together")
	}
	if o.Password, err = passwordFile(c); err != nil {
		return o, err
	}
	for _, key := range o.Keys {
		if !nkeys.IsValidPublicUserKey(key) {
			return o, usage("broker: --nkey %.80q is no public key of a user, which is 56 letters and digits with a U first: `stress fleet key --out FILE` makes one and prints it", key)
		}
	}
	at, err := net.ResolveTCPAddr("tcp", o.Listen)
	if err != nil {
		return o, usage("broker: --listen: %w", err)
	}
	if !at.IP.IsLoopback() && o.User == "" && len(o.Keys) == 0 {
		return o, usage("broker: --listen %s: others reach that address, and whoever the broker lets in commands the agents: give --user and --password-file, or --nkey; with --tls-cert and --tls-key nobody on the way can read what is sent", o.Listen)
	}
	return o, nil
}

func fleetKey(w environment) *cli.Command {
	return &cli.Command{
		Name:  "key",
		Usage: "make a key for the broker, and print its public part",
		Description: "The file has the key's seed, which lets a lead (generators.nkey) or an agent (--nkey) in. The broker\n" +
			"gets the public part alone. Give each machine a key of its own.",
		Flags: []cli.Flag{&cli.StringFlag{Name: "out", Usage: "keep the seed in `FILE`, which its user alone may read; it must not be there yet"}},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usage("%s takes no arguments, got %q", c.Command.FullName(), c.Args().First())
			}
			if c.String("out") == "" {
				return usage("key: --out is missing: give the file that is to keep the seed")
			}
			public, err := makeKey(c.String("out"))
			if err == nil {
				_, err = fmt.Fprintln(w.stdout, public)
			}
			return err
		},
	}
}

// makeKey keeps the seed of a new key in a file, and returns its public part.
func makeKey(file string) (public string, err error) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return "", err
	}
	seed, err := pair.Seed()
	if err != nil {
		return "", err
	}
	if public, err = pair.PublicKey(); err != nil {
		return "", err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return "", usage("key: --out %s: is there already: take another name, or remove it first", file)
	} else if err != nil {
		return "", onceBegun(err)
	}
	_, err = f.Write(append(seed, '\n'))
	return public, onceBegun(errors.Join(err, f.Close()))
}
