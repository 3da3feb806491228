package secret

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Name is the pattern of names whose values are secret, of keys, headers, parameters and
// fields, in any case. It is meant to be a part of other patterns, too, so that all of them
// know the same names. An "author" is none of them, nor is an "authority".
const Name = `(?i:dsn|pass(?:w|phrase|code|\b)|pwd|secret|token|key|auth(?:orization|enti|info|z|[-_.\d]|\b)|bearer|jwt|` +
	`cookie|credential|session|sessid|\bsid\b|signature|\bsig\b|\botp\b|\bpin\b)`

var name = regexp.MustCompile(Name)

// stems has in each name of [Name] one part at least. Nearly every text has none of them,
// and that is found out far sooner than with the pattern.
var stems = []string{"dsn", "pass", "pwd", "secret", "token", "key", "auth", "bearer", "jwt", "cookie", "credential", "sess", "sid", "sig", "otp", "pin"}

// Named reports that a name says secret.
func Named(s string) bool { return hasStem(s) && name.MatchString(s) }

// hasStem may also be true of a text with letters outside ASCII: some of them are
// capitals of ASCII's.
func hasStem(s string) bool {
	s = strings.ToLower(s)
	return slices.ContainsFunc(stems, func(stem string) bool { return strings.Contains(s, stem) }) ||
		strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}
