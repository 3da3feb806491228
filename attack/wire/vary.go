package wire

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/claim"
	"github.com/stress-tool/stress/attack/template"
)

// hole is where a message changes from pass to pass. Its mark stands there in address, headers and
// body, drawn at random, of letters and digits that nothing escapes.
type hole struct {
	mark   string
	value  template.Value
	escape escape // nil sends the value as it is
	place  uint64
}

func (h hole) append(b []byte, t template.Turn) []byte {
	from := len(b)
	b = h.value.Append(b, t, h.place)
	if h.escape == nil {
		return b
	}
	end := len(b)
	for i := from; i < end; i++ {
		b = h.escape(b, b[i])
	}
	return append(b[:from], b[end:]...)
}

// captured reports that the value comes from an answer of the target, for the target alone.
func (h hole) captured() bool {
	_, is := h.value.(template.Captured)
	return is
}

// marker puts marks into the texts of a job's requests.
type marker struct {
	names template.Names
	drawn string
	next  uint64 // place
}

func newMarker(names template.Names) *marker {
	known := template.Names{} // and what requests capture for those after them
	maps.Copy(known, names)
	return &marker{names: known, drawn: strings.ToLower(rand.Text())}
}

// mark is the mark of a new hole of m.
func (k *marker) mark(m *Message, v template.Value) string {
	h := hole{mark: fmt.Sprintf("v%sx%dx", k.drawn, k.next), value: v, place: k.next}
	k.next++
	m.holes = append(m.holes, h)
	return h.mark
}

// parse reads a text, and puts what the job says in place of its names.
func (k *marker) parse(s string) (template.Text, error) {
	t, err := template.Parse(s)
	if err != nil {
		return t, err
	}
	return t.Bind(k.names)
}

// text is a text with a mark in place of each value. What has a name may be any text, and is escaped for
// its place, which may depend on the whole text.
func (k *marker) text(m *Message, s string, where places) (string, error) {
	t, err := k.parse(s)
	if err != nil {
		return "", err
	}
	first := len(m.holes)
	marked := t.With(func(v template.Value) string { return k.mark(m, v) })
	in := where(marked, m.holes[first:])
	for i := first; i < len(m.holes); i++ {
		h := &m.holes[i]
		if _, named := h.value.(template.Named); named {
			before, _, _ := strings.Cut(marked, h.mark)
			h.escape = in(before)
		}
	}
	return marked, nil
}

// request is a request with marks in place of its values, which become holes of m.
func (k *marker) request(m *Message, r attack.Request) (attack.Request, error) {
	var errs []error
	text := func(s string, where places) string {
		marked, err := k.text(m, s, where)
		errs = append(errs, err)
		return marked
	}
	r.Path = text(r.Path, always(inAddress))
	header := http.Header{}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, v := range r.Header[name] {
			first := len(m.holes)
			header[name] = append(header[name], text(v, always(asItIs)))
			errs = append(errs, inHeader(name, m.holes[first:]))
			if slices.ContainsFunc(m.holes[first:], hole.captured) {
				r.Secret = append(slices.Clip(r.Secret), name)
			}
		}
	}
	r.Header = header
	if !r.Verbatim {
		r.Body = []byte(text(string(r.Body), inBody(header)))
	}
	user, err1 := k.parse(r.User)
	password, err2 := k.parse(r.Password)
	if err := cmp.Or(append(errs, err1, err2)...); err != nil {
		return r, err
	}
	if !user.Varies() && !password.Varies() {
		r.User, r.Password = user.With(nil), password.With(nil)
		return r, nil
	}
	r.User, r.Password = "", ""
	if r.Header.Get("Authorization") == "" {
		r.Header.Set("Authorization", k.mark(m, template.Basic(user, password)))
	}
	return r, nil
}

// inHeader returns why a header cannot hold the values of some holes.
func inHeader(name string, holes []hole) error {
	for _, h := range holes {
		if v, named := h.value.(template.Named); named {
			if err := v.InHeader(); err != nil {
				return fmt.Errorf("header %q: %w", name, err)
			}
		}
	}
	return nil
}

// Varies reports that the message changes from pass to pass.
func (m *Message) Varies() bool { return len(m.holes) > 0 }

// For is the message of a turn: m itself where nothing varies.
func (m *Message) For(t template.Turn) *Message {
	if !m.Varies() {
		return m
	}
	pairs := make([]string, 0, 2*len(m.holes))
	for _, h := range m.holes {
		pairs = append(pairs, h.mark, string(h.append(nil, t)))
	}
	fill := strings.NewReplacer(pairs...)
	filled := *m
	filled.holes = nil
	u := *m.URL
	u.RawPath, u.RawQuery = fill.Replace(u.EscapedPath()), fill.Replace(u.RawQuery)
	u.Path, _ = url.PathUnescape(u.RawPath) // a value's own escapes are whole
	filled.URL = &u
	filled.Header = make(http.Header, len(m.Header))
	for name, values := range m.Header {
		for _, v := range values {
			filled.Header[name] = append(filled.Header[name], fill.Replace(v))
		}
	}
	if len(m.Body) > 0 {
		filled.Body = []byte(fill.Replace(string(m.Body)))
	}
	return &filled
}

// Encoding is the bytes of a message of HTTP/1.1 in pieces, so that the bytes of a turn are made
// without net/http and without allocations.
type Encoding struct {
	head, body []piece
}

// piece is a literal and what stands behind it.
type piece struct {
	literal []byte
	hole    *hole // nil is none
	length  bool  // the length of the body stands there
	named   bool  // the literal ends with the name of the request
	// ends is where the line ends in the literal that the piece before it is in, begins where the value of the
	// header begins that the hole is in; -1 is nowhere. net/http takes the blanks off both ends of such values.
	ends, begins int
}

// Encoding cuts the bytes of the message at its holes. bytes are those that net/http writes of it.
func (m *Message) Encoding(message []byte) Encoding {
	end := bytes.Index(message, []byte("\r\n\r\n")) + len("\r\n\r\n")
	var e Encoding
	head := message[:end]
	if body := message[end:]; len(body) > 0 {
		e.body = m.cut(body)
		length := []byte("\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n")
		at := bytes.Index(head, length) + len("\r\nContent-Length: ")
		e.head = m.cut(head[:at])
		e.head[len(e.head)-1].length = true
		head = head[at+len(strconv.Itoa(len(body))):]
	}
	e.head = append(e.head, m.cut(head)...)
	for i := range e.head {
		e.head[i].inHead()
	}
	return e
}

// inHead notes where lines of the head end and values of headers begin.
func (p *piece) inHead() {
	const end = "\r\n"
	p.ends = bytes.Index(p.literal, []byte(end))
	line := bytes.LastIndex(p.literal, []byte(end))
	if p.hole == nil || line < 0 {
		return
	}
	line += len(end)
	p.begins = line + bytes.IndexByte(p.literal[line:], ':') + len(": ")
}

// cut cuts bytes behind the name of the request and at the holes; there is always a last piece
// without a hole.
func (m *Message) cut(b []byte) []piece {
	var pieces []piece
	for {
		at, found, named := len(b), (*hole)(nil), false
		for i := range m.holes {
			if n := bytes.Index(b, []byte(m.holes[i].mark)); n >= 0 && n < at {
				at, found = n, &m.holes[i]
			}
		}
		if n := bytes.Index(b, []byte(m.Name)); m.Name != "" && n >= 0 && n < at {
			at, found, named = n+len(m.Name), nil, true
		}
		pieces = append(pieces, piece{literal: b[:at], hole: found, named: named, ends: -1, begins: -1})
		if b = b[at:]; found == nil && !named {
			return pieces
		}
		if found != nil {
			b = b[len(found.mark):]
		}
	}
}

// Append appends the message of a turn, with the name of that number if it has one. body is room
// for the body while its length is counted; it is returned for the next call.
func (e *Encoding) Append(into, body []byte, t template.Turn, number uint64) (message, room []byte) {
	body = appendPieces(body[:0], e.body, t, number, 0)
	into = appendPieces(into, e.head, t, number, len(body))
	return append(into, body...), body
}

func appendPieces(b []byte, pieces []piece, t template.Turn, number uint64, length int) []byte {
	value := -1 // where that of a header begins which has a hole
	for i := range pieces {
		p := &pieces[i]
		rest := p.literal
		if value >= 0 && p.ends >= 0 {
			b = trimFrom(append(b, rest[:p.ends]...), value)
			rest, value = rest[p.ends:], -1
		}
		if b = append(b, rest...); p.begins >= 0 {
			value = len(b) - (len(p.literal) - p.begins)
		}
		switch {
		case p.named:
			claim.Put(b, number)
		case p.length:
			b = strconv.AppendInt(b, int64(length), 10)
		case p.hole != nil:
			b = p.hole.append(b, t)
		}
	}
	return b
}

// trimFrom takes the blanks off both ends of what begins at from.
func trimFrom(b []byte, from int) []byte {
	const blanks = " \t"
	return append(b[:from], bytes.Trim(b[from:], blanks)...)
}
