package control

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"github.com/stress-tool/stress/fleet/roster"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/server/store"
)

// Fleet is where tests whose scenario has generators get their agents. Assemble must be given; Roster, Calibrate
// and Collect are of a server that has a broker.
type Fleet struct {
	// NATS, Nkey and CA are how this server reaches its broker, as scenarios have it; a NATS of "" is a server that
	// starts agents for each run, as processes of its own machine.
	NATS, Nkey, CA string
	// Broker is NATS without a password, for people.
	Broker string
	// Most is how many agents a test may ask for.
	Most int
	// Wait is how long agents are waited for at the beginning of a run.
	Wait time.Duration
	// Assemble finds the agents that a scenario asks for, or starts them. An error says who is missing, or refuses,
	// and why; no load was sent then.
	Assemble func(ctx context.Context, sc *scenarios.Scenario, b scenarios.Bundle) (Agents, error)
	// Roster is who is there.
	Roster func(ctx context.Context) (*roster.Roster, error)
	// Calibrate has every agent that waits for a run measure what it can send. The error holds each that could not.
	Calibrate func(ctx context.Context) error
	// Collect ends the run of a directory whose server was killed, with what its agents kept. It reports false
	// of one whose load came from elsewhere.
	Collect func(ctx context.Context, dir string) (bool, error)
}

// Agents are those of a run.
type Agents interface {
	run.Performer
	// Keep writes into the run's directory what [Fleet.Collect] needs; nothing where nobody can collect.
	Keep(dir string) error
	// Close lets them go.
	Close()
}

// allowed says why a test of this server cannot have such generators: whoever writes tests must not have the server
// dial addresses, or read files, of its machine.
func (f *Fleet) allowed(g *scenarios.Generators) error {
	const own = "leave it out, for tests have the agents of the server, or run this scenario with `stress run`"
	switch {
	case g == nil:
		return nil
	case f == nil:
		return wrong("generators", "this server has no agents: run this scenario with `stress run`")
	case g.NATS != "" && g.NATS != f.NATS:
		return wrong("generators.nats", "is an address that the server's machine would dial: "+own)
	case g.Nkey != "" && !same(g.Nkey, f.Nkey):
		return wrong("generators.nkey", "names a file of the server's machine: "+own)
	case g.CA != "" && !same(g.CA, f.CA):
		return wrong("generators.ca", "names a file of the server's machine: "+own)
	case g.Agents > f.Most:
		return wrong("generators.agents", "%s were asked for, and without a broker this server starts %d at most, which is how many processors it has: "+
			"more of them would bring no more load; ask for fewer, or start the server with --nats", words.Counted(g.Agents, "agent"), f.Most)
	}
	return nil
}

// same reports that two paths are of one file, as they are written: relative ones are of the server's own directory.
func same(a, b string) bool { return b != "" && filepath.Clean(a) == filepath.Clean(b) }

// local is how many processes of this machine put a load on.
func (f *Fleet) local(g *scenarios.Generators) int {
	if g == nil || f == nil || f.NATS != "" {
		return 0
	}
	return g.Agents
}

// agents are those that a run asks for, which is allowed; nil for a load that comes from here.
func (c *Control) agents(ctx context.Context, t store.Test, r store.Run, sc *scenarios.Scenario) (Agents, error) {
	if sc.Generators == nil {
		return nil, nil
	}
	b, err := bundle(t, sc)
	if err != nil {
		return nil, err
	}
	c.Queue.Live.Heard(r.ID, run.Waiting{For: run.ForAgents, Most: c.Fleet.Wait})
	agents, err := c.Fleet.Assemble(ctx, sc, b)
	if err != nil {
		return nil, errors.New(sc.Secrets().Blot(err.Error()))
	}
	return agents, nil
}

// bundle is a test's scenario as agents get it. What was fetched for its requests they get from here, too: an
// agent would ask addresses by rules of its own, and may reach what this server does not ask.
func bundle(t store.Test, sc *scenarios.Scenario) (scenarios.Bundle, error) {
	doc := document(t)
	if len(sc.Feeds) > 0 {
		f, err := doc.Read(scenarios.Options{})
		if err != nil {
			return scenarios.Bundle{}, err
		}
		for i := range f.Feeds {
			f.Feeds[i].URL, f.Feeds[i].File, f.Feeds[i].Format = "", sc.Feeds[i].File, string(sc.Feeds[i].Format)
		}
		doc.Source, _ = f.YAML() // its secrets are variables already
	}
	_, b, err := doc.Bundle(secretsOf(t))
	return b, err
}

// Who are the agents of a server, for people and programs.
type Who struct {
	*roster.Roster // nil without a broker, or while that does not answer
	Broker         string
	Most           int
	Problem        string // why nobody knows who is there, "" for nothing
	Calibrating    bool
	Calibrated     string // why the newest calibration did not measure every agent, "" for nothing
}

// rosterWithin is how long a broker is asked who is there: a page waits for it.
const rosterWithin = 3 * time.Second

// Who asks who is there; nil where this server has no agents.
func (c *Control) Who(ctx context.Context) *Who {
	f := c.Fleet
	if f == nil {
		return nil
	}
	w := &Who{Broker: f.Broker, Most: f.Most}
	w.Calibrating, w.Calibrated = c.calibration.state()
	if f.Roster == nil {
		return w
	}
	ctx, cancel := context.WithTimeout(ctx, rosterWithin)
	defer cancel()
	var err error
	if w.Roster, err = f.Roster(ctx); err != nil {
		w.Problem = err.Error()
	}
	return w
}

// calibration is the one that goes on, or the newest. The zero value is none.
type calibration struct {
	mu    sync.Mutex
	going bool
	met   string
}

func (c *calibration) state() (going bool, met string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.going, c.met
}

// Errors of calibrations.
var (
	ErrNoBroker    = errors.New("this server has no broker, so its agents are other processes in every run: start it with --nats to have agents that can be calibrated")
	ErrCalibrating = errors.New("agents are being calibrated")
)

// calibrateWithin bounds a calibration of all agents, of which each takes some seconds.
const calibrateWithin = 10 * time.Minute

// Calibrate begins to measure what each agent can send, which takes some seconds for each. Runs wait for its
// end; while one goes on the error is [queue.ErrGoing], and while another calibration does [ErrCalibrating].
func (c *Control) Calibrate(ctx context.Context) error {
	if c.Fleet == nil || c.Fleet.Calibrate == nil {
		return &InvalidError{Err: ErrNoBroker}
	}
	c.calibration.mu.Lock()
	defer c.calibration.mu.Unlock()
	if c.calibration.going {
		return ErrCalibrating
	}
	free, err := c.Queue.Hold()
	if err != nil {
		return err
	}
	if err := c.Store.Note(ctx, By(ctx), store.Calibrated, ""); err != nil {
		free()
		return err
	}
	c.calibration.going = true
	go func() {
		defer free()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), calibrateWithin)
		defer cancel()
		err := c.Fleet.Calibrate(ctx)
		c.calibration.mu.Lock()
		defer c.calibration.mu.Unlock()
		if c.calibration.going, c.calibration.met = false, ""; err != nil {
			c.calibration.met = err.Error()
		}
	}()
	return nil
}
