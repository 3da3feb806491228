package scenarios

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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
	name := r.bodyFile.value
	if !filepath.IsAbs(name) {
		name = filepath.Join(b.dir, name)
	}
	body, err := readFile(name, maxBody)
	if err != nil {
		message := "cannot be read" + r.bodyFile.node.got()
		if cause := (*fs.PathError)(nil); errors.As(err, &cause) {
			message += ": " + cause.Err.Error()
		} else {
			message += ": " + err.Error()
		}
		b.fault(r.bodyFile.node, message, "the name is taken relative to the scenario's file")
	}
	return body
}

// readFile reads a regular file of at most so many bytes. Pipes and devices are
// refused before they are opened: they could block or never end.
func readFile(name string, most int64) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > most {
		return nil, fmt.Errorf("it is larger than %d bytes", most)
	}
	return content, nil
}
