package report

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// statuses counts the answers by status code, where these say more than that all is as expected:
// other forms than pages do without one code of successes alone.
func (c *composer) statuses() {
	var codes []int
	expected := true
	for i := range c.a.Legs {
		l := &c.a.Legs[i]
		expected = expected && l.Completed == l.Outcomes.Success
		for _, s := range l.Statuses {
			if !slices.Contains(codes, s.Code) {
				codes = append(codes, s.Code)
			}
		}
	}
	if len(codes) == 0 {
		return
	}
	slices.SortFunc(codes, byCode)
	var rows []legRow
	for _, code := range codes {
		rows = append(rows, legRow{statusName(code), each(func(l *result.Leg) cell {
			i := slices.IndexFunc(l.Statuses, func(s result.Status) bool { return s.Code == code })
			switch {
			case len(l.Statuses) == 0 && l.Completed > 0:
				return missing() // of a run from before they were counted
			case i < 0:
				return cell{Text: "0", Tone: faint}
			}
			n := l.Statuses[i].Answers
			return cell{Text: count(n), Sub: percent(float64(n) / float64(l.Completed))}
		})})
	}
	c.add("Status codes of the answers", c.byLeg("status", rows)...)
	c.Sections[len(c.Sections)-1].Paged = expected && len(codes) == 1
}

// byCode puts what is not counted apart last.
func byCode(a, b int) int {
	if a == 0 || b == 0 {
		return b - a
	}
	return a - b
}

// statusName is a status code with the phrase that is registered for it.
func statusName(code int) string {
	if code == 0 {
		return "others"
	}
	return words.Join(" ", strconv.Itoa(code), http.StatusText(code))
}
