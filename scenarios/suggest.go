package scenarios

import (
	"fmt"
	"slices"
	"strings"
)

// nearest is the candidate that was most likely meant, "" when none is near.
func nearest(word string, candidates []string) string {
	// A third of the letters may be wrong; more is another word.
	best, most := "", max(1, len(word)/3)
	for _, c := range candidates {
		if len(c)-len(word) > most || len(word)-len(c) > most {
			continue // and words of a megabyte are not even looked at
		}
		if d := distance(strings.ToLower(word), strings.ToLower(c)); d < len(word) && (d < most || d == most && best == "") {
			best, most = c, d
		}
	}
	return best
}

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
	if meant = nearest(word, spellings); meant != "" {
		return meant, didYouMean(meant)
	}
	if other := nearest(word, taken); other != "" {
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
	if hint := didYouMean(nearest(word, known)); hint != "" || len(known) == 0 {
		return hint
	}
	return "there are: " + strings.Join(known, ", ")
}

// distance is the edit distance in bytes that counts a swap of neighbours as one
// (optimal string alignment): swapped letters are the commonest slip of all.
func distance(a, b string) int {
	var before, last, row []int
	for j := range len(b) + 1 {
		last = append(last, j)
	}
	for i := range len(a) {
		row = append(row[:0:0], i+1)
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			d := min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				d = min(d, before[j-1]+1)
			}
			row = append(row, d)
		}
		before, last = last, slices.Clone(row)
	}
	return last[len(b)]
}
