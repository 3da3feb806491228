package scenarios

import (
	"regexp"
	"sync"
)

// pattern is a regular expression that is compiled at its first use: the format has so
// many that a command which reads no scenario would wait for them.
type pattern func() *regexp.Regexp

func lazily(text string) pattern {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
