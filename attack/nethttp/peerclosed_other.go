//go:build !unix

package nethttp

import "net"

// peerClosed does not know on this system; net/http finds out later.
func peerClosed(net.Conn) bool { return false }
