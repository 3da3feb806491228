package scenarios

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Fault is one thing wrong with a scenario.
type Fault struct {
	// File is the scenario's file, or for a key set from outside the flag that did
	// it: [Set], or one of [Options.Flags], which says the key as well.
	File string
	// Line and Col count from 1, Col in characters; both are 0 outside a file.
	Line, Col int
	// Key is the dotted path, "targets.0.url"; "" for the file as a whole.
	Key     string
	Message string
	// Hint says what to do, where that is known; else "".
	Hint string
	// Excerpt is the line with a caret below it, secrets blotted out; "" outside a
	// file.
	Excerpt string
}

// Set is the File of faults in [Options.Set].
const Set = "--set"

// Error is the fault in one line: "f.yaml:4:12: load.clients: must be at least 1,
// got -3".
func (f Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.File)
	switch {
	case f.Line > 0:
		fmt.Fprintf(&b, ":%d:%d: ", f.Line, f.Col)
	case f.File == Set && f.Key != "":
		b.WriteString(" ")
	default:
		b.WriteString(": ")
	}
	if f.Key != "" {
		b.WriteString(f.Key + ": ")
	}
	b.WriteString(f.Message)
	return b.String()
}

// Faults is everything wrong with a scenario, in the order of the file; what was
// set from outside comes last.
type Faults []Fault

// Error is one line per fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Render is the faults for a terminal: each with its excerpt and its hint, and the
// count at the end.
func (fs Faults) Render() string {
	var b strings.Builder
	for _, f := range fs {
		b.WriteString(f.Error() + "\n" + f.Excerpt)
		if f.Hint != "" {
			b.WriteString("  " + f.Hint + "\n")
		}
		b.WriteString("\n")
	}
	switch {
	case len(fs) == 1:
		b.WriteString("1 fault\n")
	case len(fs) == maxFaults:
		fmt.Fprintf(&b, "%d faults; there may be more\n", len(fs))
	default:
		fmt.Fprintf(&b, "%d faults\n", len(fs))
	}
	return b.String()
}

// maxFaults is how many faults are reported: nobody reads more, and each costs a search of the
// whole text.
const maxFaults = 100

// faults collects while a scenario is read.
type faults struct {
	source source
	flags  map[string]string // see [Options.Flags]
	list   Faults
}

// add reports a fault at a place. The message is scrubbed of secrets that stand in
// the file, for it may quote what a library said.
func (fs *faults) add(at place, key, message, hint string) {
	if len(fs.list) == maxFaults {
		return
	}
	f := Fault{File: at.file, Key: fs.clean(shorten(key)), Message: fs.clean(message), Hint: fs.clean(hint)}
	if at.line > 0 {
		f.Line, f.Col = fs.source.clamp(at)
		f.Excerpt = fs.source.excerpt(f.Line, f.Col, at.width)
	}
	if flag, ok := fs.flags[key]; ok && f.File == Set {
		f.File, f.Key = flag, ""
	}
	if f.Line == 0 && slices.Contains(fs.list, f) {
		return // one flag for several loads
	}
	fs.list = append(fs.list, f)
}

func (fs *faults) clean(s string) string { return fs.source.blot(printable(s), 0) }

// err is all faults in order; nil when there are none.
func (fs *faults) err() error {
	if len(fs.list) == 0 {
		return nil
	}
	slices.SortStableFunc(fs.list, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.order(), b.order()), cmp.Compare(a.Col, b.Col))
	})
	return fs.list
}

// order is the line, and after all lines for what stands in none.
func (f Fault) order() int {
	if f.Line == 0 {
		return math.MaxInt
	}
	return f.Line
}
