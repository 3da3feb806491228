// Package lazy makes values at their first use.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp is a regular expression that is compiled at its first use: the program has so many
// that a command which needs none of them would wait for them. A text that is no regular
// expression panics then, as with [regexp.MustCompile].
func Regexp(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
