// Package spell finds the word that was most likely meant.
package spell

import (
	"slices"
	"strings"
)

// Nearest is the candidate that was most likely meant by a misspelt word, or the only one
// that begins with it; "" when there is none. Upper and lower case are the same.
func Nearest(word string, candidates []string) string {
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
	if best == "" {
		return onlyPrefixed(word, candidates)
	}
	return best
}

// shortestPrefix is how many bytes a word must have to stand for one that begins with it.
const shortestPrefix = 4

// onlyPrefixed is the only candidate that begins with a word, "" for none or several.
func onlyPrefixed(word string, candidates []string) string {
	only := ""
	for _, c := range candidates {
		if len(word) < shortestPrefix || len(c) < len(word) || !strings.EqualFold(c[:len(word)], word) {
			continue
		}
		if only != "" {
			return ""
		}
		only = c
	}
	return only
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
