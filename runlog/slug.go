package runlog

import "strings"

// slugLength is how long a slug may be: three of them fit any file system's path.
const slugLength = 60

// Slug makes a name fit for a path: lower case ASCII letters, digits and single
// dashes, at most 60 of them. It is "" where nothing of the name is left.
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
