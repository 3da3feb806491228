package scenarios

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Options say what a scenario is read with. The zero value sets no variable and
// overrides nothing.
type Options struct {
	// Lookup finds variables, as os.LookupEnv does; nil finds none.
	Lookup Lookup
	// Set overrides keys by their dotted path before anything is checked:
	// "load.duration=10s", "targets.0.url=http://127.0.0.1:8080",
	// "thresholds=[p95 < 1s]". Later ones win.
	Set []string
	// Flags name the flags by which keys were set, by the path of the key:
	// "load.clients": "--clients". Faults of such a key name the flag.
	Flags map[string]string
}

// Load reads a scenario from a file, or from the catalogue when there is no such
// file: "cluster", "cluster.yaml" and "scenarios/cluster.yaml" all name the
// catalogue's. An error that is a [Faults] says what is wrong in the scenario; any
// other says why it could not be read.
func Load(name string, opts Options) (*Scenario, error) {
	src, err := readFile(name, maxSize)
	if err == nil {
		return Parse(name, src, opts)
	}
	if e, ok := inCatalogue(name); ok {
		return Parse("scenarios/"+e.Name+".yaml", []byte(e.Source), opts)
	}
	return nil, fmt.Errorf("reading scenario %q: %w; the catalogue has %s", name, cause(err), strings.Join(catalogueNames(), ", "))
}

// Parse reads a scenario from memory; file is what faults call it, and body files
// are looked for beside it. The error is a [Faults] with everything that is wrong.
func Parse(file string, src []byte, opts Options) (*Scenario, error) {
	if opts.Lookup == nil {
		opts.Lookup = func(string) (string, bool) { return "", false }
	}
	fs := &faults{flags: opts.Flags}
	root := read(file, src, fs)
	if root == nil {
		return nil, fs.err()
	}
	root.dropExtensions()
	for _, assignment := range opts.Set {
		override(root, assignment, fs)
	}
	x := &expander{lookup: opts.Lookup, faults: fs, templates: map[string]string{}}
	x.expand(root)

	b := &builder{decoder: decoder{fs}, dir: filepath.Dir(file), templates: x.templates}
	spec, ok := scenarioForm.decode(&b.decoder, root)
	if !ok {
		return nil, fs.err()
	}
	s := b.scenario(root, spec)
	if err := fs.err(); err != nil {
		return nil, err
	}
	s.Source = file
	if s.Name == "" {
		s.Name = strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	}
	return s, nil
}
