// Package secret knows the values that nobody may read and takes them out of texts
// that others wrote: a target's answer, a driver's error. It finds a value in every
// form that it commonly takes on the wire:
//
//   - as it is, whatever letters of it are capitals; in UTF-16;
//   - percent-encoded, with %20 or + for a blank; HTML- and JSON-escaped; quoted as Go,
//     PHP, Python and SQL do; and all of these one over the other, [depth] deep;
//   - in hexadecimal; in base64 of both alphabets, also as a part of what was encoded;
//   - with characters in between that nobody sees, the ends of lines among them;
//   - without its end, where the text that holds it was cut.
//
// It does not find what a target computed from a value (a hash, a cipher, a compressed
// text), nor a piece that a target itself cut out of one.
package secret

import (
	"bytes"
	"slices"
	"strings"
)

// Mark stands where a secret was.
const Mark = "«redacted»"

const (
	// Least is the length in bytes below which a value is not looked for: blotting out
	// every "a" would leave nothing to read, and so tell the secret.
	minLength = 4
	// most is the length in bytes beyond which the rest of a value is not looked for. No
	// text that is kept is so long.
	maxValue = 4096
	// leastPiece is how many bytes of a value are blotted out where a text was cut.
	minPiece = 3
	// depth is how many escapes over one another are undone.
	depth = 3
	// ellipsis stands where a text for people was cut.
	ellipsis = "…"
)

// Set is the secrets of one run. A nil Set holds none. It is safe for concurrent use.
type Set struct {
	forms [][]byte // of all values, the longest first, in small letters
}

// NewSet is a set of values. Those shorter than [Least] are left out. Of a value of
// several lines each line counts, too, and so does what a receiver reads in a value that
// is written with escapes.
func NewSet(values ...string) *Set {
	known := map[string]bool{}
	for _, v := range values {
		v = v[:min(len(v), maxValue)]
		lines := strings.FieldsFunc(strings.ReplaceAll(v, ellipsis, "\n"), func(r rune) bool { return r == '\n' || r == '\r' })
		for _, piece := range append(lines, v) {
			for _, read := range decodings(strings.TrimSpace(piece)) {
				for _, f := range forms(read) {
					known[f] = true
				}
			}
		}
	}
	s := &Set{}
	for f := range known {
		s.forms = append(s.forms, []byte(f))
	}
	slices.SortFunc(s.forms, func(a, b []byte) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return bytes.Compare(a, b)
	})
	return s
}

// Blot is a text with [Mark] in place of every secret.
func (s *Set) Blot(text string) string { return s.blot(text, false) }

// BlotCut is [Set.Blot] for a text that was cut at its end, maybe within a secret.
func (s *Set) BlotCut(text string) string { return s.blot(text, true) }

// blot takes a text apart where it was shortened for people.
func (s *Set) blot(text string, cut bool) string {
	if s == nil || len(s.forms) == 0 {
		return text
	}
	pieces := strings.Split(text, ellipsis)
	for i := range pieces {
		pieces[i] = s.blotPiece(pieces[i], cut || i < len(pieces)-1)
	}
	return strings.Join(pieces, ellipsis)
}

func (s *Set) blotPiece(text string, cut bool) string {
	h := search{set: s, cut: cut, hidden: make([]bool, len(text))}
	h.scan(text)
	if !h.found {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !h.hidden[i]:
			b.WriteByte(text[i])
		case i == 0 || !h.hidden[i-1]:
			b.WriteString(Mark)
		}
	}
	return b.String()
}

// search is one text under way.
type search struct {
	set    *Set
	cut    bool
	hidden []bool // by byte of the original
	found  bool
}

// look searches a text, and what comes of undoing its escapes in any order. The same
// text, reached by another order, is searched once.
func (h *search) scan(text string) {
	seen := map[string]bool{text: true}
	layers := []layer{plain([]byte(text))}
	for n := 0; len(layers) > 0; n++ {
		var deeper []layer
		for _, l := range layers {
			text := lowerASCII(l.text)
			for _, f := range h.set.forms {
				h.hide(l, text, f)
			}
			if n == depth {
				continue
			}
			for _, c := range codings {
				if next, changed := l.unfold(c, h.cut); changed && !seen[string(next.text)] {
					seen[string(next.text)] = true
					deeper = append(deeper, next)
				}
			}
		}
		layers = deeper
	}
}

// hide marks the bytes of the original that make up a form in a layer, whose text comes in
// small letters.
func (h *search) hide(l layer, text, form []byte) {
	for at := 0; ; at++ {
		i := bytes.Index(text[at:], form)
		if i < 0 {
			break
		}
		at += i
		h.mark(l.from[at], l.to[at+len(form)-1])
	}
	if n := overlap(text, form); h.cut && n > 0 {
		h.mark(l.from[len(text)-n], len(h.hidden))
	}
}

func (h *search) mark(from, to int) {
	h.found = true
	for i := from; i < to; i++ {
		h.hidden[i] = true
	}
}

// overlap is how many bytes at the end of a text begin a form, 0 for fewer than
// [leastPiece].
func overlap(text, form []byte) int {
	for n := min(len(text), len(form)-1); n >= minPiece; n-- {
		if bytes.HasSuffix(text, form[:n]) {
			return n
		}
	}
	return 0
}
