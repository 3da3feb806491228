package rawhttp

import (
	"bytes"
	"io"

	"github.com/stress-tool/stress/attack/wire"
)

// parser reads one response after another from the bytes of a connection, as they
// come. It decides as net/http does what is a response and how it ends, and finds what
// is none by the same byte, for a peer may then wait for us. What it says does not
// depend on how the bytes are cut. The zero value is ready for [parser.reset].
type parser struct {
	state state
	asked question
	head  head
	doubt doubt
	// held is the part of a head, a trailer or a chunk's first line that has come so
	// far; empty in the common case that the rest of it comes along. seen is how much
	// of it was searched for its end.
	held []byte
	seen int
	// heads is the size of the heads of the response so far, 1xx included.
	heads int
	// left is how much of a body of known length, or of a chunk, is to come.
	left   int64
	excess int64 // see chunkSize
}

// question is what a parser must know of the request that is answered.
type question struct {
	// isHead says that it is a HEAD, whose answer ends with its head.
	isHead bool
	// wanted are the canonical names of the headers whose values are kept, host that of the
	// header which names who answers, "" for none.
	wanted []string
	host   string
	known  *memo // of its answers; nil remembers nothing
}

// state is what comes next.
type state uint8

const (
	inHead state = iota
	inLength
	inChunkSize
	inChunk
	inChunkEnd
	inTrailer
	untilEnd
	ended
)

// event is what the parser has come upon.
type event uint8

const (
	// needMore says that all bytes are used up and more must come.
	needMore event = iota
	// gotHead says that the head is there, and its fields until the next call.
	gotHead
	// gotBody comes with a piece of the body.
	gotBody
	// gotEnd says that the response is complete.
	gotEnd
)

// memo is the last head that answered a request, and what it said. Servers answer
// the same request with the same head, the date aside, which changes once a second:
// comparing is a tenth of the work of parsing. One memo may serve many parsers whose
// wanted are the same.
type memo struct {
	bytes []byte
	head  head
}

// maxMemo is the largest head that is remembered, in bytes.
const maxMemo = 4 << 10

func (m *memo) matches(data []byte) bool {
	n := len(m.bytes)
	return n > 0 && len(data) >= n && bytes.Equal(data[:n], m.bytes)
}

// keep remembers a head. One with fields that were wanted says something else every
// time, mostly, and so does one that names who answers.
func (m *memo) keep(b []byte, h *head) {
	if len(b) <= maxMemo && len(h.fields) == 0 && h.host == nil {
		m.bytes = append(m.bytes[:0], b...)
		m.head = *h
		m.head.fields = nil
	}
}

// reset begins with the next response.
func (p *parser) reset(asked question) {
	p.state, p.asked = inHead, asked
	p.held, p.seen, p.heads, p.doubt = p.held[:0], 0, 0, doubt{}
}

// next looks at data until something is found. It returns what, the piece of a body,
// and the data that is left. The pieces and fields are slices of data or of the
// parser's memory, good until the next call.
func (p *parser) next(data []byte) (e event, piece, rest []byte, err error) {
	for {
		switch p.state {
		case inHead:
			e, rest, err = p.readHead(data)
			if e == needMore || e == gotHead || err != nil {
				return e, nil, rest, err
			}
			data = rest // that was a 1xx
		case inLength, inChunk:
			if len(data) == 0 {
				return needMore, nil, nil, nil
			}
			n := int(min(p.left, int64(len(data))))
			if p.left -= int64(n); p.left == 0 {
				p.state = p.afterBytes()
			}
			return gotBody, data[:n], data[n:], nil
		case untilEnd:
			if len(data) == 0 {
				return needMore, nil, nil, nil
			}
			return gotBody, data, nil, nil
		case ended:
			return gotEnd, nil, data, nil
		default:
			var ok bool
			if data, ok, err = p.readFraming(data); !ok || err != nil {
				return needMore, nil, nil, err
			}
		}
	}
}

func (p *parser) afterBytes() state {
	if p.state == inChunk {
		return inChunkEnd
	}
	return ended
}

// end says what it means that the connection ends here: the end of a body that has
// no other, or an error.
func (p *parser) end() error {
	if p.state == untilEnd {
		p.state = ended
		return nil
	}
	return io.ErrUnexpectedEOF
}

// readHead reads a head. An event of gotEnd means that it was a 1xx to go by.
func (p *parser) readHead(data []byte) (event, []byte, error) {
	if known := p.asked.known; known != nil && len(p.held) == 0 && known.matches(data) {
		fields := p.head.fields[:0]
		p.head = known.head
		p.head.fields = fields
		return p.headed(len(known.bytes), data[len(known.bytes):])
	}
	whole, rest, err := p.collect(data, headEnd, wire.MaxHead-p.heads, wire.ErrHeadTooLarge)
	switch {
	case err != nil:
		return needMore, nil, err
	case whole == nil && !p.doubt.believes(p.held, data):
		return needMore, nil, wire.ErrMalformed
	case whole == nil:
		return needMore, nil, nil
	}
	p.doubt = doubt{}
	if err := p.head.parse(whole, &p.asked); err != nil {
		return needMore, nil, err
	}
	if p.asked.known != nil {
		p.asked.known.keep(whole, &p.head)
	}
	return p.headed(len(whole), rest)
}

// headed goes on behind a head of n bytes.
func (p *parser) headed(n int, rest []byte) (event, []byte, error) {
	if p.heads += n; p.heads > wire.MaxHead {
		return needMore, nil, wire.ErrHeadTooLarge
	}
	if wire.Interim(p.head.status) {
		return gotEnd, rest, nil
	}
	return gotHead, rest, p.frame()
}

// collect gathers the bytes up to and including an end that find finds; nil where it
// has not come yet. Only then are they copied.
func (p *parser) collect(data []byte, find func([]byte, int) int, limit int, tooLong error) (whole, rest []byte, err error) {
	text := data
	if len(p.held) > 0 {
		// No more than may be there is copied, however much has come.
		room := min(len(data), max(limit+1-len(p.held), 0))
		before := len(p.held)
		p.held = append(p.held, data[:room]...)
		text = p.held
		if end := find(text, p.seen); end >= 0 && end <= limit {
			p.held, p.seen = p.held[:0], 0
			if end < before {
				return text[:end], text[end:], nil
			}
			return text[:end], data[end-before:], nil
		}
	} else if end := find(text, 0); end >= 0 && end <= limit {
		return text[:end], data[end:], nil
	}
	if len(text) > limit {
		return nil, nil, tooLong
	}
	if len(p.held) == 0 {
		p.held = append(p.held, data...)
	}
	p.seen = len(p.held)
	return nil, nil, nil
}

// headEnd is where the empty line after a head ends, -1 if it has not come; the
// first seen bytes have been searched before. Lines end with LF, CR before it or not.
func headEnd(b []byte, seen int) int {
	for i := max(seen-2, 0); ; {
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			return -1
		}
		i += n + 1
		switch {
		case i < len(b) && b[i] == '\n':
			return i + 1
		case i+1 < len(b) && b[i] == '\r' && b[i+1] == '\n':
			return i + 2
		}
	}
}

// frame decides from the head how the body ends: RFC 9112 §6.3.
func (p *parser) frame() error {
	h := &p.head
	if h.badLength {
		return wire.ErrMalformed
	}
	switch {
	case p.asked.isHead || h.status == 101 || h.status == 204 || h.status == 304:
		p.state = ended
	case h.chunked:
		p.state, p.excess = inChunkSize, 0
	case h.length > 0:
		p.state, p.left = inLength, h.length
	case h.length == 0:
		p.state = ended
	default:
		p.state, h.keepAlive = untilEnd, false
	}
	return nil
}
