//go:build !linux

package kerneltime

// Enable is [ErrUnsupported] on this system.
func Enable(int) error { return ErrUnsupported }

// Receive is [ErrUnsupported] on this system.
func Receive(int, []byte, []byte) (int, Stamp, error) { return 0, 0, ErrUnsupported }

// Parse finds no stamp on this system.
func Parse([]byte) Stamp { return 0 }
