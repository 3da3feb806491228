package report

import (
	"fmt"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// mostRequests is how many requests of a comparison stand in its first table.
const mostRequests = 8

// byRequest sets the requests of a pass under each other, those that changed first: the time and the error
// rate that each verdict rests on.
func (d *document) byRequest(c *result.Comparison) []block {
	if len(c.Requests) == 0 {
		return nil
	}
	columns := comparisonColumns(c, "request")
	t := &table{Caption: "By request", Columns: append(columns[:4:4], right("error rates"), columns[4])}
	for _, r := range firsts(c.Requests, mostRequests) {
		t.Rows = append(t.Rows, d.request(c, &r))
	}
	blocks := []block{{Table: t}}
	if !strings.Contains(c.Words, c.RequestsWords) {
		blocks = []block{{Text: sentence(c.RequestsWords)}, {Table: t}}
	}
	if more := len(c.Requests) - len(t.Rows); more > 0 {
		blocks = append(blocks, block{Text: fmt.Sprintf("%s more stand under %q.", count(more), everyRequest)})
	}
	return blocks
}

// request is the row of a request.
func (d *document) request(c *result.Comparison, r *result.RequestComparison) []cell {
	none := missing()
	verdict := cell{Text: r.Answer, Tone: toneOf(r.Verdict)}
	if len(r.Metrics) == 0 {
		verdict.Mark = d.note(r.Words)
		return []cell{textCell(r.Name), none, none, none, none, verdict}
	}
	of := metric.Keyed(r.Time)
	row := d.compared(c, r.Of(of))
	errors := r.Of(metric.ErrorRate)
	verdict.Sub = pAfterHolm(r)
	for _, m := range []result.Metric{r.Of(of), errors} {
		if m.Verdict == result.CannotTell {
			verdict.Mark = append(verdict.Mark, d.note(m.Why)...)
		}
	}
	name := cell{Text: r.Name, Sub: row[0].Text}
	rates := cell{Text: percent(errors.Baseline) + " → " + percent(errors.Candidate), Tone: toneOf(errors.Verdict)}
	if errors.Verdict == result.CannotTell {
		rates.Tone = neutral
	}
	return []cell{name, row[1], row[2], row[3], rates, verdict}
}

// pAfterHolm is the smaller p of a request's two tests; "" without a test.
func pAfterHolm(r *result.RequestComparison) string {
	least := r.TimeP
	if !least.Finite() || r.ErrorsP.Finite() && r.ErrorsP < least {
		least = r.ErrorsP
	}
	if !least.Finite() {
		return ""
	}
	return "p " + words.PValue(float64(least)) + " after Holm"
}

const everyRequest = "Every metric by request"

// everyMetricByRequest is a table per request of all that was compared of it.
func (d *document) everyMetricByRequest(c *result.Comparison) []block {
	var blocks []block
	for i := range c.Requests {
		r := &c.Requests[i]
		t := &table{Caption: r.Name, Columns: comparisonColumns(c, "metric")}
		for _, m := range r.Metrics {
			t.Rows = append(t.Rows, d.compared(c, m))
		}
		blocks = append(blocks, block{Table: t})
	}
	return blocks
}

// changedRequest reports that a request is better or worse.
func changedRequest(r result.RequestComparison) bool {
	return r.Verdict != result.Same && r.Verdict != result.CannotTell
}
