//go:build !linux

package kerneltime

// Enable is [ErrUnsupported] on this system.
func Enable(int) error { return ErrUnsupported }

// Keep does nothing on this system.
func Keep() (release func()) { return func() {} }

// Receive is [ErrUnsupported] on this system.
func Receive(int, []byte, []byte) (int, Stamp, error) { return 0, 0, ErrUnsupported }

// Parse finds no stamp on this system.
func Parse([]byte) Stamp { return 0 }
