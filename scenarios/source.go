package scenarios

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"

	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/secret"
)

// excerptWidth is how much of a long line an excerpt shows, in characters.
const excerptWidth = 100

// source is the text of a file, as far as faults need it.
type source struct {
	lines   []string
	secrets []covered
	// opaque is set when the text is no valid YAML. Then the end of a value is not known, and
	// each line is hidden behind a key whose name says secret.
	opaque bool
}

// covered is a piece of a line that must not be shown.
type covered struct {
	text     string
	from, to int // lines where it may stand
}

// shortSecret is the length in bytes below which a secret is looked for on its own
// lines only: blotting out every "a" would leave nothing to read.
const shortSecret = 4

func newSource(text string, tokens token.Tokens) source {
	s := source{lines: strings.Split(text, "\n")}
	inSecret := false
	for i, tk := range tokens {
		switch {
		case tk.Type == token.MappingValueType:
			inSecret = i > 0 && secret.Named(tokens[i-1].Value)
		case endsValue(tokens, i):
			inSecret = false
		case inSecret, strings.ContainsAny(tk.Value, ":=") && opaqueSecret().MatchString(tk.Value): // a comment or a body can hold a key too
			s.hide(tk)
		}
	}
	return s
}

// endsValue reports that the token at i is no longer part of the value before it.
func endsValue(tokens token.Tokens, i int) bool {
	switch tokens[i].Type {
	case token.CollectEntryType, token.MappingEndType, token.SequenceEndType,
		token.DocumentHeaderType, token.DocumentEndType:
		return true
	}
	return i+1 < len(tokens) && tokens[i+1].Type == token.MappingValueType
}

func (s *source) hide(tk *token.Token) {
	line, height := tk.Position.Line, strings.Count(tk.Origin, "\n")
	for piece := range strings.Lines(tk.Origin) {
		piece = strings.TrimSpace(piece)
		if strings.Trim(piece, `"'|>-+{[`) != "" && !bareVariable().MatchString(piece) {
			s.secrets = append(s.secrets, covered{piece, line - height, line + height})
		}
	}
}

// clamp keeps a place within the file: the YAML library's positions are its own.
func (s *source) clamp(at place) (line, col int) {
	line = min(max(at.line, 1), len(s.lines))
	col = min(max(at.col, 1), utf8.RuneCountInString(s.lines[line-1])+1)
	return line, col
}

// excerpt is a line of the file and a caret below the column.
func (s *source) excerpt(line, col, width int) string {
	text := []rune(printable(s.blot(s.lines[line-1], line)))
	from := 0
	if len(text) > excerptWidth {
		from = min(max(col-1-excerptWidth/2, 0), len(text)-excerptWidth)
	}
	shown := text[from:min(len(text), from+excerptWidth)]
	at := col - 1 - from
	carets := max(1, min(width, len(shown)-at))
	return fmt.Sprintf("%5d | %s\n      | %s%s\n",
		line, string(shown), strings.Repeat(" ", at), strings.Repeat("^", carets))
}

// bareVariable is a secret that is not in the file.
var bareVariable = lazy.Regexp(`^["']?\$\{\w+\}["']?$`)

var (
	userinfoForm = lazy.Regexp(`(://)([^/@\s"'{}]+@)`)
	// inlineSecret knows fewer names than the others: "no such key: x" is a message of ours.
	inlineSecret = lazy.Regexp(`(?i)((?:dsn|passw|secret|token|authorization|cookie)[\w-]*["']?\s*[:=])(\S+)`)
	opaqueSecret = lazy.Regexp(`(` + secret.Name + `[\w-]*["']?\s*[:=])(.*)`)
	opaqueLine   = lazy.Regexp(`^(\s*(?:-\s+)?[\w-]*` + secret.Name + `[\w-]*\s)(.*)`)
)

// blot covers secrets of the file in a text, as many dots as there were characters
// so that carets stay in place. Line is where the text stands; 0 is a message.
func (s *source) blot(text string, line int) string {
	if s.opaque { // first: what follows would cover the keys that it goes by
		text = blotForm(text, opaqueSecret)
		if line > 0 { // its colon may be what is missing
			text = blotForm(text, opaqueLine)
		}
	}
	for _, c := range s.secrets {
		if len(c.text) >= shortSecret || c.from <= line && line <= c.to {
			text = strings.ReplaceAll(text, c.text, dots(c.text))
		}
	}
	return blotForm(blotForm(text, userinfoForm), inlineSecret)
}

// blotForm covers the second group of every match.
func blotForm(text string, form func() *regexp.Regexp) string {
	return form().ReplaceAllStringFunc(text, func(m string) string {
		part := form().FindStringSubmatch(m)
		return part[1] + dots(part[2])
	})
}

func dots(s string) string { return strings.Repeat("•", utf8.RuneCountInString(s)) }

// printable replaces what could steer a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == tabInText:
			return ' '
		case unicode.IsControl(r), r == utf8.RuneError, unicode.Is(unicode.Cf, r):
			return '�'
		}
		return r
	}, s)
}
