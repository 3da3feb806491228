package scenarios

import (
	"fmt"
	"slices"
	"sync"
)

// Key is a key of a scenario, for programs that help to write one.
type Key struct {
	Path  string // dotted; items of lists have the index 0
	About string
	Words []string // the values that there are, where they are few
}

// Keys are all keys, in the order of the key table.
func Keys() []Key { return slices.Clone(knownKeys()) }

var knownKeys = sync.OnceValue(func() []Key { return scenarioForm().known("") })

func (s shape) known(prefix string) []Key {
	var all []Key
	for _, k := range s.keys {
		path := join(prefix, k.name)
		all = append(all, Key{Path: path, About: k.about, Words: k.shape.fewWords()})
		all = append(all, k.shape.known(path)...)
	}
	if s.item != nil {
		all = append(all, s.item.known(join(prefix, "0"))...)
	}
	return all
}

// fewWords are the values of a key that takes one of several words.
func (s shape) fewWords() []string {
	if s.schema == nil || s.keys != nil || s.open != nil {
		return nil
	}
	schema := s.schema()
	words := schema.Enum
	for _, alternative := range schema.AnyOf {
		words = append(slices.Clip(words), alternative.Enum...)
	}
	var out []string
	for _, w := range words {
		out = append(out, fmt.Sprint(w))
	}
	return out
}

// TargetNames are the names of the document's targets as far as they can be read: it
// need not be complete.
func (d Document) TargetNames() []string { return d.namesUnder("targets") }

// LoadNames are the names of the document's loads, in the same way.
func (d Document) LoadNames() []string { return d.namesUnder("loads") }

func (d Document) namesUnder(key string) []string {
	root := read(d.File, d.Source, &faults{})
	if root == nil {
		return nil
	}
	var names []string
	if several := root.field(key); several != nil {
		for _, item := range several.items {
			if name := item.field("name"); name != nil {
				names = append(names, name.raw)
			}
		}
	}
	return names
}
