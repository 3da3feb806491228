package runlog

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Served counts the whole answers that name one host.
type Served struct {
	Answers uint64 `json:"answers"`
	Success uint64 `json:"success"` // of these, as expected
	// Squares is Σ c² over the connections, each of which carried c of the answers: what a
	// second added to that. So seconds add up to the sum of their leg.
	Squares uint64 `json:"squares"`
}

// Merge adds every count of o.
func (s *Served) Merge(o Served) {
	s.Answers += o.Answers
	s.Success += o.Success
	s.Squares += o.Squares
}

// Carried says how many whole answers each connection carried, by sums over the connections,
// to which every second adds its part. Beside Σ m, which the outcomes tell, Σ m² is what
// tells how alike answers may be that came on one connection.
type Carried struct {
	// Connections carried their first answer.
	Connections uint64 `json:"connections"`
	Squares     uint64 `json:"squares"` // Σ m²
	// NamedSquares is Σ m² where m counts the answers that name their host.
	NamedSquares uint64 `json:"named_squares,omitempty"`
}

// Merge adds every sum of o.
func (c *Carried) Merge(o Carried) {
	c.Connections += o.Connections
	c.Squares += o.Squares
	c.NamedSquares += o.NamedSquares
}

// OtherHosts stands for all hosts of a leg that are not told apart: there are too many
// names, or they are too long to name hosts.
const OtherHosts = "(others)"

// HostName is a host's name as it is stored: bytes that are not UTF-8 are written \xff, so
// that names stay apart which differ in a byte.
func HostName(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	var b strings.Builder
	for len(name) > 0 {
		r, n := utf8.DecodeRuneInString(name)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02x`, name[0])
		} else {
			b.WriteString(name[:n])
		}
		name = name[n:]
	}
	return b.String()
}
