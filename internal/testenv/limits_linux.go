package testenv

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// LimitPorts sets up the network namespace of this process, as a setUp of [OwnProcess]: the
// loopback is up, and connections start from the ports first to last only. After its connection
// has ended, a port stays taken for a minute.
func LimitPorts(first, last int) error {
	for name, value := range map[string]string{
		"ip_local_port_range": fmt.Sprintf("%d %d", first, last),
		"tcp_tw_reuse":        "0",
	} {
		if err := os.WriteFile("/proc/sys/net/ipv4/"+name, []byte(value), 0); err != nil {
			return err
		}
	}
	return loopback("lo", nil)
}

// Address gives the network namespace of this process an address of IPv4 that elsewhere may be anybody's, as a
// setUp of [OwnProcess]: what listens there, in this namespace alone, is public to whoever judges addresses.
func Address(a netip.Addr) func() error {
	return func() error { return errors.Join(loopback("lo", nil), loopback("lo:1", a.AsSlice())) }
}

// loopback brings the loopback up, by its name or by one for another address of it.
func loopback(name string, address []byte) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	r, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	if address != nil {
		if err := r.SetInet4Addr(address); err != nil {
			return err
		}
		return unix.IoctlIfreq(fd, unix.SIOCSIFADDR, r)
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, r); err != nil {
		return err
	}
	r.SetUint16(r.Uint16() | unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, r)
}

// LimitFiles lets this process open at most spare files more than it has open, and returns its
// new limit. The limit stays: call it in an [OwnProcess] only.
func LimitFiles(t *testing.T, spare int) uint64 {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	limit := uint64(len(open) + spare)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
		t.Fatal(err)
	}
	return limit
}
