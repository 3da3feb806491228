package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/stress-tool/stress/server/live"
	"github.com/stress-tool/stress/server/peer"
	"github.com/stress-tool/stress/server/store"
)

// ErrWatched says that so many follow runs that there is no room for another one.
var ErrWatched = errors.New("too many watch runs of this server: close some pages, or come again later")

// How many may follow runs at a time. One who watches holds a connection and what is written to it.
const (
	mostWatchers        = 1024
	mostWatchersAddress = 256 // of one address
)

// watchers are those who follow runs, by their addresses. The zero value is nobody.
type watchers struct {
	mu  sync.Mutex
	all int
	of  map[netip.Addr]int
}

// enter counts one more; it reports false where there is no room.
func (w *watchers) enter(address netip.Addr) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all >= mostWatchers || w.of[address] >= mostWatchersAddress {
		return false
	}
	if w.of == nil {
		w.of = map[netip.Addr]int{}
	}
	w.all++
	w.of[address]++
	return true
}

func (w *watchers) leave(address netip.Addr) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all--
	if w.of[address]--; w.of[address] == 0 {
		delete(w.of, address)
	}
}

// Follow tells whoever asks of a run, from its beginning on, until it is over: server-sent events, of
// which one who lost the connection asks for those that he has not seen. The error is [ErrWatched], before
// anything is written, or the server's own.
func (c *Control) Follow(w http.ResponseWriter, r *http.Request, id string) error {
	address := peer.Of(r.Context()).Address // the same for all whose is unknown
	if !c.watchers.enter(address) {
		return ErrWatched
	}
	defer c.watchers.leave(address)
	last, _ := strconv.Atoi(r.Header.Get("Last-Event-ID")) // without one he has seen nothing
	f := follower{w: w, to: http.NewResponseController(w), last: last}
	f.to.SetReadDeadline(time.Time{}) // nothing more is read, for as long as it goes on
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // of nginx in front
	if err := c.follow(r.Context(), &f, id); !errors.Is(err, live.ErrClosed) {
		return err
	}
	return nil
}

// follower is one who watches a run.
type follower struct {
	w    http.ResponseWriter
	to   *http.ResponseController
	last int // the newest message that he has
	text bytes.Buffer
}

const (
	awaits    = 500 * time.Millisecond // between looks for a run to begin
	mostQuiet = 15 * time.Second       // after which a connection without a word may be cut on its way
	mostSend  = 10 * time.Second       // that a message may take to be taken in
)

func (c *Control) follow(ctx context.Context, f *follower, id string) error {
	show, err := c.awaited(ctx, f, id)
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
			return nil // he has gone, or knows all
		}
		select {
		case <-ctx.Done():
			return nil
		case <-more:
		case <-time.After(mostQuiet):
		}
	}
}

// awaited is the show of a run once that has begun; nil where it has ended, which is told.
func (c *Control) awaited(ctx context.Context, f *follower, id string) (*live.Show, error) {
	for {
		if show, err := c.Queue.Live.Of(id); show != nil || err != nil {
			return show, err
		}
		run, err := c.Store.Run(ctx, id)
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
