package agent

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// prepare makes the scenario of a run ready.
func (a *agent) prepare(ctx context.Context, of string, p *wire.Prepare) error {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &work{agent: a, run: of, lead: p.Lead, cancel: cancel}
	a.mu.Lock()
	if was := a.work; was != nil && was.run != of && a.now() < time.Duration(a.heard.Load())+wire.Silence {
		a.mu.Unlock()
		cancel(nil)
		return &busyError{a.Name, was.lead}
	}
	before := a.work
	a.work = w
	a.heard.Store(int64(a.now()))
	a.mu.Unlock()
	if before != nil {
		before.end("its lead asks for another run")
	}
	err := w.open(ctx, p)
	if err != nil {
		text := a.secretless(err)
		a.mu.Lock()
		if a.work == w {
			a.work = nil
		}
		a.mu.Unlock()
		cancel(nil)
		return errors.New(text)
	}
	if before == nil || before.run != of {
		a.Say(fmt.Sprintf("%s is at work for %s: %s", a.called(), p.Lead, w.name))
	}
	return nil
}

// busyError says that an agent is at work for another lead.
type busyError struct{ agent, lead string }

func (e *busyError) Error() string {
	return fmt.Sprintf("%s is at work for %s: wait for the end of that run, or take another agent", runlog.AgentNamed(e.agent), e.lead)
}

// open fetches the scenario, with the files that it names, and makes it ready to be loaded from here.
func (w *work) open(ctx context.Context, p *wire.Prepare) error {
	whole, err := io.ReadAll(w.fetch(ctx, p.Bundle))
	if err != nil {
		return err
	}
	var bundle scenarios.Bundle
	if err := json.Unmarshal(whole, &bundle); err != nil {
		return fmt.Errorf("the scenario: %w", err)
	}
	open := func(path string) (io.ReadCloser, error) {
		i := slices.IndexFunc(p.Files, func(f wire.Piece) bool { return f.Name == path })
		if i < 0 {
			return nil, fmt.Errorf("%s: its lead has not sent it", path)
		}
		return io.NopCloser(w.fetch(ctx, p.Files[i])), nil
	}
	sc, err := bundle.Parse(open)
	if err != nil {
		return fmt.Errorf("the scenario is read as another here: %w", err)
	}
	w.name = sc.Name
	for _, t := range sc.Targets {
		if t.Socket != "" {
			return fmt.Errorf("target %s is a unix socket, and those of an agent's machine are not loaded: give it an address", t.Name)
		}
	}
	g, err := run.NewGenerator(ctx, sc, run.GeneratorOptions{
		Targets: p.Target, Guard: w.agent.guard(), Resolver: w.agent.Resolver, Version: w.agent.Tool.Version,
		Open: func(f scenarios.Feed) (io.ReadCloser, error) { return open(f.File) },
	})
	if err != nil {
		return fmt.Errorf("%s: %w", w.agent.called(), err)
	}
	w.agent.mu.Lock()
	defer w.agent.mu.Unlock()
	if w.agent.work != w { // it was given up meanwhile
		g.Close()
		return errGivenUp
	}
	w.generator = g
	return nil
}

// fetched reads a piece from the lead, chunk by chunk.
type fetched struct {
	ctx   context.Context
	conn  *nats.Conn
	run   string
	piece wire.Piece
	at    int64
	chunk bytes.Reader
	sum   hash.Hash
}

func (w *work) fetch(ctx context.Context, p wire.Piece) io.Reader {
	return &fetched{ctx: ctx, conn: w.agent.Conn, run: w.run, piece: p, sum: sha256.New()}
}

// Read fails at the end of a piece that is another than the lead has named.
func (f *fetched) Read(b []byte) (int, error) {
	if f.chunk.Len() == 0 {
		if f.at == f.piece.Size {
			if hex.EncodeToString(f.sum.Sum(nil)) != f.piece.SHA256 {
				return 0, fmt.Errorf("%s was changed while it was read: try again", f.words())
			}
			return 0, io.EOF
		}
		if err := f.next(); err != nil {
			return 0, fmt.Errorf("%s: %w", f.words(), err)
		}
	}
	return f.chunk.Read(b)
}

// next fetches the next chunk.
func (f *fetched) next() error {
	ask, err := wire.Encode(wire.Fetch{Name: f.piece.Name, Offset: f.at})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(f.ctx, wire.Silence)
	defer cancel()
	m, err := f.conn.RequestWithContext(ctx, wire.FetchSubject(f.run), ask)
	switch {
	case err != nil:
		return err
	case m.Header.Get(wire.ErrorHeader) != "":
		return errors.New(m.Header.Get(wire.ErrorHeader))
	case len(m.Data) == 0 || int64(len(m.Data)) > f.piece.Size-f.at:
		return errors.New("its lead sent more or less of it than there is")
	}
	f.sum.Write(m.Data)
	f.at += int64(len(m.Data))
	f.chunk.Reset(m.Data)
	return nil
}

func (f *fetched) words() string {
	if f.piece.Name == "" {
		return "the scenario"
	}
	return f.piece.Name
}
