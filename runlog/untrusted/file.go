// Package untrusted reads files that others may have made: run directories, summaries and baselines from
// other people and other machines. It opens regular files only, because a named pipe would block and a device
// would never end, and reads a bounded number of bytes. Values have bounds, so that time and memory depend on
// the size of a file and never on a number in it.
package untrusted

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// Open opens a regular file for reading. It follows a symbolic link, because the user gave the path.
func Open(path string) (*os.File, error) {
	return requireRegular(os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0))
}

// OpenIn is [Open] for a file below dir. It refuses a path or a link that leads out of dir.
func OpenIn(dir, name string) (*os.File, error) {
	// OpenRoot would block on a named pipe.
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

// requireRegular closes a file that is not regular, and returns an error then. It checks the opened file and
// not the path before, because the path may change in between.
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

// ReadAll reads to the end. More than [MaxFile] bytes are an error.
func ReadAll(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err == nil && len(b) > MaxFile {
		err = fmt.Errorf("is longer than %d MiB", MaxFile>>20)
	}
	return b, err
}
