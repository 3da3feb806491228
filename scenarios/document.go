package scenarios

import (
	"fmt"
	"io"
	"maps"
	"strings"

	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/internal/spell"
)

// Document is the text of a scenario before it is checked.
type Document struct {
	// File is what faults call it, and body files are looked for beside it.
	File   string
	Source []byte
	// typed says that it was made of a command line: faults have no line then. args
	// name what was typed, by the path of the key that it became.
	typed bool
	args  map[string]string
}

// Find is the scenario of a name: "-" is read from stdin; else a file, or where there
// is no such file an entry of the catalogue: "cluster", "cluster.yaml" and
// "scenarios/cluster.yaml" all name the catalogue's.
func Find(name string, stdin io.Reader) (Document, error) {
	if name == "-" {
		src, err := readAll(stdin, maxSize)
		if err != nil {
			return Document{}, &UnreadableError{"a scenario from standard input", err, ""}
		}
		return Document{File: "standard input", Source: src}, nil
	}
	src, err := readScenario(name)
	if err == nil {
		return Document{File: name, Source: src}, nil
	}
	if e, ok := InCatalogue(name); ok {
		return Document{File: "scenarios/" + e.Name + ".yaml", Source: []byte(e.Source)}, nil
	}
	hint := "; the catalogue has " + strings.Join(catalogueNames(), ", ")
	near := didYouMean(spell.Nearest(name, catalogueNames()))
	switch {
	case hostAndPort().MatchString(name):
		hint = "; an address is written http://" + name
	case strings.Contains(name, "://"):
		hint = "; an address is written http://HOST or https://HOST, and its name NAME=http://HOST, of a-z, 0-9, - and _"
	case near != "":
		hint += "; " + near
	}
	return Document{}, &UnreadableError{fmt.Sprintf("scenario %q", name), cause(err), hint}
}

// UnreadableError says that a scenario cannot be read: there is none of that name, or it is
// no file, or not for this user.
type UnreadableError struct {
	what string
	Err  error
	hint string
}

func (e *UnreadableError) Error() string {
	return fmt.Sprintf("reading %s: %v%s", e.what, e.Err, e.hint)
}

// Unwrap is why.
func (e *UnreadableError) Unwrap() error { return e.Err }

// hostAndPort is an address without its scheme.
var hostAndPort = lazy.Regexp(`^(localhost|[A-Za-z0-9.-]+\.[A-Za-z0-9.-]*|\[[0-9a-fA-F:]+\])(:[0-9]+)(/.*)?$`)

// tree is the document with what was set; nil when there is none to speak of.
func (d Document) tree(opts Options) (*faults, *node) {
	fs := &faults{flags: maps.Clone(opts.Flags)}
	if d.typed {
		fs.flags = maps.Clone(d.args)
		maps.Copy(fs.flags, opts.Flags)
	}
	root := read(d.File, d.Source, fs)
	if root == nil {
		return fs, nil
	}
	if d.typed {
		root.relocate("")
	}
	root.dropExtensions()
	for _, assignment := range opts.Set {
		override(root, assignment, opts.Loads, fs)
	}
	root.chooseLoads(opts.Loads, fs)
	rateInPlaceOfClients(root.loadNodes(nil), opts.Set)
	return fs, root
}
