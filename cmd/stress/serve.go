package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/attack/feed"
	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/lab"
	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/notify"
	"github.com/stress-tool/stress/server/store"
)

func serveCommand(w environment, in *interrupts) *cli.Command {
	return &cli.Command{
		Name:  "serve",
		Usage: "be loader.io on this machine, in a browser and for programs",
		Description: "Tests are kept, run one after the other, and shown in a browser. Programs that were\n" +
			"written for loader.io's API v2 work after a change of their base address. Beside its\n" +
			"figures stand percentiles, intervals and the verdict. docs/server.md says how.\n\n" +
			"The first start prints an API key. On an address that others reach there must be an account,\n" +
			"which --add-user makes, and TLS, or a proxy in front that has it.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "data", Value: "stress-data", Usage: "keep hosts, tests and runs in `DIR`; one server at a time has it"},
			&cli.StringFlag{Name: "listen", Value: "127.0.0.1:4510", Usage: "answer at `ADDRESS`; port 0 is any that is free"},
			&cli.StringFlag{Name: "base", Usage: "the `URL` that others know this server by, where that is not its address"},
			&cli.StringFlag{Name: "tls-cert", Usage: "the server's certificate, a PEM `FILE`"},
			&cli.StringFlag{Name: "tls-key", Usage: "the certificate's key, a PEM `FILE`"},
			&cli.StringSliceFlag{Name: "trust-proxy", Usage: "a proxy at `ADDRESS`, or in that network, has TLS in front: believe what it says of who asks. May be repeated"},
			&cli.BoolFlag{Name: "queue", Usage: "let runs wait for each other; otherwise one is refused while another goes on, as at loader.io"},
			&cli.StringSliceFlag{Name: "call", Usage: "reach addresses of this `NETWORK` too, to tell that a run has ended and for the data of requests, such as 10.0.0.0/8; without it public ones alone. May be repeated"},
			&cli.StringFlag{Name: "smtp", Usage: "send mail of ends through the mail server at `URL`: smtp://USER@HOST:587 for STARTTLS, smtps://USER@HOST for TLS from the first byte on, smtp+clear://127.0.0.1 for none; the password is $STRESS_SMTP_PASSWORD"},
			&cli.StringFlag{Name: "mail-from", Usage: "the sender of mail, an `ADDRESS`"},
			&cli.IntFlag{Name: "max-payload", Value: control.MostPayload >> 20, Usage: "let the payload files of a run have `MIB` together; each process of this machine that puts its load on has a copy, which counts"},
			&cli.StringFlag{Name: "nats", Usage: "have the agents at the NATS server at `ADDRESS` put on the load of tests with generators, nats://HOST:PORT or tls://HOST:PORT; without it they are processes of this machine. --user, --password-file, --nkey and --tls-ca are as those of stress agent"},
			&cli.StringFlag{Name: "import", Usage: "keep a copy of the run in `DIR`, which stress run has made, and end"},
			&cli.BoolFlag{Name: "reindex", Usage: "judge every run directory of --data again, keep what that comes to, and end"},
			&cli.StringFlag{Name: "backup", Usage: "copy hosts, tests and what is known of runs to `FILE`, also beside a server that runs, and end"},
			&cli.StringFlag{Name: "new-key", Usage: "make an API key of that `NAME`, print it and end"},
		}, append(enterFlags(), usersFlags()...)...),
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usage("serve takes no arguments, got %q", c.Args().First())
			}
			return serve(c, w, in)
		},
	}
}

func serve(c *cli.Context, w environment, in *interrupts) (err error) {
	secured, err := serverCertificate(c)
	if err != nil {
		return err
	}
	within, err := networks(c, "call")
	if err != nil {
		return err
	}
	proxies, err := networks(c, "trust-proxy")
	if err != nil {
		return err
	}
	mailer, err := mailer(c, w)
	if err != nil {
		return err
	}
	agents, err := newServerFleet(c, w)
	if err != nil {
		return err
	}
	defer agents.close()
	payload := int64(c.Int("max-payload")) << 20
	if payload < 1<<20 || payload > feed.MaxSize {
		return usage("serve: --max-payload %d: want from 1 to %d MiB", c.Int("max-payload"), feed.MaxSize>>20)
	}
	if file := c.String("backup"); file != "" {
		if err := store.Backup(c.Context, c.String("data"), file); err != nil {
			return &exitError{exitUnable, fmt.Errorf("serve: --backup: %w", err)}
		}
		return nil
	}
	s, err := store.Open(c.Context, c.String("data"))
	if err != nil {
		return &exitError{exitUnable, fmt.Errorf("serve: %w", err)}
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if name := c.String("new-key"); name != "" {
		return newKey(c.Context, w, s, name)
	}
	if done, err := users(c, w, s); done {
		return err
	}
	if c.Bool("reindex") || c.String("import") != "" {
		return keepRuns(c, w, s)
	}
	at, err := serverAddress(c, s, secured != nil)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", at.String())
	if err != nil {
		return &exitError{exitUnable, fmt.Errorf("serve: %w", err)}
	}
	defer l.Close()
	scheme := "http"
	if secured != nil {
		l, scheme = tls.NewListener(l, secured), "https"
	}
	base := cmp.Or(c.String("base"), scheme+"://"+l.Addr().String())
	if err := firstKey(c.Context, w, s); err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "Pages: %s/\nloader.io's API v2: %s/v2/\nAPI: %s/api/v1\n", base, base, base)
	example := labOnDemand{c: c, w: w}
	defer func() { err = errors.Join(err, example.close()) }()
	ctx, end := context.WithCancel(c.Context)
	defer end()
	asked := in.endInOrder()
	go func() {
		select {
		case <-asked:
			end()
		case <-ctx.Done():
		}
	}()
	err = server.New(s, server.Options{
		Base: base, Guard: func() *ownership.Guard { return newGuard(c, w) }, Tool: tool(), Alone: !c.Bool("queue"), Within: within, Mailer: mailer, Lab: example.addresses, Fleet: agents.of(), MostPayload: payload,
		Open: at.IP.IsLoopback() && len(proxies) == 0, Proxies: proxies, Clear: !at.IP.IsLoopback() && secured == nil,
		Log: log.New(w.stderr, "stress: serve: ", log.LUTC|log.Ldate|log.Ltime),
	}).Serve(ctx, l)
	return onceBegun(err)
}

// networks are those of a flag; a single address is one too.
func networks(c *cli.Context, flag string) (all []netip.Prefix, err error) {
	for _, text := range c.StringSlice(flag) {
		p, err := netip.ParsePrefix(text)
		if a, aerr := netip.ParseAddr(text); aerr == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if p.Addr().Is4In6() && p.Bits() >= 96 { // an address of IPv4 is looked for as one
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		if err != nil {
			return nil, usage("%s: --%s %q: want a network such as 10.0.0.0/8, or an address", c.Command.Name, flag, text)
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

// mailer is what the flags say of mail; nil is none.
func mailer(c *cli.Context, w environment) (*notify.Mailer, error) {
	address, from := c.String("smtp"), c.String("mail-from")
	switch {
	case address == "" && from == "":
		return nil, nil
	case address == "" || from == "":
		return nil, usage("serve: --smtp and --mail-from go together")
	}
	password, _ := w.lookup("STRESS_SMTP_PASSWORD")
	m, err := notify.NewMailer(address, password, from)
	if err != nil {
		return nil, usage("serve: --smtp: %w", err)
	}
	return m, nil
}

// serverCertificate is what the flags say of TLS; nil is none.
func serverCertificate(c *cli.Context) (*tls.Config, error) {
	cert, key := c.String("tls-cert"), c.String("tls-key")
	switch {
	case cert == "" && key == "":
		return nil, nil
	case cert == "" || key == "":
		return nil, usage("%s: --tls-cert and --tls-key go together", c.Command.Name)
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, usage("%s: --tls-cert: %w", c.Command.Name, err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// serverAddress is where the flags say to listen. Where others reach that, there must be somebody who may
// come in, and passwords and keys do not go there in clear.
func serverAddress(c *cli.Context, s *store.Store, secured bool) (*net.TCPAddr, error) {
	address, proxied := c.String("listen"), len(c.StringSlice("trust-proxy")) > 0
	at, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, usage("serve: --listen: %w", err)
	}
	if at.IP.IsLoopback() && !proxied {
		return at, nil
	}
	if !secured && !proxied {
		return nil, usage("serve: --listen %s: others reach that address, and passwords and API keys would go there in clear: give --tls-cert and --tls-key, or --trust-proxy with the address of a proxy in front that has TLS", address)
	}
	if c.String("base") == "" && (proxied || at.IP == nil || at.IP.IsUnspecified()) {
		return nil, usage("serve: --listen %s: give --base too, the URL that others know this server by, such as https://stress.example: links in mails and links to share begin with it", address)
	}
	accounts, err := s.Accounts(c.Context)
	if err == nil && len(accounts) == 0 {
		err = usage("serve: --listen %s: others reach this server, and there is no account: make one first by `stress serve --data %s --add-user NAME`", address, c.String("data"))
	}
	return at, err
}

// firstKey makes a key where there is none: without one nobody could ask for anything.
func firstKey(ctx context.Context, w environment, s *store.Store) error {
	keys, err := s.Keys(ctx)
	if err != nil || len(keys) > 0 {
		return err
	}
	return newKey(ctx, w, s, "first")
}

func newKey(ctx context.Context, w environment, s *store.Store, name string) error {
	key, err := s.AddKey(ctx, name, store.By{At: time.Now(), Who: byCommand})
	if err != nil {
		return &exitError{exitUnable, fmt.Errorf("serve: API key %q: %w", name, err)}
	}
	_, err = fmt.Fprintf(w.stdout, "API key %q, which is shown this once: %s\n", name, key)
	return err
}

// labOnDemand is the embedded lab of a server, which is up from its first use on.
type labOnDemand struct {
	c *cli.Context
	w environment

	mu sync.Mutex
	up *lab.System
}

// addresses are what the variables of the catalogue's scenarios stand for in the lab.
func (l *labOnDemand) addresses(context.Context) (map[string]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.up == nil {
		up, err := embeddedLab(l.c, l.w)
		if err != nil {
			return nil, err
		}
		l.up = up
	}
	return labVariables(l.up), nil
}

func (l *labOnDemand) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.up == nil {
		return nil
	}
	return l.up.Close()
}
