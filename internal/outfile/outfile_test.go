package outfile

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// tempDir is physical: on some systems the temporary directory lies behind a symlink.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// alone checks that a directory holds what it should and nothing that was on its way.
func alone(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("the directory holds %q, want %q", got, want)
	}
}

func TestANewFileGetsThePermissionsAskedFor(t *testing.T) {
	dir := tempDir(t)
	must(t, Write(filepath.Join(dir, "new"), []byte("x"), 0o600))
	info, err := os.Stat(filepath.Join(dir, "new"))
	must(t, err)
	if info.Mode() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	alone(t, dir, "new")
}

func TestAFileIsReplacedAndKeepsItsPermissions(t *testing.T) {
	dir := tempDir(t)
	file := filepath.Join(dir, "file")
	must(t, os.WriteFile(file, []byte("the old content, which is longer"), 0o640))
	must(t, os.Chmod(file, 0o640))
	held, err := os.Open(file)
	must(t, err)
	defer held.Close()
	for _, write := range []func(string, []byte, fs.FileMode) error{Write, Replace} {
		must(t, write(file, []byte("new"), 0o644))
		info, err := os.Stat(file)
		must(t, err)
		if got := read(t, file); got != "new" || info.Mode() != 0o640 {
			t.Errorf("content %q, mode %v", got, info.Mode())
		}
	}
	if old, _ := io.ReadAll(held); string(old) != "the old content, which is longer" {
		t.Errorf("whoever had the old file open reads %q", old)
	}
	alone(t, dir, "file")
}

func TestAFileKeepsItsOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may give a file away")
	}
	file := filepath.Join(tempDir(t), "file")
	must(t, os.WriteFile(file, nil, 0o644))
	must(t, os.Chown(file, 1234, 4321))
	must(t, Write(file, []byte("x"), 0o644))
	info, err := os.Stat(file)
	must(t, err)
	if s := info.Sys().(*syscall.Stat_t); s.Uid != 1234 || s.Gid != 4321 {
		t.Errorf("owner %d:%d, want 1234:4321", s.Uid, s.Gid)
	}
}

func TestSymlinksAreFollowed(t *testing.T) {
	dir := tempDir(t)
	must(t, os.MkdirAll(filepath.Join(dir, "a", "b"), 0o755))
	file := filepath.Join(dir, "a", "file")
	for _, c := range []struct{ name, to string }{
		{"absolute", file},
		{"relative", "a/file"},
		{"twice", "relative"},
		{"through-a-directory", "linked/../file"}, // the parent of what linked leads to
	} {
		must(t, os.Symlink(c.to, filepath.Join(dir, c.name)))
	}
	must(t, os.Symlink("a/b", filepath.Join(dir, "linked")))
	for _, old := range []bool{false, true} {
		for _, name := range []string{"absolute", "relative", "twice", "through-a-directory", "linked/../file"} {
			os.Remove(file)
			if old {
				must(t, os.WriteFile(file, []byte("old"), 0o644))
			}
			must(t, Write(dir+"/"+name, []byte(name), 0o644))
			if got := read(t, file); got != name {
				t.Errorf("%s: the file holds %q", name, got)
			}
		}
	}
	if to, err := os.Readlink(filepath.Join(dir, "absolute")); err != nil || to != file {
		t.Errorf("the link became %q: %v", to, err)
	}
	alone(t, dir, "a", "absolute", "linked", "relative", "through-a-directory", "twice")
	alone(t, filepath.Join(dir, "a"), "b", "file")
}

func TestADeviceIsWrittenThroughAndStays(t *testing.T) {
	dir := tempDir(t)
	null := filepath.Join(dir, "null")
	if err := syscall.Mknod(null, syscall.S_IFCHR|0o666, 1<<8|3); err != nil { // not os.DevNull itself
		t.Skip("making a device: ", err)
	}
	if err := Write(null, []byte("x"), 0o644); errors.Is(err, fs.ErrPermission) {
		t.Skip("devices do not work in this directory")
	} else if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(null); err != nil || info.Mode()&fs.ModeCharDevice == 0 {
		t.Errorf("the device became %v: %v", info.Mode(), err)
	}
	alone(t, dir, "null")
}

func TestAFullDeviceIsAnError(t *testing.T) {
	if err := Write("/dev/full", []byte("x"), 0o644); !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func TestAPipeIsWrittenThroughAndStays(t *testing.T) {
	pipe := filepath.Join(tempDir(t), "pipe")
	must(t, syscall.Mkfifo(pipe, 0o600))
	got := make(chan string)
	go func() {
		b, _ := os.ReadFile(pipe)
		got <- string(b)
	}()
	must(t, Write(pipe, []byte("through"), 0o644))
	if s := <-got; s != "through" {
		t.Errorf("the reader got %q", s)
	}
	if info, err := os.Lstat(pipe); err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		t.Errorf("the pipe became %v: %v", info.Mode(), err)
	}
}

// What a program has written to its standard output before is still there when it writes
// to /dev/stdout, though that is a file: the shell has it open.
func TestADescriptorIsWrittenToWhereItStands(t *testing.T) {
	file := filepath.Join(tempDir(t), "file")
	f, err := os.Create(file)
	must(t, err)
	defer f.Close()
	fd := fdOf(f)
	link := filepath.Join(filepath.Dir(file), "link")
	must(t, os.Symlink("/dev/fd/"+fd, link))
	f.WriteString("before\n")
	for _, path := range []string{"/dev/fd/" + fd, "/proc/self/fd/" + fd, "/proc/" + strconv.Itoa(os.Getpid()) + "/fd/" + fd, link} {
		if _, err := os.Stat(filepath.Dir(path)); err != nil {
			continue // no /proc on this system
		}
		must(t, Write(path, []byte(path+"\n"), 0o644))
	}
	f.WriteString("after\n")
	got := strings.Split(read(t, file), "\n")
	if len(got) < 4 || got[0] != "before" || got[len(got)-2] != "after" {
		t.Errorf("the file holds %q", got)
	}
}

func fdOf(f *os.File) string { return strconv.Itoa(int(f.Fd())) }

func TestASocketAsDescriptorIsWrittenTo(t *testing.T) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	must(t, err)
	ours, theirs := os.NewFile(uintptr(fds[0]), "ours"), os.NewFile(uintptr(fds[1]), "theirs")
	defer theirs.Close()
	must(t, Write("/dev/fd/"+strconv.Itoa(fds[0]), []byte("hello"), 0o644))
	ours.Close()
	if b, _ := io.ReadAll(theirs); string(b) != "hello" {
		t.Errorf("the other end got %q", b)
	}
}

func TestWhatCannotBeWrittenIsRefused(t *testing.T) {
	dir := tempDir(t)
	for _, l := range []struct{ name, to string }{{"loop", "pool"}, {"pool", "loop"}, {"self", "self"}, {"up", ".."}} {
		must(t, os.Symlink(l.to, filepath.Join(dir, l.name)))
	}
	must(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o644))
	l, err := net.Listen("unix", filepath.Join(dir, "socket"))
	must(t, err)
	defer l.Close()
	for name, want := range map[string]string{
		"":              "is a directory",
		"new/":          "is a directory",
		".":             "is a directory",
		"up":            "is a directory",
		"loop":          "too many levels of symbolic links",
		"self":          "too many levels of symbolic links",
		"nowhere/x":     "no such file or directory",
		"file/x":        "not a directory",
		"socket":        "is a socket: name a file",
		"/dev/fd/98765": "bad file descriptor",
	} {
		path := name
		if !filepath.IsAbs(name) {
			path = dir + "/" + name
		}
		err := Write(path, []byte("x"), 0o644)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: error %v, want %q and the path", name, err, want)
		}
	}
	alone(t, dir, "file", "loop", "pool", "self", "socket", "up")
}

func TestAProtectedFileIsNotReplaced(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("nothing is protected from root")
	}
	file := filepath.Join(tempDir(t), "file")
	must(t, os.WriteFile(file, []byte("old"), 0o444))
	if err := Write(file, []byte("new"), 0o644); !errors.Is(err, fs.ErrPermission) || read(t, file) != "old" {
		t.Errorf("error %v, content %q", err, read(t, file))
	}
}

// A file in a directory that may not be changed can be overwritten all the same.
func TestAFileThatCannotBeReplacedIsOverwritten(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("no directory is closed to root")
	}
	dir := tempDir(t)
	file := filepath.Join(dir, "file")
	must(t, os.WriteFile(file, []byte("the old content"), 0o644))
	must(t, os.Chmod(dir, 0o555))
	defer os.Chmod(dir, 0o755)
	must(t, Write(file, []byte("new"), 0o644))
	if got := read(t, file); got != "new" {
		t.Errorf("content %q", got)
	}
}

// In a run directory that came from somebody else nothing may lead us out of it.
func TestReplaceRefusesWhatIsNoFile(t *testing.T) {
	dir := tempDir(t)
	must(t, os.WriteFile(filepath.Join(dir, "precious"), []byte("old"), 0o644))
	must(t, os.Symlink("precious", filepath.Join(dir, "link")))
	must(t, os.Symlink("nowhere", filepath.Join(dir, "dangling")))
	must(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	must(t, os.Mkdir(filepath.Join(dir, "dir"), 0o755))
	for name, want := range map[string]string{
		"link": "a symlink of that name", "dangling": "a symlink of that name",
		"pipe": "a pipe of that name", "dir": "a directory of that name",
	} {
		if err := Replace(filepath.Join(dir, name), []byte("new"), 0o644); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", name, err, want)
		}
	}
	if got := read(t, filepath.Join(dir, "precious")); got != "old" {
		t.Errorf("the link's target holds %q", got)
	}
	alone(t, dir, "dangling", "dir", "link", "pipe", "precious")
}
