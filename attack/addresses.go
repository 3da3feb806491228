package attack

import "net/netip"

// maxAddresses is how many addresses a second counts separately. A name server decides how many there
// are.
const maxAddresses = 1000

// otherAddresses stands for all addresses of a second that are not counted apart.
const otherAddresses = "others"

// storedAddresses converts counts of answers by address for [runlog.Second]; nil without answers.
func storedAddresses(answers map[netip.AddrPort]uint64) map[string]uint64 {
	if len(answers) == 0 {
		return nil
	}
	out := make(map[string]uint64, len(answers))
	for at, n := range answers {
		name := at.String()
		if len(out) >= maxAddresses {
			name = otherAddresses
		}
		out[name] += n
	}
	return out
}
