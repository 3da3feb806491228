package report

import (
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/internal/lazy"
)

// term is a word that a reader of a page may not know. The words of the project are those of
// docs/architecture.md.
type term struct {
	Name    string
	Meaning string
	forms   []string // the texts that mean it
}

// ID is that of its line in the glossary.
func (t term) ID() string { return "term-" + strings.ReplaceAll(t.Name, " ", "-") }

var terms = []term{
	{"percentile", "p95 is the time within which 95 of 100 requests ended, and one of 20 took longer. The median is the p50.", percentileForms()},
	{"interval", "where the figure would lie in 95 of 100 runs under the same load, by what this run shows.", []string{"95 % interval", "interval"}},
	{"n", "how many requests, connections or rows a figure is of.", []string{"n"}},
	{"service time", "from the sending of a request to the end of its answer.", []string{"service time", "service times"}},
	{"response time", "from the instant at which a request was due to the end of its answer: what a user waits.", []string{"response time", "response times"}},
	{"lag", "how much later than due a request was sent.", []string{"lag"}},
	{"generator queue", "how long an answer that had arrived lay at the generator's socket until it was read.", []string{"generator queue"}},
	{"leg", "one target under its load, once.", []string{"leg", "legs"}},
	{"round", "one leg of every target.", []string{"round", "rounds"}},
	{"baseline", "what a candidate is held against: another target of the run, or another run.", []string{"baseline"}},
	{"fair share", "the share of the work that each host would have if all had the same.", []string{"fair share"}},
	{"spread", "how the work divides over the hosts.", []string{"spread"}},
	{"reconciled", "the database has every row that an answer claimed, and no other.", []string{"reconciled"}},
	{"unknown", "requests without a clear answer (a timeout, a broken connection, a cut): each may have written a row or not.", []string{"unknown"}},
	{"lost", "rows that answers claimed and the database does not have.", []string{"rows lost", "lost"}},
	{"extra", "rows for which no answer accounts.", []string{"extra"}},
	{"dropped", "requests that were due and never sent, because the leg was stopped.", []string{"dropped"}},
	{"skipped", "requests of a pass that were never sent, because an answer before them did not give the value that they need.", []string{"skipped"}},
	{"cut", "requests in flight when the leg was stopped: what became of them is not known.", []string{"cut"}},
	{"cannot tell", "the sample is too small, or too noisy, to say which is better. It does not mean that they are the same.", []string{"cannot tell"}},
	{"PASS", "every threshold is met, and the sample is large enough to show that.", []string{"PASS"}},
	{"INCONCLUSIVE", "the sample does not show whether a threshold is met.", []string{"INCONCLUSIVE"}},
	{"INVALID", "the generator was the limit, or its account does not balance: the figures say nothing of the target.", []string{"INVALID"}},
	{"pp", "percentage points: the difference of two shares.", []string{"pp"}},
	{"steal", "the share of time in which other guests of the same host had the processors of this machine.", []string{"steal"}},
	{"margin", "how much worse than its baseline a candidate may be.", []string{"margin"}},
}

// percentileForms are the names of percentiles, each before those that it begins with.
func percentileForms() []string {
	var forms []string
	for _, m := range slices.Backward(metric.Percentiles) {
		forms = append(forms, m.Name, m.Title)
	}
	return forms
}

// termForm finds the terms in a text.
var termForm = lazy.Regexp(termPattern())

func termPattern() string {
	var forms []string
	for _, t := range terms {
		for _, f := range t.forms {
			forms = append(forms, strings.ReplaceAll(f, ".", `\.`))
		}
	}
	return `\b(?:` + strings.Join(forms, "|") + `)\b`
}

// termOf is the term that a text found by termForm means.
func termOf(form string) term {
	for _, t := range terms {
		for _, f := range t.forms {
			if f == form {
				return t
			}
		}
	}
	return term{}
}
