// Package claim is the names that requests carry, so that a row tells which request wrote it:
// what a name looks like, where it stands in a request, and what became of the requests by
// their numbers.
package claim

import (
	"crypto/rand"
	"fmt"
	"strings"
)

// Place is where a request carries its name; one of the two is set.
type Place struct {
	Header string // the name of a header
	Query  string // the name of a query parameter
}

// ParsePlace reads "header X-Stress-Claim" or "query claim". Whether the header may be set is
// for the caller to say.
func ParsePlace(s string) (Place, error) {
	kind, name, _ := strings.Cut(s, " ")
	name = strings.TrimSpace(name)
	switch {
	case name == "" || strings.ContainsAny(name, " \t"):
	case kind == "header":
		return Place{Header: name}, nil
	case kind == "query":
		return Place{Query: name}, nil
	}
	return Place{}, fmt.Errorf("must be header or query and one name, such as header X-Stress-Claim")
}

// String is what [ParsePlace] reads.
func (p Place) String() string {
	if p.Header != "" {
		return "header " + p.Header
	}
	return "query " + p.Query
}

// Names are those of one leg's requests: "4k7mq2x9ab-0-0000001234" is the request of number
// 1234, which is the first of its pass. They are made of a-z, 0-9 and hyphens, so that no page
// has to escape them, and those of one request of the pass are equally long and sort by number.
type Names struct {
	Place Place
	// Leg is drawn for every leg, so that no other run has it.
	Leg string
	// Part and Of are for one of Of generators that put on a leg together: its requests have the numbers
	// Part, Part+Of, Part+2·Of and so on, so that no two of the leg have the same. The zero value of both
	// is a leg of one.
	Part, Of uint64
}

const (
	legLength = 10
	digits    = 10 // of a number
)

// alphabet has 32 characters, so that a random byte has five bits of one. Those that look like
// another are left out.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// NewLeg draws the part of the names that one leg's requests have in common.
func NewLeg() string {
	var b [legLength]byte
	_, _ = rand.Read(b[:]) // never fails
	for i := range b {
		b[i] = alphabet[b[i]%32]
	}
	return string(b[:])
}

// IsLeg reports that a text is one that [NewLeg] draws.
func IsLeg(text string) bool {
	return len(text) == legLength && strings.Trim(text, alphabet) == ""
}

// Number is that of the k-th request that is sent, from 0.
func (n Names) Number(k uint64) uint64 { return n.Part + k*max(n.Of, 1) }

// Prefix is what the names of one request of the pass begin with, which its number follows.
func (n Names) Prefix(request int) string { return fmt.Sprintf("%s-%d-", n.Leg, request) }

// Name is that of a request.
func (n Names) Name(request int, number uint64) string {
	b := append([]byte(n.Prefix(request)), make([]byte, digits)...)
	Put(b, number)
	return string(b)
}

// Length is how many characters the longest name has in a pass of so many requests.
func Length(requests int) int { return len(Names{Leg: NewLeg()}.Name(requests-1, 0)) }

// Put writes a number at the end of a name: one whose number has been another.
func Put(name []byte, number uint64) {
	for i := len(name) - 1; i >= len(name)-digits; i-- {
		name[i] = byte('0' + number%10)
		number /= 10
	}
}

// Number is that of a name that begins with the prefix; false for what no request was sent
// with.
func Number(name, prefix string) (number uint64, ok bool) {
	rest, ok := strings.CutPrefix(name, prefix)
	if !ok || len(rest) != digits {
		return 0, false
	}
	for _, c := range []byte(rest) {
		if c < '0' || c > '9' {
			return 0, false
		}
		number = 10*number + uint64(c-'0')
	}
	return number, true
}
