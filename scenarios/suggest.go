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
// found, and a hint. Keys that are given need not be suggested any more.
func suggestKey(word string, keys []description, given map[string]bool) (meant, hint string) {
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
	if meant = spell.Nearest(word, spellings); meant != "" {
		return meant, didYouMean(meant)
	}
	if other := spell.Nearest(word, taken); other != "" {
		return "", fmt.Sprintf("`%s` is given already", other)
	}
	if len(free) == 0 {
		return "", ""
	}
	return "", "possible here: " + strings.Join(free, ", ")
}

// suggestName hints at a name that was most likely meant, or lists those known.
func suggestName(word string, known []string) string {
	known = slices.DeleteFunc(known, func(s string) bool { return s == "" })
	if hint := didYouMean(spell.Nearest(word, known)); hint != "" || len(known) == 0 {
		return hint
	}
	return "there are: " + strings.Join(known, ", ")
}
