//go:build !unix

package feed

import "os"

// temporary is a new file; its name goes when [mapFile] has read it.
func temporary() (*os.File, error) { return os.CreateTemp("", "stress-feed-") }

// mapped is the content of a file, all of it in memory.
type mapped struct{ bytes []byte }

func mapFile(f *os.File, size int) (mapped, error) {
	defer os.Remove(f.Name())
	b := make([]byte, size)
	_, err := f.ReadAt(b, 0)
	return mapped{b}, err
}

func (mapped) close() error { return nil }
