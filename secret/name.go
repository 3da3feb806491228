package secret

import (
	"slices"
	"strings"
	"unicode"

	"github.com/stress-tool/stress/internal/lazy"
)

// Name is the pattern of the names of secret values: of keys, headers, parameters and fields, in any
// case. Other patterns contain it, so that all know the same names. It does not match "author" and
// "authority".
const Name = `(?i:dsn|pass(?:w|phrase|code|\b)|pwd|secret|token|key|auth(?:orization|enti|info|z|[-_.\d]|\b)|bearer|jwt|` +
	`cookie|credential|session|sessid|\bsid\b|signature|\bsig\b|\botp\b|\bpin\b)`

var name = lazy.Regexp(Name)

// stems are texts of which every match of [Name] contains at least one. Nearly every text contains none,
// and finding that out is much faster than matching the pattern.
var stems = []string{"dsn", "pass", "pwd", "secret", "token", "key", "auth", "bearer", "jwt", "cookie", "credential", "sess", "sid", "sig", "otp", "pin"}

// Named reports that a name is that of a secret value.
func Named(s string) bool { return hasStem(s) && name().MatchString(s) }

// hasStem reports that a text contains a stem, or a letter outside ASCII: the pattern matches some of
// those as a letter of ASCII.
func hasStem(s string) bool {
	s = strings.ToLower(s)
	return slices.ContainsFunc(stems, func(stem string) bool { return strings.Contains(s, stem) }) ||
		strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}
