// Package convert makes scenarios of what people have already: curl lines, recordings of a browser (HAR),
// tests of loader.io, targets of vegeta. It sends nothing and looks up no host.
//
// What a scenario cannot say is left out, and [Scenario.LeftOut] says so. What would make other
// requests than those of the source is an error instead.
package convert

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/scenarios"
)

// Options say what is taken over. The zero value leaves out what a load test hardly ever means to load.
type Options struct {
	// Name is the name of the scenario; "" is the host of its target.
	Name string
	// Assets takes the images, styles, scripts and fonts of a HAR too.
	Assets bool
	// ThirdParties takes a HAR's requests to other hosts too.
	ThirdParties bool
	// Test is the name or the id of the test to take, where a file holds several of loader.io.
	Test string
}

// Scenario is what was made of a source.
type Scenario struct {
	File scenarios.File
	// LeftOut has a sentence for each thing that the source asks for and the scenario does not:
	// what it is, and why. No sentence holds a secret, or more than one line.
	LeftOut []string
	// Notes is what the source says of itself, on one line; "" is nothing.
	Notes string
}

// YAML is the scenario to keep, with a comment for everything that was left out. variables are
// those that stand for secrets: see [scenarios.File.YAML].
func (s *Scenario) YAML() (text []byte, variables []string) {
	text, variables = s.File.YAML()
	var b bytes.Buffer
	if s.Notes != "" {
		writeComment(&b, "#", s.Notes)
	}
	if len(s.LeftOut) > 0 {
		b.WriteString("# What this scenario leaves out of what it was made of:\n")
	}
	for _, sentence := range s.LeftOut {
		writeComment(&b, "# -", sentence)
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	return append(b.Bytes(), text...), variables
}

// writeComment writes a sentence as a comment that begins with lead. Its other lines stand below the
// first word.
func writeComment(b *bytes.Buffer, lead, sentence string) {
	const width = 100 // in bytes
	line, below := lead, "#"+strings.Repeat(" ", len(lead)-1)
	for word := range strings.FieldsSeq(sentence) {
		if len(line)+len(word) >= width {
			b.WriteString(line + "\n")
			line = below
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}

// builder collects requests. The first of them says which target they are for, unless the source does.
type builder struct {
	payload bool // a payload file may give names a value
	options Options
	file    scenarios.File
	base    string // scheme and host of the target
	leftOut []string
	notes   string
	// names are those of values that an answer has given, by what the source calls them, taken those
	// that the scenario has.
	names map[string]string
	taken map[string]bool
}

func newBuilder(o Options) *builder {
	load := scenarios.DefaultLoad()
	return &builder{options: o, file: scenarios.File{Name: literal(o.Name), Load: &load}, names: map[string]string{}, taken: map[string]bool{}}
}

// leaveOut notes what is left out, once.
func (b *builder) leaveOut(format string, args ...any) {
	sentence := plain.Line(fmt.Sprintf(format, args...))
	for _, known := range b.leftOut {
		if known == sentence {
			return
		}
	}
	b.leftOut = append(b.leftOut, sentence)
}

// target is the target of the requests; there is one once a request was added.
func (b *builder) target() *scenarios.FileTarget { return &b.file.Targets[0] }

// errEmpty says that a source asks for nothing.
var errEmpty = errors.New("holds no request to make")

// scenario is what was collected, if it makes a scenario that runs.
func (b *builder) scenario() (*Scenario, error) {
	f := b.file
	if len(f.Requests) == 0 {
		return nil, errEmpty
	}
	if len(f.Requests) == 1 {
		f.Request, f.Requests = &f.Requests[0], nil
	}
	if f.Name == "" {
		f.Name = literal(strings.TrimPrefix(strings.TrimPrefix(b.base, "http://"), "https://"))
	}
	s := &Scenario{File: f, LeftOut: b.leftOut, Notes: b.notes}
	text, _ := s.YAML()
	set := func(string) (string, bool) { return "x", true }
	if _, err := scenarios.Parse("the imported scenario", text, scenarios.Options{Lookup: set}); err != nil {
		return nil, err
	}
	return s, nil
}

// literal is a text as scenarios have it: what would begin a variable there stands for itself.
func literal(s string) string { return strings.ReplaceAll(s, "${", "$${") }
