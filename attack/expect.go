package attack

import (
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Expect says which answers are a success. The zero value accepts every status below 400, as loader.io
// does. All conditions must hold. An Expect must not change once a [Judge] uses it.
type Expect struct {
	// Status lists the accepted codes; empty is 100–399.
	Status []StatusRange
	// Body must occur in the decoded body of the response; "" accepts any body.
	Body string
	// Match must match the first MatchLimit bytes of the decoded body; nil accepts any body.
	Match *regexp.Regexp
	// Header maps the names of headers to a text that must occur in a value; with "" the header
	// must only exist.
	Header map[string]string
	// JSON are values that the first MatchLimit bytes of the decoded body must hold.
	JSON []JSONValue
	// Size are bounds of the decoded body; of one in gzip or deflate as much as EncodedLimit holds.
	Size []Size
	// Not is what an answer must not be; nil is nothing. Of its own conditions each by itself is a
	// failure if it holds: Status that is not empty, Body and Match in the first MatchLimit bytes,
	// and any of Header.
	Not *Expect
	// Within is the longest service time of a success; 0 is any. What else would be a success and took
	// longer is [runlog.TooSlow]: the meter holds it to this, for it knows all instants.
	Within time.Duration
	// Seen receives the decoded body; nil is nobody. It is for checks of single answers: the
	// bodies of several clients are not in order.
	Seen io.Writer
}

// MatchLimit is how much of a body a regular expression is matched against, in bytes.
const MatchLimit = 1 << 20

func (e *Expect) accepts(status int) bool {
	if len(e.Status) == 0 {
		return status >= 100 && status < 400
	}
	return slices.ContainsFunc(e.Status, func(r StatusRange) bool { return r.Contains(status) })
}

// statusWords describes the accepted statuses in a reason: "200 or 301-308".
func (e *Expect) statusWords() string {
	if len(e.Status) == 0 {
		return "below 400"
	}
	var all []string
	for _, r := range e.Status {
		all = append(all, r.String())
	}
	return strings.Join(all, " or ")
}

// shortened returns s in at most maxShown characters.
func shortened(s string) string {
	if utf8.RuneCountInString(s) <= maxShown {
		return s
	}
	return string([]rune(s)[:maxShown-1]) + "…"
}

const maxShown = 32
