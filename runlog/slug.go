package runlog

import "strings"

// slugLength is the greatest length of a slug: a path with three of them is valid in every file system.
const slugLength = 60

// Slug makes a name usable in a path: lower case ASCII letters, digits and single dashes, at most 60 of
// them. It is "" if no character of the name can be used.
func Slug(name string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= slugLength {
			break
		}
	}
	return strings.Trim(b.String(), "-")
}
