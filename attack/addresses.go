package attack

import "net/netip"

// maxAddresses bounds how many addresses a second tells apart: a name server decides how many
// there are.
const maxAddresses = 1000

// storedAddresses are answers by address as a second stores them; nil for none.
func storedAddresses(answers map[netip.AddrPort]uint64) map[string]uint64 {
	if len(answers) == 0 {
		return nil
	}
	out := make(map[string]uint64, len(answers))
	for at, n := range answers {
		name := at.String()
		if len(out) >= maxAddresses {
			name = "others"
		}
		out[name] += n
	}
	return out
}
