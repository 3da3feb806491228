// Package kerneltime says when data reached a socket: not when somebody got round to
// reading it, which on a busy generator is later by more than many a response takes.
//
// # What the stamp is
//
// With SO_TIMESTAMPNS the kernel stamps every segment as the network stack takes it
// in, and recvmsg hands out the stamp of the last segment that the read emptied. For
// a response read to its end that is the arrival of its last byte. Three limits:
//
//   - A read that fills its buffer may have left the rest of a segment behind, whose
//     stamp comes with a later read. Such a read has no stamp here ([Receive]).
//   - Segments that a network card has merged carry the stamp of their first.
//   - Unix sockets, and an end of a connection, are not stamped at all.
//
// SO_TIMESTAMPING would offer the network card's own clock as well. It needs
// hardware and privileges, its clock must be held against the system's by a daemon,
// and its software stamps are these. So it is not used.
//
// # From the wall clock to a leg's
//
// The kernel stamps CLOCK_REALTIME, which people and daemons set; a leg's instants
// count by the monotonic clock. The two run at the same rate, adjustments of the rate
// included, so on Linux their difference changes by steps alone. [Clock] holds the
// difference, looks again at every reading whether it is still true, and trusts no
// stamp from before a step: there the user's clock is the better one.
package kerneltime

import "errors"

// Stamp is when the kernel received something: nanoseconds of CLOCK_REALTIME since
// 1970. 0 is none.
type Stamp int64

// ControlSize is the least room for control data that [Receive] must be given, in
// bytes. It holds a stamp on every system.
const ControlSize = 64

// ErrUnsupported says that this system's kernel does not stamp what it receives.
var ErrUnsupported = errors.New("the kernel's receive timestamps are not to be had here")
