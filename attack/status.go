package attack

import (
	"fmt"
	"strconv"
	"strings"
)

// StatusRange is a range of status codes, both ends included.
type StatusRange struct{ From, To int }

// Contains reports whether a status lies in the range.
func (r StatusRange) Contains(status int) bool { return r.From <= status && status <= r.To }

// String is the shortest form that [ParseStatusRange] reads: "200", "2xx",
// "301-308".
func (r StatusRange) String() string {
	switch {
	case r.From == r.To:
		return strconv.Itoa(r.From)
	case r.From%100 == 0 && r.To == r.From+99:
		return strconv.Itoa(r.From/100) + "xx"
	default:
		return fmt.Sprintf("%d-%d", r.From, r.To)
	}
}

// ParseStatusRange reads "200", "2xx" or "300-399". Codes have three digits, from
// 100 on: servers do send some above 599.
func ParseStatusRange(s string) (StatusRange, error) {
	if len(s) == 3 && strings.EqualFold(s[1:], "xx") && s[0] >= '1' && s[0] <= '9' {
		from := 100 * int(s[0]-'0')
		return StatusRange{from, from + 99}, nil
	}
	from, to, ranged := strings.Cut(s, "-")
	if !ranged {
		to = from
	}
	r := StatusRange{code(from), code(to)}
	switch {
	case r.From == 0 || r.To == 0:
		return StatusRange{}, fmt.Errorf("status %q: write a code such as 200, a class such as 2xx or a range such as 300-399", s)
	case r.From > r.To:
		return StatusRange{}, fmt.Errorf("status %q: the range ends before it begins", s)
	}
	return r, nil
}

// code is 0 for anything but three digits, the first not 0.
func code(s string) int {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || len(s) != 3 || n < 100 {
		return 0
	}
	return int(n)
}
