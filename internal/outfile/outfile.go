// Package outfile writes files: those that the user named, which may be anything that
// a path can lead to, and our own in a run directory, which may only be files.
//
// A reader, and a full disk, find the old content or the new one, never half of it.
package outfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"

	"github.com/google/renameio/v2"
)

// Write writes data to what path leads to, symlinks followed. A regular file is
// replaced whole and keeps its permissions and owner; a new one gets perm, less the
// umask. A character device, a pipe and a descriptor such as /dev/stdout are opened and
// written through, which may wait for a reader: replaced by a file, they would be lost
// to everybody else. Directories, sockets and disks are refused.
//
// An existing file whose directory lets nobody replace it, such as a file mounted into a
// container, is overwritten in place.
func Write(path string, data []byte, perm fs.FileMode) error {
	if err := write(path, data, perm); err != nil {
		return fmt.Errorf("writing %s: %w", path, cause(err))
	}
	return nil
}

// ErrExists says that a path leads to a file that is there.
var ErrExists = errors.New("is there already: choose another name")

// Create is [Write] for a file that is not there yet: a regular one stays as it is, and
// the error is [ErrExists].
func Create(path string, data []byte, perm fs.FileMode) error {
	if to, err := find(path); err == nil && to.info != nil && !to.through {
		return fmt.Errorf("%s %w", path, ErrExists)
	}
	return Write(path, data, perm)
}

// Same reports that two paths lead to one file, which the second of two writes would
// replace. What is written through, such as a pipe, takes any number.
func Same(a, b string) bool {
	one, err := find(a)
	two, other := find(b)
	return err == nil && other == nil && !one.through && one.path == two.path
}

// Replace writes a file of our own: it replaces a regular file or makes a new one, as
// [Write] does, and refuses anything else. A symlink in a run directory that came from
// somebody else must not lead us out of it.
func Replace(path string, data []byte, perm fs.FileMode) error {
	err := replaceable(path)
	if err == nil {
		err = rename(path, data, perm)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, cause(err))
	}
	return nil
}

func replaceable(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("there is %s of that name: move it away", kind(info.Mode()))
	}
	return nil
}

func write(path string, data []byte, perm fs.FileMode) error {
	to, err := find(path)
	switch {
	case err != nil:
		return err
	case to.through:
		return through(to, data)
	case to.info == nil:
		return rename(to.path, data, perm)
	}
	// A rename needs no right to the file itself: one that is protected would be lost.
	f, err := os.OpenFile(to.path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	err = rename(to.path, data, perm)
	if slices.ContainsFunc(irreplaceable, func(e error) bool { return errors.Is(err, e) }) {
		return overwrite(f, data)
	}
	return err
}

// irreplaceable are the errors of a directory in which a file cannot be replaced though
// the file itself can be written.
var irreplaceable = []error{syscall.EACCES, syscall.EPERM, syscall.EROFS, syscall.EBUSY}

// rename puts a new file in the place of the one at path. The new one is made in the
// temporary directory where that is on the same disk: what is killed on its way must not
// lie in a run directory.
func rename(path string, data []byte, perm fs.FileMode) error {
	t, err := renameio.NewPendingFile(path, renameio.WithPermissions(perm), renameio.WithExistingPermissions())
	if err != nil {
		return err
	}
	defer t.Cleanup()
	addPending(t.Name())
	defer removePending(t.Name())
	if err := keepOwner(t.File, path); err != nil {
		return err
	}
	if _, err := t.Write(data); err != nil {
		return err
	}
	return t.CloseAtomicallyReplace()
}

// keepOwner gives a file the owner of the one at path, where there is one.
func keepOwner(f *os.File, path string) error {
	old, err := os.Lstat(path)
	if err != nil {
		return nil
	}
	mine, err := f.Stat()
	if err != nil {
		return err
	}
	was, is := old.Sys().(*syscall.Stat_t), mine.Sys().(*syscall.Stat_t)
	if was.Uid == is.Uid && was.Gid == is.Gid {
		return nil
	}
	return f.Chown(int(was.Uid), int(was.Gid))
}

func overwrite(f *os.File, data []byte) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.Write(data)
	return err
}

// through writes to what is there and stays there.
func through(to place, data []byte) (err error) {
	var f *os.File
	if to.descriptor {
		// Opened anew by its path, a file would be written from its start again, and a
		// socket could not be opened at all.
		f, err = duplicate(to.fd)
	} else {
		f, err = os.OpenFile(to.path, os.O_WRONLY|os.O_APPEND|syscall.O_NOCTTY, 0)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// cause is an error without the path that it speaks of, which may be that of a file
// that was only on its way.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}
