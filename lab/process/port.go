package process

import (
	"crypto/rand"
	"fmt"
	"net"
)

// Listen takes a free port of loopback for a server that is yet to start. It comes from below the
// range that the kernel gives to outgoing connections (32768 on): a generator opens thousands of
// those, and one could sit on the port of a server that is not up yet, or stopped for a while.
func Listen() (net.Listener, error) {
	const from, count, tries = 20_000, 12_000, 100
	var err error
	for range tries {
		var b [2]byte
		rand.Read(b[:])
		port := from + (int(b[0])<<8|int(b[1]))%count
		var l net.Listener
		if l, err = net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return l, nil
		}
	}
	return nil, fmt.Errorf("no free port from %d to %d: %w", from, from+count, err)
}
