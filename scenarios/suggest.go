package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/internal/spell"
)

func didYouMean(word string) string {
	if word == "" {
		return ""
	}
	return fmt.Sprintf("did you mean `%s`?", word)
}

// suggestKey is the key that was most likely meant, "" when there is none to be
// found, and a hint. Keys that are given need not be suggested any more; of those
// elsewhere the whole path is told.
func suggestKey(word string, keys []description, given map[string]bool, elsewhere []Key) (meant, hint string) {
	var free, spellings, taken []string
	for _, k := range keys {
		all := append([]string{k.name}, k.spelled...)
		if slices.ContainsFunc(all, func(name string) bool { return given[name] }) {
			taken = append(taken, all...)
			continue
		}
		free = append(free, k.name)
		spellings = append(spellings, all...)
	}
	if meant = spell.Meant(word, spellings); meant != "" {
		return meant, didYouMean(meant)
	}
	if other := spell.Meant(word, taken); other != "" {
		return "", fmt.Sprintf("`%s` is given already", other)
	}
	if path := suggestPath(word, elsewhere); path != "" {
		return "", didYouMean(path)
	}
	if len(free) == 0 {
		return "", ""
	}
	return "", "possible here: " + strings.Join(free, ", ")
}

// suggestPath is the path of the first key of a name, or of what it means.
func suggestPath(name string, known []Key) string {
	var names []string
	for _, k := range known {
		last := k.Path[strings.LastIndexByte(k.Path, '.')+1:]
		if last == name {
			return k.Path
		}
		names = append(names, last)
	}
	if meant := spell.Meant(name, names); meant != "" {
		return known[slices.Index(names, meant)].Path
	}
	return ""
}

// suggestName hints at a name that was most likely meant, or lists those known.
func suggestName(word string, known []string) string {
	known = slices.DeleteFunc(known, func(s string) bool { return s == "" })
	if hint := didYouMean(spell.Nearest(word, known)); hint != "" || len(known) == 0 {
		return hint
	}
	return "there are: " + strings.Join(known, ", ")
}
