package testenv

import (
	"fmt"
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
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	loopback, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, loopback); err != nil {
		return err
	}
	loopback.SetUint16(loopback.Uint16() | unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, loopback)
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
