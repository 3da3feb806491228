package result

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/internal/words"
)

// Lines are findings for people. What makes several legs INVALID is one machine, so what it
// did to each of them stands in one line: "single and cluster: a hypervisor gave 13 to 14 %".
func Lines(found []Finding) []string {
	var lines []string
	var groups [][]Finding
	for _, f := range found {
		i := slices.IndexFunc(groups, func(g []Finding) bool { return f.alike(g[0]) })
		if i < 0 {
			groups = append(groups, []Finding{f})
		} else {
			groups[i] = append(groups[i], f)
		}
	}
	for _, g := range groups {
		lines = append(lines, together(g))
	}
	return lines
}

// Lead is the first line of findings; it marks those that the line says as said in the
// headline.
func Lead(found []Finding) string {
	var said []Finding
	for i := range found {
		if i == 0 || found[i].alike(found[0]) {
			said = append(said, found[i])
			found[i].InHeadline = true
		}
	}
	return together(said)
}

// figures are the numbers of a text, thousands apart.
var figures = lazy.Regexp(`\d+(?: \d{3})*(?:\.\d+)?`)

// alike reports that two findings say the same of the generator, and of the
// same of several, but for the leg and for their figures. What is said of a target is its own.
func (f Finding) alike(other Finding) bool {
	form := func(f Finding) string { return figures().ReplaceAllString(f.Text, "0") }
	return f.Verdict == Invalid && f.Limit == "" && f.Load == other.Load && f.Target != "" && other.Target != "" &&
		f.Verdict == other.Verdict && f.Code == other.Code && f.Agent == other.Agent && f.Limit == other.Limit && form(f) == form(other)
}

// together says findings that are alike in one line: the legs, and each figure from the
// least to the most.
func together(alike []Finding) string {
	if len(alike) == 1 {
		return alike[0].String()
	}
	var all [][]string
	for _, f := range alike {
		all = append(all, figures().FindAllString(f.Text, -1))
	}
	n := -1
	return places(alike) + ": " + figures().ReplaceAllStringFunc(alike[0].Text, func(string) string {
		n++
		least, most := all[0][n], all[0][n]
		for _, own := range all {
			if number(own[n]) < number(least) {
				least = own[n]
			}
			if number(own[n]) > number(most) {
				most = own[n]
			}
		}
		if least == most {
			return least
		}
		return least + " to " + most
	})
}

func number(s string) float64 {
	v, _ := strconv.ParseFloat(strings.ReplaceAll(s, " ", ""), 64) // of [figures], so it is one
	return v
}

// places are the legs of findings of one load: "single and cluster", "single, rounds 2 and 5".
func places(found []Finding) string {
	return underLoad(found[0].Load, legsOf(found))
}

func legsOf(found []Finding) string {
	var targets []string
	rounds := map[string][]string{}
	for _, f := range found {
		if !slices.Contains(targets, f.Target) {
			targets = append(targets, f.Target)
		}
		if f.Round > 0 {
			rounds[f.Target] = append(rounds[f.Target], strconv.Itoa(f.Round))
		}
	}
	if len(rounds) == 0 {
		return words.List(targets, mostPlaces)
	}
	for i, t := range targets {
		switch own := rounds[t]; len(own) {
		case 0:
		case 1:
			targets[i] = fmt.Sprintf("%s, round %s", t, own[0])
		default:
			targets[i] = fmt.Sprintf("%s, rounds %s", t, words.List(own, mostPlaces))
		}
	}
	return strings.Join(targets, "; ")
}

// mostPlaces is how many legs a line names.
const mostPlaces = 5
