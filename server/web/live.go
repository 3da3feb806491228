package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/stress-tool/stress/server/live"
	"github.com/stress-tool/stress/server/store"
)

// events follows a run: server-sent events, of which a browser that lost the connection asks for those
// that it has not seen.
func (s *Site) events(r *http.Request) (reply, error) {
	_, run, err := s.asked(r)
	if err != nil {
		return reply{}, err
	}
	return reply{file: func(w http.ResponseWriter, r *http.Request) {
		last, _ := strconv.Atoi(r.Header.Get("Last-Event-ID")) // without one it has seen nothing
		f := follower{w: w, to: http.NewResponseController(w), last: last}
		f.to.SetReadDeadline(time.Time{}) // nothing more is read, for as long as it goes on
		ctx := r.Context()
		if token := tokenOf(r); token != "" {
			var done context.CancelFunc
			ctx, done = s.Door.While(ctx, token)
			defer done()
		}
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("X-Accel-Buffering", "no") // of nginx in front
		if err := s.follow(ctx, &f, run.ID); err != nil && !errors.Is(err, live.ErrClosed) {
			s.Log(err)
		}
	}}, nil
}

// follower is one browser that watches a run.
type follower struct {
	w    http.ResponseWriter
	to   *http.ResponseController
	last int // the newest message that it has
	text bytes.Buffer
}

const (
	awaits    = 500 * time.Millisecond // between looks for a run to begin
	mostQuiet = 15 * time.Second       // after which a connection without a word may be cut on its way
	mostSend  = 10 * time.Second       // that a browser takes a message in
)

// follow tells a browser of a run, from its beginning on, until it is over or nobody listens. The error
// is the server's own.
func (s *Site) follow(ctx context.Context, f *follower, id string) error {
	show, err := s.awaited(ctx, f, id)
	if err != nil || show == nil {
		return err
	}
	for {
		messages, over, more, err := show.Since(f.last)
		if err != nil {
			return err
		}
		if over {
			messages = append(messages, live.Message{Kind: "over", Data: []byte("{}")})
		}
		if f.send(messages...) != nil || over {
			return nil // it has gone, or knows all
		}
		select {
		case <-ctx.Done():
			return nil
		case <-more:
		case <-time.After(mostQuiet):
		}
	}
}

// awaited is the show of a run once that has begun; nil where it has ended, which the browser is told.
func (s *Site) awaited(ctx context.Context, f *follower, id string) (*live.Show, error) {
	for {
		if show, err := s.Control.Queue.Live.Of(id); show != nil || err != nil {
			return show, err
		}
		run, err := s.Control.Store.Run(ctx, id)
		if ctx.Err() != nil {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if run.State == store.Ended {
			f.send(live.Message{Kind: "over", Data: []byte("{}")})
			return nil, nil
		}
		if f.send() != nil {
			return nil, nil
		}
		select {
		case <-ctx.Done():
			return nil, nil
		case <-time.After(awaits):
		}
	}
}

// send writes messages; none is a sign of life.
func (f *follower) send(messages ...live.Message) error {
	f.text.Reset()
	if len(messages) == 0 {
		f.text.WriteString(":\n\n")
	}
	for _, m := range messages {
		if m.ID > 0 {
			fmt.Fprintf(&f.text, "id: %d\n", m.ID)
			f.last = m.ID
		}
		fmt.Fprintf(&f.text, "event: %s\ndata: ", m.Kind)
		f.text.Write(m.Data)
		f.text.WriteString("\n\n")
	}
	f.to.SetWriteDeadline(time.Now().Add(mostSend))
	if _, err := f.w.Write(f.text.Bytes()); err != nil {
		return err
	}
	return f.to.Flush()
}
