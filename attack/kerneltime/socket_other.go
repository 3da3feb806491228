//go:build !linux

package kerneltime

// Enable returns [ErrUnsupported] on this system.
func Enable(int) error { return ErrUnsupported }

// KeepStamping does nothing on this system.
func KeepStamping() (release func()) { return func() {} }

// Receive returns [ErrUnsupported] on this system.
func Receive(int, []byte, []byte) (int, Stamp, error) { return 0, 0, ErrUnsupported }

// Parse returns 0 on this system.
func Parse([]byte) Stamp { return 0 }
