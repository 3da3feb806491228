package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// repeat is how to do a run again.
type repeat struct {
	Command string // for a shell; "" where it was not kept
	Needs   string // what has to be given besides, in words; "" for nothing
}

// redacted stands where a secret was, as package secret writes it.
const redacted = "«redacted»"

func repeatOf(r result.RunInfo) repeat {
	var needs []string
	out := repeat{Command: ShellCommand(r.Command)}
	if strings.Contains(out.Command, redacted) {
		needs = append(needs, "the secrets in place of "+redacted)
	}
	if len(r.Variables) > 0 {
		needs = append(needs, "the environment's "+words.List(r.Variables, 20))
	}
	out.Needs = strings.Join(needs, " and ")
	return out
}

// ShellCommand is a command line for bash, zsh and other shells that know $'…'.
func ShellCommand(words []string) string {
	var quoted []string
	for _, word := range words {
		quoted = append(quoted, quotedForShell(word))
	}
	return strings.Join(quoted, " ")
}

// quotedForShell is one word of a command line for bash, zsh and other shells that know $'…'. What
// cannot be seen, or turns the direction of a text, is written as numbers.
func quotedForShell(arg string) string {
	plain, seen := arg != "", utf8.ValidString(arg)
	for _, r := range arg {
		seen = seen && unicode.IsPrint(r)
		plain = plain && (r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) || strings.ContainsRune("@%+=:,./-_", r))
	}
	switch {
	case plain:
		return arg
	case seen:
		return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
	}
	var b strings.Builder
	for rest := arg; rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		switch {
		case r == '\'' || r == '\\':
			b.WriteString(`\` + rest[:n])
		case unicode.IsPrint(r) && r != utf8.RuneError:
			b.WriteString(rest[:n])
		default:
			for i := range n {
				fmt.Fprintf(&b, `\%03o`, rest[i]) // three digits end by themselves
			}
		}
		rest = rest[n:]
	}
	return "$'" + b.String() + "'"
}
