//go:build unix

package feed

import (
	"os"

	"golang.org/x/sys/unix"
)

// temporary is a new file without a name.
func temporary() (*os.File, error) {
	f, err := os.CreateTemp("", "stress-feed-")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}

// mapped is the content of a file, which the kernel brings into memory as it is read.
type mapped struct{ bytes []byte }

func mapFile(f *os.File, size int) (mapped, error) {
	b, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	return mapped{b}, err
}

func (m mapped) close() error { return unix.Munmap(m.bytes) }
