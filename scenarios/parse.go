package scenarios

import (
	"io"
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
	// Loads leaves only the loads of these names; empty leaves all. What Set says of load then
	// is for each of them, but for the type, the rate and the stages, which are for one.
	Loads []string
	// Flags name the flags by which keys were set, by the path of the key:
	// "load.clients": "--clients". Faults of such a key name the flag.
	Flags map[string]string
	// Rounds is how many rounds a scenario has that names neither rounds nor a budget; 0
	// leaves it at one.
	Rounds int
	// Open opens the files that the scenario names: bodies, certificates and the heads of feeds. nil opens
	// regular files of this machine.
	Open func(path string) (io.ReadCloser, error)
}

// open is Open, or what stands for it.
func (o *Options) open() func(string) (io.ReadCloser, error) {
	if o.Open != nil {
		return o.Open
	}
	return func(path string) (io.ReadCloser, error) { return openFile(path) }
}

// Load reads a scenario from a file or the catalogue: see [Find]. An error that is a
// [Faults] says what is wrong in the scenario, an [*UnreadableError] why it could not be
// read.
func Load(name string, opts Options) (*Scenario, error) {
	d, err := Find(name, strings.NewReader(""))
	if err != nil {
		return nil, err
	}
	return d.Parse(opts)
}

// Parse reads a scenario from memory; file is what faults call it, and body files
// are looked for beside it. The error is a [Faults] with everything that is wrong.
func Parse(file string, src []byte, opts Options) (*Scenario, error) {
	return Document{File: file, Source: src}.Parse(opts)
}

// Parse checks the scenario. The error is a [Faults] with everything that is wrong.
func (d Document) Parse(opts Options) (*Scenario, error) {
	fs, root := d.tree(opts)
	if root == nil {
		return nil, fs.err()
	}
	if opts.Lookup == nil {
		opts.Lookup = func(string) (string, bool) { return "", false }
	}
	x := &expander{lookup: opts.Lookup, faults: fs, templates: map[string]string{}}
	x.expand(root)

	b := &builder{decoder: decoder{faults: fs, known: knownKeys()}, dir: filepath.Dir(d.File), open: opts.open(), templates: x.templates, rounds: opts.Rounds}
	spec, ok := scenarioForm().decode(&b.decoder, root)
	if !ok {
		return nil, fs.err()
	}
	s := b.scenario(root, spec)
	if err := fs.err(); err != nil {
		return nil, err
	}
	s.Source, s.Variables = d.File, x.used
	if s.Name == "" {
		s.Name = strings.TrimSuffix(filepath.Base(d.File), filepath.Ext(d.File))
	}
	s.secrets = secretsOf(root, s)
	return s, nil
}
