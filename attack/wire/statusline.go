package wire

import "bytes"

// StatusLine reads the first line of a response byte by byte, so that what speaks no
// HTTP is known by the first byte that does not fit: it may wait for us for ever. The
// zero value is ready. The line is "HTTP/1.1 200 OK": one digit each of a version, blanks,
// three digits, then a blank and any text, or nothing.
type StatusLine struct {
	// Status is the code, Version 10 × major + minor, once the line is Whole.
	Status, Version int
	Whole           bool

	at statusPart
	n  int // bytes of the part so far
}

type statusPart uint8

const (
	inVersion statusPart = iota
	inBlanks
	inCode
	afterCode
	inReason
	beforeLF
)

// versionForm is what a line begins with; a 0 stands for any digit.
const versionForm = "HTTP/0.0 "

// Feed reads on, to the line's end at most, and returns the bytes behind it. Not ok: this
// is no status line, whatever comes.
func (s *StatusLine) Feed(b []byte) (rest []byte, ok bool) {
	for i := 0; i < len(b) && !s.Whole; i++ {
		if s.at == inReason {
			end := bytes.IndexByte(b[i:], '\n')
			if s.Whole = end >= 0; s.Whole {
				return b[i+end+1:], true
			}
			return nil, true
		}
		if !s.take(b[i]) {
			return nil, false
		}
		if s.Whole {
			return b[i+1:], true
		}
	}
	return nil, true
}

func (s *StatusLine) take(c byte) bool {
	isDigit := '0' <= c && c <= '9'
	switch s.at {
	case inVersion:
		want := versionForm[s.n]
		if want == '0' && isDigit {
			s.Version = 10*s.Version + int(c-'0')
		} else if c != want || want == '0' {
			return false
		}
		if s.n++; s.n == len(versionForm) {
			s.at, s.n = inBlanks, 0
		}
		return true
	case inBlanks:
		if c == ' ' {
			return true
		}
		s.at = inCode
		return s.take(c)
	case inCode:
		s.Status = 10*s.Status + int(c-'0')
		if s.n++; s.n == 3 {
			s.at = afterCode
		}
		return isDigit
	case afterCode:
		switch c {
		case ' ':
			s.at = inReason
		case '\r':
			s.at = beforeLF
		case '\n':
			s.Whole = true
		default:
			return false
		}
		return true
	default:
		s.Whole = c == '\n'
		return s.Whole
	}
}

// Opening follows a response up to the status line of its answer, through the 1xx heads
// before it. The zero value is ready.
type Opening struct {
	line StatusLine
	// bare says that nothing but CR has come since the last LF: the next LF ends a head.
	bare bool
}

// Feed reads on. Not ok: a head does not begin as HTTP has it.
func (o *Opening) Feed(b []byte) (ok bool) {
	for len(b) > 0 {
		if !o.line.Whole {
			if b, ok = o.line.Feed(b); !ok {
				return false
			}
			o.bare = true
			continue
		}
		if !Interim(o.line.Status) {
			return true
		}
		for len(b) > 0 && o.line.Whole {
			switch c := b[0]; {
			case c == '\n' && o.bare:
				*o = Opening{}
			case c != '\r':
				o.bare = c == '\n'
			}
			b = b[1:]
		}
	}
	return true
}

// Interim reports that a response of a status is not yet the answer.
func Interim(status int) bool { return status >= 100 && status < 200 && status != 101 }
