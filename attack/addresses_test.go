package attack

import (
	"net/netip"
	"testing"
)

func TestAddressesOfASecondAreBounded(t *testing.T) {
	answers := map[netip.AddrPort]uint64{}
	for i := range 3000 {
		answers[netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 80)] = 2
	}
	if stored := storedAddresses(answers); len(stored) != maxAddresses+1 || stored["others"] != 2*(3000-maxAddresses) {
		t.Errorf("%d are told apart, %d answers are from others", len(stored), stored["others"])
	}
}
