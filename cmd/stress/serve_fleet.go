package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/fleet/calibration"
	"github.com/stress-tool/stress/fleet/lead"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/fleet/roster"
	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/server/control"
)

// serverFleet is where the tests of a server get agents: from a broker, or as processes of this machine.
type serverFleet struct {
	to     link.Options // a URL of "" is no broker
	stderr io.Writer    // of agents that are started

	mu     sync.Mutex
	conn   *nats.Conn // for questions; nil before the first
	failed error      // why there is none
	tried  time.Time  // when that was found
}

// newServerFleet is what the flags of a server say of its agents.
func newServerFleet(c *cli.Context, w environment) (*serverFleet, error) {
	if c.String("nats") == "" {
		if c.String("user")+c.String("nkey")+c.String("tls-ca") != "" {
			return nil, usage("serve: --user, --nkey and --tls-ca are of the fleet's NATS server: name it with --nats")
		}
		return &serverFleet{stderr: w.stderr}, nil
	}
	to, err := linkOf(c)
	if err != nil {
		return nil, err
	}
	for flag, file := range map[string]string{"nkey": to.Nkey, "tls-ca": to.CA} {
		if file == "" {
			continue
		}
		if _, err := os.ReadFile(file); err != nil {
			return nil, usage("serve: --%s: %w", flag, err)
		}
	}
	return &serverFleet{to: to, stderr: w.stderr}, nil
}

// of is that for the server.
func (f *serverFleet) of() *control.Fleet {
	out := &control.Fleet{Most: runtime.GOMAXPROCS(0), Wait: 2 * agentsWithin, Assemble: f.assemble, Collect: f.collect}
	if f.to.URL != "" {
		out.NATS, out.Nkey, out.CA, out.Broker, out.Most = f.to.URL, f.to.Nkey, f.to.CA, link.Shown(f.to.URL), runlog.MaxAgents
		out.Roster, out.Calibrate = f.roster, f.calibrate
	}
	return out
}

// crew are the agents of a run of a server.
type crew struct {
	*lead.Fleet
	all *fleet
}

// Keep implements [control.Agents]: what agents of this machine have goes with this process.
func (c crew) Keep(dir string) error {
	if c.all.broker != nil {
		return nil
	}
	return c.Fleet.Keep(dir)
}

// Close implements [control.Agents].
func (c crew) Close() { c.all.close() }

func (f *serverFleet) assemble(ctx context.Context, sc *scenarios.Scenario, b scenarios.Bundle) (control.Agents, error) {
	all, err := assembly{scenario: sc, bundle: b, to: f.to, stderr: f.stderr}.assemble(ctx)
	if err != nil {
		return nil, err
	}
	return crew{all.lead, all}, nil
}

// asking is the connection for questions. A broker that was there once is not waited for.
func (f *serverFleet) asking() (*nats.Conn, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conn != nil && link.Ended(f.conn) == nil {
		if f.conn.IsConnected() {
			return f.conn, nil
		}
		return nil, fmt.Errorf("broker %s does not answer", link.Shown(f.to.URL))
	}
	if f.failed != nil && time.Since(f.tried) < dialEvery {
		return nil, f.failed
	}
	to := f.to
	to.Name, to.Once = "stress serve", true
	f.conn, f.failed = link.Dial(to)
	f.tried = time.Now()
	return f.conn, f.failed
}

// dialEvery is how long a broker that did not answer is not asked again: pages ask, and each would wait for it.
const dialEvery = 3 * time.Second

func (f *serverFleet) roster(ctx context.Context) (*roster.Roster, error) {
	conn, err := f.asking()
	if err != nil {
		return nil, err
	}
	return roster.Of(ctx, conn)
}

func (f *serverFleet) calibrate(ctx context.Context) error {
	conn, err := f.asking()
	if err != nil {
		return err
	}
	return lead.Calibrate(ctx, conn, func(calibration.Record) {}) // the broker keeps them
}

// collectWithin is how long is tried to collect: the key of a lead that was killed ends by itself, and a broker of
// the same machine may be starting, too.
const collectWithin = wire.TTL + 20*time.Second

// collect ends a run whose server was killed with what its agents kept; false of a run that is sealed, or whose
// load came from this machine alone.
func (f *serverFleet) collect(ctx context.Context, dir string) (bool, error) {
	m, err := runlog.Open(dir)
	if err != nil || m.Sealed {
		return false, nil // whoever judges it says what is wrong
	}
	if _, err := os.Stat(filepath.Join(dir, lead.KeptFile)); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err := f.collectFrom(ctx, dir); err != nil {
		return false, fmt.Errorf("what its agents measured was not collected: %w; once it can be, `stress run --resume %s` does, and `stress serve --reindex` shows it", err, dir)
	}
	return true, nil
}

func (f *serverFleet) collectFrom(ctx context.Context, dir string) error {
	if f.to.URL == "" {
		return errors.New("this server was started without --nats")
	}
	kept, err := lead.ReadKept(dir)
	if err != nil {
		return err
	}
	w, err := runlog.Reopen(dir)
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(collectWithin); ; {
		conn, err := f.asking()
		again := err != nil
		if err == nil {
			err = lead.Collect(ctx, conn, kept, w)
			again = errors.Is(err, lead.ErrUnderWay)
		}
		if !again || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wire.Renew):
		}
	}
}

func (f *serverFleet) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conn != nil {
		f.conn.Close()
	}
}
