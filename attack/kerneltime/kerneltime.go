// Package kerneltime tells when data reached a socket. On a busy generator a program reads the data
// later than that, often by more than a response takes.
//
// # What the stamp is
//
// With SO_TIMESTAMPNS the kernel stamps every segment when the network stack receives it, and
// recvmsg returns the stamp of the last segment that the read emptied. For a response that was read
// to its end this is the arrival of its last byte. There are three limits:
//
//   - A read that fills its buffer may leave the rest of a segment, whose stamp comes with a
//     later read. Such a read has no stamp here ([Receive]).
//   - Segments that a network card has merged carry the stamp of the first of them.
//   - Unix sockets have no stamps, and neither has the end of a connection.
//
// SO_TIMESTAMPING is not used. It also offers the clock of the network card, but that needs special
// hardware, privileges, and a daemon that compares the card's clock with the system's. Its software
// stamps are the same as these.
//
// # From the wall clock to a leg's
//
// The stamps are of CLOCK_REALTIME, which people and daemons set; a leg's instants are of the
// monotonic clock. On Linux both run at the same rate, adjustments of the rate included, so their
// difference changes only when the wall clock is stepped. [Clock] stores the difference, checks it
// at every reading, and rejects stamps from before a step.
package kerneltime

import "errors"

// Stamp is when the kernel received data: nanoseconds of CLOCK_REALTIME since 1970. 0 is no stamp.
type Stamp int64

// ControlSize is the least size of the control buffer of [Receive], in bytes. It holds a stamp on
// every system.
const ControlSize = 64

// ErrUnsupported says that this system's kernel does not stamp what it receives.
var ErrUnsupported = errors.New("this system has no receive timestamps of the kernel")
