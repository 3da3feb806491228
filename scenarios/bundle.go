package scenarios

import (
	"io"
	"slices"
)

// Bundle is what a scenario was read from, so that another machine, which has neither its file nor the
// variables of the environment, reads the same one. It holds the secrets of the scenario.
type Bundle struct {
	File   string   `json:"file"`
	Source []byte   `json:"source"`
	Set    []string `json:"set,omitempty"`
	Loads  []string `json:"loads,omitempty"`
	Rounds int      `json:"rounds,omitempty"`
	// Variables are those of the environment that the scenario takes, with their values.
	Variables map[string]string `json:"variables,omitempty"`
	// Files are the paths of the files that the scenario names. What they hold is not in the bundle.
	Files []string `json:"files,omitempty"`
}

// Bundle checks the scenario as [Document.Parse] does, and returns with it what another machine needs to
// read it again.
func (d Document) Bundle(opts Options) (*Scenario, Bundle, error) {
	b := Bundle{File: d.File, Source: d.Source, Set: opts.Set, Loads: opts.Loads, Rounds: opts.Rounds}
	open := opts.open()
	opts.Open = func(path string) (io.ReadCloser, error) {
		f, err := open(path)
		if err == nil && !slices.Contains(b.Files, path) {
			b.Files = append(b.Files, path)
		}
		return f, err
	}
	s, err := d.Parse(opts)
	if err != nil {
		return nil, Bundle{}, err
	}
	for _, name := range s.Variables {
		if value, ok := opts.Lookup(name); ok {
			if b.Variables == nil {
				b.Variables = make(map[string]string)
			}
			b.Variables[name] = value
		}
	}
	return s, b, nil
}

// Parse reads the scenario of a bundle, and the files that it names by open.
func (b Bundle) Parse(open func(path string) (io.ReadCloser, error)) (*Scenario, error) {
	lookup := func(name string) (string, bool) {
		value, ok := b.Variables[name]
		return value, ok
	}
	return Document{File: b.File, Source: b.Source}.Parse(Options{Lookup: lookup, Set: b.Set, Loads: b.Loads, Rounds: b.Rounds, Open: open})
}
