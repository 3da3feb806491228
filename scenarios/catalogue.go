package scenarios

import (
	"cmp"
	"embed"
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// catalogue holds the scenarios that come with the program.
//
//go:embed *.yaml
var catalogue embed.FS

// starter is a scenario to begin with, every part of it explained.
//
//go:embed starter/scenario.yaml
var starter []byte

// ExampleCase is what is to be decided with what the embedded lab carries, as YAML: prices that were published, and
// a demand that is made up.
//
//go:embed starter/decision.yaml
var ExampleCase []byte

// Starter is a scenario to begin with, every part of it explained, under a name of its
// own.
func Starter(name string) Document {
	src := strings.Replace(string(starter), "name: my service", "name: "+textOf(name), 1)
	return Document{File: name + ".yaml", Source: []byte(src)}
}

// Entry is a scenario of the catalogue.
type Entry struct {
	Name   string // "cluster"
	Title  string // the scenario's own name
	Source string // its YAML
}

// Catalogue lists the scenarios that come with the program, by name.
func Catalogue() []Entry {
	files, err := catalogue.ReadDir(".")
	if err != nil {
		panic("scenarios: the embedded catalogue cannot be listed: " + err.Error())
	}
	var entries []Entry
	for _, f := range files {
		src, err := catalogue.ReadFile(f.Name())
		if err != nil {
			panic("scenarios: the embedded catalogue cannot be read: " + err.Error())
		}
		_, title, _ := strings.Cut(string(src), "\nname: ")
		title, _, _ = strings.Cut(title, "\n") // not parsed: every help would wait for it
		entries = append(entries, Entry{Name: strings.TrimSuffix(f.Name(), path.Ext(f.Name())), Title: title, Source: string(src)})
	}
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
	return entries
}

func catalogueNames() []string {
	var names []string
	for _, e := range Catalogue() {
		names = append(names, e.Name)
	}
	return names
}

// InCatalogue finds an entry by its name, or by its path in this project. Any other path is a
// file of the user, and no entry.
func InCatalogue(name string) (Entry, bool) {
	dir, base := filepath.Split(filepath.Clean(name))
	if dir != "" && dir != "scenarios"+string(filepath.Separator) {
		return Entry{}, false
	}
	base = strings.TrimSuffix(strings.TrimSuffix(base, ".yaml"), ".yml")
	for _, e := range Catalogue() {
		if e.Name == base {
			return e, true
		}
	}
	return Entry{}, false
}

// cause is an error without its path: the message names it already.
func cause(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}
