// Package untrusted reads what others may have made: run directories, summaries and
// baselines that come from other people and other machines. Only regular files are
// opened, for a named pipe would block for ever and a device would never end, and they
// are read only as far as they may be long. Values are held to bounds, so that work and
// memory follow what is there and never a number that is written there.
package untrusted

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// Open opens a regular file for reading. A symbolic link is followed: the user named
// the path.
func Open(path string) (*os.File, error) {
	return requireRegular(os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0))
}

// OpenIn is [Open] for a file below dir, and refuses a path or a link that leads out of
// dir.
func OpenIn(dir, name string) (*os.File, error) {
	// OpenRoot would wait for the other end of a named pipe.
	if info, err := os.Stat(dir); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: dir, Err: syscall.ENOTDIR}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return requireRegular(root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0))
}

// only looks at what was opened, not at the path before: the path may change between.
func requireRegular(f *os.File, err error) (*os.File, error) {
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: is %s, not a regular file", f.Name(), kind(info.Mode()))
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func kind(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "something else"
}

// ReadAll reads to the end, which must come within [MaxFile].
func ReadAll(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err == nil && len(b) > MaxFile {
		err = fmt.Errorf("is longer than %d MiB", MaxFile>>20)
	}
	return b, err
}
