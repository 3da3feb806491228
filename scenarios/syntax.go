package scenarios

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/stress-tool/stress/internal/lazy"
)

// syntax reports text that is not YAML. The library says where it stopped, in its own words;
// the lines around mostly show the real mistake.
func (r *reader) syntax(l layout, err error) {
	r.faults.source.opaque = true
	at, message := place{file: r.file, line: 1, col: 1}, err.Error()
	if e := yaml.Error(nil); errors.As(err, &e) {
		message = e.GetMessage()
		if tk := e.GetToken(); tk != nil {
			at = r.tokenPlace(tk)
			at.width = 1
		}
	}
	for _, explain := range explanations {
		if x := explain(r.faults.source.lines, l, at); x.message != "" {
			if x.at.line > 0 {
				at = x.at
				at.file = r.file
			}
			r.fault(at, "is not valid YAML: "+x.message, x.hint)
			return
		}
	}
	r.fault(at, "is not valid YAML: "+message, "")
}

// explanation is a fault of syntax in words for people. No message is none; no place is
// where the library stopped. None repeats a value: it could be a secret.
type explanation struct {
	at            place
	message, hint string
}

// explanations look at the lines and at where the library stopped; the first that
// knows wins.
var explanations = []func(lines []string, l layout, at place) explanation{
	tabIndents, noBreakSpace, variableInFlow, neverClosed, noColon, noBlank, reserved, between, deeper, twoColons,
}

func tabIndents(lines []string, l layout, at place) explanation {
	tab := l.tab
	if in := indent(lineAt(lines, at.line)); strings.HasPrefix(lineAt(lines, at.line)[in:], "\t") {
		tab = place{line: at.line, col: in + 1, width: 1} // between quotes, or in a block of text
	}
	if tab.line == 0 || tab.line > at.line {
		return explanation{}
	}
	begins := "has a tab in its indentation"
	if tab.col == 1 {
		begins = "begins with a tab"
	}
	return explanation{tab, fmt.Sprintf("line %d %s: YAML indents with spaces", tab.line, begins),
		"put spaces in place of every tab before the first word of a line"}
}

func noBreakSpace(lines []string, l layout, at place) explanation {
	line := []rune(lineAt(lines, at.line))
	for i, c := range line {
		if strings.ContainsRune("\u00a0\u2007\u202f\u3000\u200b\ufeff", c) {
			return explanation{place{line: at.line, col: i + 1, width: 1},
				fmt.Sprintf("the character U+%04X looks like a blank and is none", c), "put a plain space in its place"}
		}
	}
	return explanation{}
}

func variableInFlow(lines []string, l layout, at place) explanation {
	if !bareInFlow().MatchString(lineAt(lines, at.line)) {
		return explanation{}
	}
	return explanation{message: "{ and } of a variable are taken for those of a mapping",
		hint: `a ${VARIABLE} inside { } or [ ] must stand in quotes: "${VARIABLE}"`}
}

var bareInFlow = lazy.Regexp(`[{\[].*[:,\[]\s*\$\{`)

func neverClosed(lines []string, l layout, at place) explanation {
	if l.open.line == 0 {
		return explanation{}
	}
	sign := string([]rune(lineAt(lines, l.open.line))[l.open.col-1])
	closing := map[string]string{"{": "}", "[": "]", `"`: `"`, "'": "'"}[sign]
	return explanation{l.open, fmt.Sprintf("the %s here is never closed", sign), "a " + closing + " is missing"}
}

// keyForm is a line that would be a key with its value, had it a colon and a blank.
var keyForm = lazy.Regexp(`^\s*(?:- +)?([A-Za-z_][\w-]*)(\s*=\s*\S|:\S|\s+\S|\s*$)`)

func noColon(lines []string, l layout, at place) explanation {
	line := lineAt(lines, at.line)
	form := keyForm().FindStringSubmatch(line)
	if form == nil || strings.Contains(line, ": ") {
		return explanation{}
	}
	name, rest := shorten(form[1]), form[2]
	switch {
	case strings.HasPrefix(rest, ":"):
		return explanation{message: "a blank must follow the colon", hint: fmt.Sprintf("write `%s: …`", name)}
	case strings.TrimSpace(rest) == "":
		return explanation{message: "a colon must follow the key", hint: fmt.Sprintf("write `%s:`", name)}
	}
	return explanation{message: "a colon must stand between key and value", hint: fmt.Sprintf("write `%s: …`", name)}
}

func noBlank(lines []string, l layout, at place) explanation {
	line := lineAt(lines, at.line)
	form := listWithoutSpace().FindString(line)
	if form == "" {
		return explanation{}
	}
	return explanation{place{line: at.line, col: len(form) - 1, width: 1}, "a blank must follow the dash of a list's item", "write `- `"}
}

func reserved(lines []string, l layout, at place) explanation {
	line := []rune(lineAt(lines, at.line))
	form := reservedForm().FindStringSubmatchIndex(string(line))
	if form == nil {
		return explanation{}
	}
	sign := string(line)[form[2]:form[3]]
	col := len([]rune(string(line)[:form[2]])) + 1
	return explanation{place{line: at.line, col: col, width: 1},
		fmt.Sprintf("a value cannot begin with %s", sign), "put it in quotes"}
}

var reservedForm = lazy.Regexp("(?:: +|- +|^ *)([@`%*&!|>?,\\]}])")

// deeper finds a line that stands below a whole pair, and further in.
func deeper(lines []string, l layout, at place) explanation {
	pair := pairOnOneLine().FindStringSubmatch(lineAt(lines, at.line))
	next := nextLine(lines, at.line)
	if pair == nil || next == 0 || !strings.Contains(lineAt(lines, next), ":") || indent(lineAt(lines, next)) <= len(pair[1]) {
		return explanation{}
	}
	return explanation{place{line: next, col: indent(lineAt(lines, next)) + 1, width: 1},
		fmt.Sprintf("line %d stands further in than line %d, which has its value already", next, at.line),
		"keys of one mapping begin in the same column"}
}

// between finds a line that stands further out than the one before it, in the column
// of no line above.
func between(lines []string, l layout, at place) explanation {
	in, left := indent(lineAt(lines, at.line)), false
	for n := at.line - 1; n > 0; n-- {
		line := lineAt(lines, n)
		if text := strings.TrimSpace(line); text == "" || text[0] == '#' {
			continue
		}
		switch above := indent(line); {
		case above == in, above < in && !left:
			return explanation{}
		case above < in:
			return explanation{place{line: at.line, col: in + 1, width: 1},
				fmt.Sprintf("line %d begins in a column of its own", at.line), "keys of one mapping begin in the same column"}
		}
		left = true
	}
	return explanation{}
}

func twoColons(lines []string, l layout, at place) explanation {
	if strings.Count(lineAt(lines, at.line), ": ") < 2 || strings.ContainsAny(lineAt(lines, at.line), `{["'`) {
		return explanation{}
	}
	return explanation{message: "the value holds a colon and a blank, which begin another value", hint: "put the value in quotes"}
}

func lineAt(lines []string, n int) string {
	if n < 1 || n > len(lines) {
		return ""
	}
	return lines[n-1]
}

// nextLine is the next line with something in it, 0 when there is none.
func nextLine(lines []string, n int) int {
	for n++; n <= len(lines); n++ {
		if text := strings.TrimSpace(lineAt(lines, n)); text != "" && text[0] != '#' {
			return n
		}
	}
	return 0
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// listWithoutSpace is an item whose dash has no space behind it, pairOnOneLine a key and
// its plain value.
var (
	listWithoutSpace = lazy.Regexp(`^\s*-[^-\s.0-9]`)
	pairOnOneLine    = lazy.Regexp(`^( *)(?:- +)?[\w-]+: +[^ #&{\[|>"']`)
)
