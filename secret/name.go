package secret

import "regexp"

// Name is the pattern of names whose values are secret, of keys, headers, parameters and
// fields, in any case. It is meant to be a part of other patterns, too, so that all of them
// know the same names. An "author" is none of them, nor is an "authority".
const Name = `(?i:dsn|pass(?:w|phrase|code|\b)|pwd|secret|token|key|auth(?:orization|enti|info|z|[-_.\d]|\b)|bearer|jwt|` +
	`cookie|credential|session|sessid|\bsid\b|signature|\bsig\b|\botp\b|\bpin\b)`

var name = regexp.MustCompile(Name)

// Named reports that a name says secret.
func Named(s string) bool { return name.MatchString(s) }
