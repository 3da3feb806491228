package scenarios

import (
	"strings"

	"github.com/stress-tool/stress/internal/lazy"
)

// layout is what can be said of a YAML text without parsing it: where its tabs, its
// brackets and its quotes stand.
//
// The YAML library refuses tabs in places where YAML 1.2 has them (§6.2, §6.6), and
// drops those within plain text. It reads [layout.text] in their stead, in which every
// character stands where it stood.
type layout struct {
	// text has a blank for every tab that only separates, and tabInText for those of
	// plain text.
	text string
	// tab is the first tab that indents, which YAML forbids; line 0 is none.
	tab place
	// open is the bracket or the quote that is not closed; line 0 is none.
	open place
}

// tabInText stands for a tab of plain text until the library has read it. Unicode
// keeps the character for such uses, and has it in no text.
const tabInText = '\ufdd0'

// layOut scans a text. It never fails: of what is no YAML it says what it can.
func layOut(text string) layout {
	s := scanner{parent: -1}
	var b strings.Builder
	for i, line := range strings.SplitAfter(text, "\n") {
		s.scan([]rune(line), i+1)
		b.WriteString(string(s.line))
	}
	l := layout{text: b.String(), tab: s.tab}
	if last := l.text[strings.LastIndexByte(l.text, '\n')+1:]; last != "" && strings.Trim(last, " ") == "" {
		l.text += "\n" // or the library has no end for a text that it closes
	}
	if n := len(s.open); n > 0 {
		l.open = s.open[n-1].at
	}
	return l
}

// scanner goes through a text, line by line.
type scanner struct {
	line   []rune // with its newline; tabs are replaced in it
	number int
	open   []bracket // brackets, innermost last; a quote comes last
	tab    place

	parent int  // the column, from 0, of the key or dash that the next value belongs to; -1 is none
	block  bool // within a literal or folded text, whose lines stand to the right of parent
	start  int  // the column where the current node began
	fresh  bool // a node may begin here
}

// bracket is one of { [ " ', and where it stands.
type bracket struct {
	sign rune
	at   place
}

// blockHeader begins a literal or folded text.
var blockHeader = lazy.Regexp(`^[|>][-+0-9]*[ \t]*(#.*)?\n?$`)

func (s *scanner) scan(line []rune, number int) {
	s.line, s.number = line, number
	lead := skip(line, 0, " ")
	first := skip(line, lead, " \t")
	if s.block {
		if blank(line, lead) || lead > s.parent {
			return
		}
		s.block = blank(line, first)
		if s.block {
			return
		}
	}
	s.fresh = s.quote() == 0
	s.indentation(lead, first)
	for i := first; i < len(line) && line[i] != '\n'; {
		i = s.step(i)
	}
}

// indentation looks at the blanks before a line's text.
func (s *scanner) indentation(lead, first int) {
	switch {
	case len(s.open) == 0 && !blank(s.line, first) && s.line[first] != '#':
		if first > lead && s.tab.line == 0 {
			s.tab = s.place(lead)
		}
	case s.quote() == 0 || lead > 0:
		s.separate(lead, first)
	}
}

// step looks at the text from i on, and returns where to go on.
func (s *scanner) step(i int) int {
	c := s.line[i]
	if q := s.quote(); q != 0 {
		return s.quoted(i, q)
	}
	if c == ' ' || c == '\t' {
		return s.gap(i)
	}
	flow := len(s.open) > 0
	switch {
	case c == '#' && (i == 0 || isBlank(s.line, i-1)):
		return len(s.line)
	case flow && strings.ContainsRune(",[]{}", c), s.fresh && strings.ContainsRune(`[{"'`, c):
		s.bracket(i)
	case c == ':' && (isBlank(s.line, i+1) || flow && i+1 < len(s.line) && strings.ContainsRune(`,[]{}"'`, s.line[i+1])):
		s.parent, s.fresh = s.start, true
	case s.fresh && (c == '-' || c == '?') && isBlank(s.line, i+1):
		s.parent = i
	case s.fresh && strings.ContainsRune("&!*", c):
		for i++; !isBlank(s.line, i); i++ {
		}
		return i
	case s.fresh && !flow && blockHeader().MatchString(string(s.line[i:])):
		s.block = true
		return len(s.line)
	default:
		if s.fresh {
			s.start, s.fresh = i, false
		}
	}
	return i + 1
}

// bracket takes a sign of a flow collection, or an opening quote.
func (s *scanner) bracket(i int) {
	switch c := s.line[i]; c {
	case ']', '}':
		s.open, s.fresh = s.open[:len(s.open)-1], false
	case ',':
		s.fresh = true
	default:
		if len(s.open) == 0 {
			s.start = i
		}
		s.open, s.fresh = append(s.open, bracket{c, s.place(i)}), c == '[' || c == '{'
	}
}

// quoted takes a character between quotes.
func (s *scanner) quoted(i int, q rune) int {
	switch c := s.line[i]; {
	case q == '"' && c == '\\', q == '\'' && c == q && i+1 < len(s.line) && s.line[i+1] == q:
		return i + 2
	case c == q:
		s.open, s.fresh = s.open[:len(s.open)-1], false
	}
	return i + 1
}

// gap takes the blanks from i on. Between two words of plain text they are text; after
// the dash or the colon of a block the library knows what a tab may do.
func (s *scanner) gap(i int) int {
	end := skip(s.line, i, " \t")
	indicator := len(s.open) == 0 && s.fresh && strings.ContainsRune("-?:", s.line[i-1])
	switch {
	case blank(s.line, end), s.line[end] == '#', s.fresh && !indicator, s.ends(end), s.closed(i - 1):
		s.separate(i, end)
	case !indicator:
		for j := i; j < end; j++ {
			if s.line[j] == '\t' {
				s.line[j] = tabInText
			}
		}
	}
	return end
}

// ends reports that no plain text goes on at i.
func (s *scanner) ends(i int) bool {
	c := s.line[i]
	return c == ':' && isBlank(s.line, i+1) || len(s.open) > 0 && strings.ContainsRune(",[]{}", c)
}

// closed reports that a quote or a bracket ends at i.
func (s *scanner) closed(i int) bool { return !s.fresh && strings.ContainsRune(`"'}]`, s.line[i]) }

func (s *scanner) separate(from, to int) {
	for i := from; i < to; i++ {
		s.line[i] = ' '
	}
}

// quote is the quote that the text stands in; 0 is none.
func (s *scanner) quote() rune {
	if n := len(s.open); n > 0 && (s.open[n-1].sign == '"' || s.open[n-1].sign == '\'') {
		return s.open[n-1].sign
	}
	return 0
}

func (s *scanner) place(i int) place { return place{line: s.number, col: i + 1, width: 1} }

// skip is the first place from i on that holds none of some characters.
func skip(line []rune, i int, these string) int {
	for i < len(line) && strings.ContainsRune(these, line[i]) {
		i++
	}
	return i
}

// blank reports that a line holds nothing from i on.
func blank(line []rune, i int) bool { return i >= len(line) || line[i] == '\n' }

// isBlank reports that a blank, or the line's end, stands at i.
func isBlank(line []rune, i int) bool { return blank(line, i) || line[i] == ' ' || line[i] == '\t' }
