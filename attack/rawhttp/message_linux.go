package rawhttp

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/stress-tool/stress/attack/claim"
	"github.com/stress-tool/stress/attack/template"
	"github.com/stress-tool/stress/attack/wire"
)

// request is one request of the pass, ready to be sent.
type request struct {
	wire.Request
	first message
}

// message is a message with its encoded bytes. The clients of one loop share it.
type message struct {
	*wire.Message
	bytes  []byte
	origin *origin
	closes bool
	named  int           // where in bytes its request's name ends; 0: it has none
	pieces wire.Encoding // of bytes, where they change from pass to pass
	question
}

func (l *loop) newRequest(r *wire.Request) (request, error) {
	first, err := l.newMessage(r, &r.Message)
	return request{*r, first}, err
}

func (l *loop) newMessage(r *wire.Request, m *wire.Message) (message, error) {
	b, err := encode(m, nil, 0, nil)
	if err != nil {
		return message{}, err
	}
	wanted := []string{"Content-Encoding", "Set-Cookie"}
	for _, name := range r.Expect.Headers() {
		wanted = append(wanted, http.CanonicalHeaderKey(name))
	}
	if r.Follow > 0 {
		wanted = append(wanted, "Location")
	}
	slices.Sort(wanted)
	var captured []string
	if r.Captures != nil {
		captured = r.Captures.Headers()
	}
	named := 0
	if at := bytes.Index(b, []byte(m.Name)); m.Name != "" && at >= 0 {
		named = at + len(m.Name)
	}
	var pieces wire.Encoding
	if m.Varies() {
		pieces = m.Encoding(b)
	}
	return message{
		Message: m, bytes: b, pieces: pieces, origin: l.dialer.origin(m.URL), closes: m.Closes(), named: named,
		question: question{isHead: m.Method == http.MethodHead, wanted: slices.Compact(wanted), captured: captured, host: l.job.HostFrom.Header, cache: new(headCache)},
	}, nil
}

// encode appends the bytes of a message to into, as net/http writes it; number is that of the
// request, for its name.
func encode(m *wire.Message, cookies []*http.Cookie, number uint64, into []byte) ([]byte, error) {
	b := bytes.NewBuffer(into)
	if err := m.Build(context.Background(), cookies, number).Write(b); err != nil {
		return nil, fmt.Errorf("writing the request: %w", err)
	}
	return b.Bytes(), nil
}

// bytesFor returns the bytes of a message with the client's cookies, the name of its request and the
// values of its pass. They are valid until the next call.
func (l *loop) bytesFor(c *client, m *message) ([]byte, error) {
	sent := m.Message
	if m.Varies() && c.cookies.Any() {
		sent = m.For(l.turn(c))
	}
	var err error
	switch cookies := c.cookies.For(sent.URL); {
	case len(cookies) > 0:
		c.scratch, err = encode(sent, cookies, c.outcome.Number, c.scratch[:0])
	case m.Varies():
		c.scratch, c.room = m.pieces.Append(c.scratch[:0], c.room, l.turn(c), c.outcome.Number)
	case m.named == 0:
		return m.bytes, nil
	default:
		c.scratch = append(c.scratch[:0], m.bytes...)
		claim.Put(c.scratch[:m.named], c.outcome.Number)
	}
	return c.scratch, err
}

// turn is the pass that a client is in.
func (l *loop) turn(c *client) template.Turn {
	t := l.job.Turn(c.start.N, c.pass)
	t.Captured = &c.values
	return t
}
