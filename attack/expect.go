package attack

import (
	"regexp"
)

// Expect is what makes an answer a success. The zero value accepts every status
// below 400, as loader.io does. All conditions given must hold.
type Expect struct {
	// Status lists the accepted codes; empty is 100–399.
	Status []StatusRange
	// Body must occur in the response body; "" asks for nothing.
	Body string
	// Match must match the response body, of which the first MatchLimit bytes are
	// looked at; nil asks for nothing.
	Match *regexp.Regexp
	// Header maps names to a text that must occur in a value; "" asks only that the
	// header be there.
	Header map[string]string
}

// StatusRange is a range of status codes, both ends included.
type StatusRange struct{ From, To int }

// MatchLimit is how much of a body a regular expression sees, in bytes.
const MatchLimit = 1 << 20
