package outfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// place is what a path leads to.
type place struct {
	path string      // absolute, without symlinks
	info fs.FileInfo // nil for a file that is not there yet
	// through says that it is written through and never replaced.
	through bool
	// descriptor says that it is fd, one of this process's own.
	descriptor bool
	fd         int
}

var errDirectory = errors.New("is a directory: name a file in it")

// maxLinks is how many symlinks Linux follows.
const maxLinks = 40

// find follows path link by link. The links below /proc are no paths: what they name may
// be deleted, or be no file at all.
func find(path string) (place, error) {
	for range maxLinks {
		dir, base := filepath.Split(path)
		if base == "" {
			return place{}, errDirectory
		}
		dir, err := resolved(dir)
		if err != nil {
			return place{}, err
		}
		if fd, err := strconv.Atoi(base); err == nil && isDescriptors(dir) {
			return place{through: true, descriptor: true, fd: fd}, nil
		}
		path = filepath.Join(dir, base)
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return place{path: path}, nil
		case err != nil:
			return place{}, err
		case info.Mode()&fs.ModeSymlink == 0:
			return classify(path, info)
		case strings.HasPrefix(path, "/proc/"):
			return place{path: path, info: info, through: true}, nil
		}
		if path, err = os.Readlink(path); err != nil {
			return place{}, err
		}
		if !filepath.IsAbs(path) {
			path = dir + "/" + path // not joined: ".." means the parent of what a link leads to
		}
	}
	return place{}, syscall.ELOOP
}

// resolved is a directory as an absolute path without symlinks.
func resolved(dir string) (string, error) {
	if dir == "" {
		dir = "."
	}
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	return filepath.Abs(dir)
}

// isDescriptors reports that a directory lists this process's own descriptors.
func isDescriptors(dir string) bool {
	for _, d := range []string{"/dev/fd", "/proc/self/fd"} {
		if real, err := filepath.EvalSymlinks(d); err == nil && real == dir {
			return true
		}
	}
	return false
}

func classify(path string, info fs.FileInfo) (place, error) {
	p := place{path: path, info: info}
	switch m := info.Mode(); {
	case m.IsRegular():
	case m.IsDir():
		return p, errDirectory
	case m&(fs.ModeNamedPipe|fs.ModeCharDevice) != 0:
		p.through = true
	default:
		return p, fmt.Errorf("is %s: name a file", kind(m))
	}
	return p, nil
}

// kind says what something is that is no regular file.
func kind(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory"
	case m&fs.ModeSymlink != 0:
		return "a symlink"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeCharDevice != 0:
		return "a device"
	case m&fs.ModeDevice != 0:
		return "a disk"
	}
	return "no regular file"
}

// duplicate is a descriptor of this process under a number of its own, so that closing
// it leaves the first one open.
func duplicate(fd int) (*os.File, error) {
	n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(n), "descriptor "+strconv.Itoa(fd)), nil
}
