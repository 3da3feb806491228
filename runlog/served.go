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
	// Squares is what a second adds to the leg's Σ c², where c is how many of these answers a
	// connection carried. So the seconds of a leg add up to the leg's sum.
	Squares uint64 `json:"squares"`
}

// Merge adds every count of o.
func (s *Served) Merge(o Served) {
	s.Answers += o.Answers
	s.Success += o.Success
	s.Squares += o.Squares
}

// Carried has sums over the connections of a leg, each of which carried m whole answers. A
// second holds what it adds to them. The outcomes hold Σ m. Σ m² shows how many independent
// answers the answers are worth, because those of one connection can be alike.
type Carried struct {
	// Connections is how many carried their first answer.
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

// OtherHosts stands for all hosts of a leg that are not counted apart, because there are too
// many names or because a name is too long.
const OtherHosts = "(others)"

// HostName returns a host's name as it is stored. A byte that is not UTF-8 is written as \xff,
// so that names that differ in one byte stay different.
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
