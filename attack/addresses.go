package attack

import "net/netip"

// addresses counts the answers of a leg by where they came from.
type addresses struct {
	// unstored are those not in a second yet. Its keys are all that ever answered.
	unstored map[netip.AddrPort]uint64
}

// maxAddresses bounds how many addresses are told apart: a name server decides how many there
// are. The zero value stands for the rest.
const maxAddresses = 1000

// otherAddresses is what the rest is called in a [runlog.Second].
const otherAddresses = "others"

func (a *addresses) add(counts map[netip.AddrPort]uint64) {
	for at, n := range counts {
		if _, known := a.unstored[at]; !known && len(a.unstored) >= maxAddresses {
			at = netip.AddrPort{}
		}
		if a.unstored == nil {
			a.unstored = make(map[netip.AddrPort]uint64)
		}
		a.unstored[at] += n
	}
}

// take is what a second stores: nothing as long as one address alone has answered, then all
// that was not stored before. So a leg with one address, as most have, stores none, and the
// seconds of any other add up to all of its answers.
func (a *addresses) take() map[string]uint64 {
	if len(a.unstored) < 2 {
		return nil
	}
	out := make(map[string]uint64, len(a.unstored))
	for at, n := range a.unstored {
		if n == 0 {
			continue
		}
		name := otherAddresses
		if at.IsValid() {
			name = at.String()
		}
		out[name] = n
		a.unstored[at] = 0
	}
	return out
}
