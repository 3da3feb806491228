package attack

import (
	"net/netip"
	"testing"
)

// Most targets have one address: their seconds hold none. Where a second one turns up later,
// the seconds add up to every answer all the same.
func TestSecondsHoldAddressesWhereThereAreSeveral(t *testing.T) {
	one, two := netip.MustParseAddrPort("127.0.0.11:80"), netip.MustParseAddrPort("127.0.0.12:80")
	var a addresses
	sum := map[string]uint64{}
	for i, counts := range []map[netip.AddrPort]uint64{{one: 5}, {one: 7}, {}, {two: 1}, {one: 2, two: 3}, {}} {
		a.add(counts)
		stored := a.take()
		if i < 3 && stored != nil {
			t.Errorf("second %d holds %v of one address", i, stored)
		}
		for at, n := range stored {
			sum[at] += n
		}
	}
	if sum[one.String()] != 14 || sum[two.String()] != 4 || len(sum) != 2 {
		t.Errorf("the seconds add up to %v", sum)
	}
}

func TestAddressesOfALegAreBounded(t *testing.T) {
	var a addresses
	for i := range 3000 {
		a.add(map[netip.AddrPort]uint64{netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 80): 1})
	}
	if stored := a.take(); len(stored) != maxAddresses+1 || stored[otherAddresses] != 3000-maxAddresses {
		t.Errorf("%d are told apart, %d are others", len(stored), stored[otherAddresses])
	}
}
