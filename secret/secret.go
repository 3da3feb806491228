// Package secret removes secret values from texts that others wrote, such as a target's answer or a
// driver's error. It finds a value in every usual form:
//
//   - as it is, in upper or lower case; in UTF-16;
//   - percent-encoded, with %20 or + for a blank; escaped for HTML or JSON; quoted as in Go, PHP,
//     Python and SQL; and with up to [depth] of these escapes over one another;
//   - in hexadecimal; in base64 with both alphabets, also as a part of the encoded data;
//   - with invisible characters in it, such as line ends;
//   - without its end, if the text was cut.
//
// It does not find what a target computed from a value (a hash, a cipher, compressed data), nor a part
// that a target cut out of a value.
package secret

import (
	"bytes"
	"slices"
	"strings"
)

// Mark replaces a secret.
const Mark = "«redacted»"

const (
	// minLength is the length in bytes below which a value is not searched for: without every
	// "a" a text would be unreadable, and would so reveal the secret.
	minLength = 4
	// maxValue is how much of a value is searched for, in bytes. No stored text is so long.
	maxValue = 4096
	// minPiece is how many bytes of a value at the end of a cut text are replaced at least.
	minPiece = 3
	// depth is how many escapes over one another are decoded.
	depth = 3
	// ellipsis marks where a text for people was cut.
	ellipsis = "…"
)

// Set is the secrets of one run. A nil Set holds none. It is safe for concurrent use.
type Set struct {
	forms [][]byte // of all values, longest first, in lower case
}

// NewSet returns a set of values. It leaves out those of fewer than 4 bytes. Of a value with several
// lines each line is a value, too, and so is the decoded form of a value with escapes.
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

// Empty reports that the set holds nothing.
func (s *Set) Empty() bool { return s == nil || len(s.forms) == 0 }

// Blot returns a text with every secret replaced by [Mark].
func (s *Set) Blot(text string) string { return s.blot(text, false) }

// BlotCut is [Set.Blot] for a text that was cut at its end, perhaps within a secret.
func (s *Set) BlotCut(text string) string { return s.blot(text, true) }

// blot handles the parts between ellipses separately: a text for people may have been cut there.
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

// search is the search in one text.
type search struct {
	set    *Set
	cut    bool
	hidden []bool // for each byte of the original text
	found  bool
}

// scan searches a text, and the results of decoding its escapes in any order. It searches equal results
// once.
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

// hide marks the bytes of the original that stand for a form in a layer. text is the layer's text in
// lower case.
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

// overlap returns how many bytes at the end of a text are the beginning of a form, 0 for fewer than
// [minPiece].
func overlap(text, form []byte) int {
	for n := min(len(text), len(form)-1); n >= minPiece; n-- {
		if bytes.HasSuffix(text, form[:n]) {
			return n
		}
	}
	return 0
}
