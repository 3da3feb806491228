package reach_test

import (
	"net/netip"
	"testing"

	"github.com/stress-tool/stress/server/reach"
)

func TestWhoMayBeAsked(t *testing.T) {
	for address, may := range map[string]bool{
		"93.184.215.14": true, "2606:2800:21f:cb07:6820:80da:af6b:8b2c": true, "10.1.2.3": true, "::ffff:10.1.2.3": true,
		"10.2.0.1": false, "127.0.0.1": false, "::1": false, "0.0.0.0": false, "::": false, "169.254.1.1": false, "192.168.0.1": false,
		"172.31.255.255": false, "100.64.0.1": false, "198.18.0.1": false, "224.0.0.1": false, "255.255.255.255": false, "fe80::1": false,
		"fc00::1": false, "ff02::1": false, "::ffff:127.0.0.1": false, "64:ff9b::7f00:1": false, "64:ff9b:1::a01:203": false, "2002:7f00:1::": false,
		"2001:0:4136:e378:8000:63bf:3fff:fdd2": false, "2001:db8::1": false, "::127.0.0.1": false,
		"169.254.169.254": false, "::ffff:169.254.169.254": false, "fd00:ec2::254": false,
	} {
		err := (reach.Networks{netip.MustParsePrefix("10.1.0.0/16")}).Judge(netip.MustParseAddr(address))
		if (err == nil) != may {
			t.Errorf("%s: %v, want that it may be asked: %v", address, err, may)
		}
	}
	everything := reach.Networks{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	for _, address := range []string{"169.254.169.254", "fd00:ec2::254"} {
		if everything.Judge(netip.MustParseAddr(address)) == nil {
			t.Errorf("%s may be asked where everything may", address)
		}
	}
}
