package scenarios

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/stress-tool/stress/internal/lazy"
)

// maxBody bounds a body file, for bodies are held in memory.
const maxBody = 64 << 20

// body is the request's body, written in the scenario or in a file beside it.
func (b *builder) body(r requestSpec) []byte {
	if r.body.given() && r.bodyFile.given() {
		b.fault(r.bodyFile.node, "stands beside body", "leave one of them out")
		return nil
	}
	if r.body.ok() {
		return []byte(r.body.value)
	}
	if !r.bodyFile.ok() {
		return nil
	}
	body, err := b.readFile(b.beside(r.bodyFile.value), maxBody)
	if err != nil {
		b.unreadable(r.bodyFile.node, err)
	}
	return body
}

// beside is the path of a file that the scenario names: relative to the scenario's own file.
func (b *builder) beside(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(b.dir, name)
}

// unreadable is the fault of a key that names a file in vain.
func (b *builder) unreadable(n *node, err error) {
	if cause := (*fs.PathError)(nil); errors.As(err, &cause) {
		err = cause.Err
	}
	b.fault(n, "cannot be read"+n.got()+": "+err.Error(), "the name is taken relative to the scenario's file")
}

// readFile reads a file that the scenario names, of at most so many bytes.
func (b *builder) readFile(path string, most int64) ([]byte, error) {
	f, err := b.open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, most)
}

// openFile opens a regular file. Pipes and devices are refused before they are opened:
// they could block or never end.
func openFile(name string) (*os.File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	return os.Open(name)
}

// readFile reads a regular file of at most so many bytes.
func readFile(name string, most int64) ([]byte, error) {
	f, err := openFile(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, most)
}

// openPipe is the name of a pipe that is open already, as shells hand over <(…): it
// ends when its writer does.
var openPipe = lazy.Regexp(`^/(dev|proc/self)/fd/[0-9]+$|^/dev/stdin$`)

// readScenario is the text of a scenario's file.
func readScenario(name string) ([]byte, error) {
	if info, err := os.Stat(name); err == nil && info.Mode()&os.ModeNamedPipe != 0 && openPipe().MatchString(name) {
		return readOpen(name, maxSize)
	}
	return readFile(name, maxSize)
}

func readOpen(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, most)
}

// readAll reads to the end, at most so many bytes.
func readAll(r io.Reader, most int64) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > most {
		return nil, fmt.Errorf("it is larger than %d bytes", most)
	}
	return content, nil
}
