package feed

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"unicode/utf8"
)

// Bounds of a source.
const (
	MaxSize    = 4 << 30 // bytes of a source
	maxRow     = 1 << 20 // bytes of a row
	maxColumns = 1000
)

// source reads the text of a source, without a mark of its byte order, and looks at every byte of it.
type source struct {
	from *bufio.Reader
	hash hash.Hash
	size int64  // read so far
	room int    // what may still be read of this row
	err  error  // why no more is read; but for the end a [*Fault] or what the reader below said
	torn []byte // the beginning of a character that is not whole yet

	// ends are where lines end that [source.position] has not passed, passed is how many it has, and
	// last is where the last of those ends.
	ends   []int64
	passed int
	last   int64
}

func newSource(from io.Reader) (*source, error) {
	s := &source{hash: sha256.New(), room: maxRow, last: -1}
	s.from = bufio.NewReader(io.TeeReader(from, s.hash))
	switch head, err := s.from.Peek(3); {
	case err != nil && err != io.EOF:
		return nil, err
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		s.from.Discard(len(head))
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return nil, &Fault{Text: "is in UTF-16: save it as UTF-8"}
	}
	return s, nil
}

// next begins a row at an offset.
func (s *source) next(offset int64) {
	s.room = maxRow
	s.position(offset)
}

func (s *source) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.room == 0 {
		s.fail(s.size, "is in a row of more than 1 MiB: is a quote never closed?")
		return 0, s.err
	}
	n, err := s.from.Read(p[:min(len(p), s.room)])
	s.room -= n
	s.look(p[:n])
	if s.err == nil {
		s.err = err
	}
	if err == io.EOF && len(s.torn) > 0 {
		s.fail(s.size-int64(len(s.torn)), notUTF8)
	}
	if s.err != nil && s.err != io.EOF {
		return 0, s.err
	}
	return n, s.err
}

const notUTF8 = "is no UTF-8: save the file as UTF-8"

// fail keeps a fault at an offset.
func (s *source) fail(offset int64, text string) {
	line, column := s.position(offset)
	s.err = &Fault{Line: line, Column: column, Text: text}
}

// look looks at the next bytes: where lines end, and whether all of it is text.
func (s *source) look(p []byte) {
	for from := 0; ; {
		i := bytes.IndexByte(p[from:], '\n')
		if i < 0 {
			break
		}
		s.ends = append(s.ends, s.size+int64(from+i))
		from += i + 1
	}
	begin := s.size - int64(len(s.torn))
	s.size += int64(len(p))
	text := p
	if len(s.torn) > 0 {
		text = append(s.torn, p...)
	}
	switch at := wrongByte(text); {
	case s.size > MaxSize:
		s.fail(s.size, "is beyond 4 GiB, which is the most")
	case at == len(text):
		s.torn = nil
	case text[at] == 0:
		s.fail(begin+int64(at), "is a NUL, which no text holds")
	case utf8.FullRune(text[at:]):
		s.fail(begin+int64(at), notUTF8)
	default:
		s.torn = bytes.Clone(text[at:])
	}
}

// wrongByte is the index of the first NUL, or of the first byte that begins no character, or not all of
// one; the length where there is none.
func wrongByte(text []byte) int {
	at := len(text)
	if nul := bytes.IndexByte(text, 0); nul >= 0 {
		at = nul
	}
	if utf8.Valid(text[:at]) {
		return at
	}
	for i := 0; ; {
		r, n := utf8.DecodeRune(text[i:at])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
}

// position is the line and the column of an offset, none of which may be before an earlier one.
func (s *source) position(offset int64) (line, column int) {
	for len(s.ends) > 0 && s.ends[0] < offset {
		s.last, s.ends = s.ends[0], s.ends[1:]
		s.passed++
	}
	return s.passed + 1, int(offset - s.last)
}

// sum is the hash of all that was read, in hexadecimal digits.
func (s *source) sum() string { return hex.EncodeToString(s.hash.Sum(nil)) }
