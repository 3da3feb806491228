package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/secret"
)

// SuccessWords says what counts as success: `status 200 and body contains "New
// record"`, "status below 400". Requests that expect different things are named.
func (s *Scenario) SuccessWords() string {
	var each []string
	for _, r := range s.Requests {
		each = append(each, s.expectWords(r.Expect))
	}
	if len(slices.Compact(slices.Clone(each))) <= 1 {
		return strings.Join(each[:min(1, len(each))], "")
	}
	for i, r := range s.Requests {
		each[i] = s.shown(r.Name) + ": " + each[i]
	}
	return strings.Join(each, "; ")
}

func (s *Scenario) expectWords(e attack.Expect) string {
	parts := append([]string{statusWords(e.Status)}, s.conditionWords(e)...)
	for _, size := range e.Size {
		parts = append(parts, "size "+size.String())
	}
	for _, v := range e.JSON {
		how := fmt.Sprintf("is %q", s.shown(v.Equals))
		if v.Match != nil {
			how = fmt.Sprintf("matches %q", s.shown(v.Match.String()))
		}
		parts = append(parts, v.Path.String()+" "+how)
	}
	if e.Within > 0 {
		parts = append(parts, "within "+e.Within.String())
	}
	if e.Not != nil {
		never := s.conditionWords(*e.Not)
		if len(e.Not.Status) > 0 {
			never = append([]string{statusWords(e.Not.Status)}, never...)
		}
		parts = append(parts, "not "+strings.Join(never, ", nor "))
	}
	return strings.Join(parts, " and ")
}

// conditionWords are the conditions on the body and the headers.
func (s *Scenario) conditionWords(e attack.Expect) (parts []string) {
	if e.Body != "" {
		parts = append(parts, fmt.Sprintf("body contains %q", s.shown(e.Body)))
	}
	if e.Match != nil {
		parts = append(parts, fmt.Sprintf("body matches %q", s.shown(e.Match.String())))
	}
	for _, name := range slices.Sorted(maps.Keys(e.Header)) {
		switch value := e.Header[name]; {
		case value == "":
			parts = append(parts, "header "+name+" present")
		case secret.Named(name):
			parts = append(parts, fmt.Sprintf("header %s contains %q", name, redacted))
		default:
			parts = append(parts, fmt.Sprintf("header %s contains %q", name, s.shown(value)))
		}
	}
	return parts
}

func statusWords(ranges []attack.StatusRange) string {
	if len(ranges) == 0 {
		return "status below 400"
	}
	var words []string
	for _, r := range ranges {
		if r.From == r.To {
			words = append(words, fmt.Sprint(r.From))
		} else {
			words = append(words, fmt.Sprintf("%d–%d", r.From, r.To))
		}
	}
	if last := len(words) - 1; last > 0 {
		return "status " + strings.Join(words[:last], ", ") + " or " + words[last]
	}
	return "status " + words[0]
}
