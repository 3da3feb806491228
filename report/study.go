package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// StudyFormats are the forms of what a search for a capacity found, by the names that users type.
var StudyFormats = map[string]Format[*result.Study]{
	"text": func(w io.Writer, s *result.Study, o Options) error { return writeText(w, composeStudy(s), o) },
	"md":   func(w io.Writer, s *result.Study, _ Options) error { return writeMarkdown(w, composeStudy(s)) },
	"json": writeJSON[*result.Study],
}

// composeStudy puts the answers first, a sentence a target, then their figures, and then every
// probe.
func composeStudy(s *result.Study) *document {
	d := &document{Title: "Capacity: " + s.Name}
	for _, c := range s.Configurations {
		d.opening.Claims = append(d.opening.Claims, claim{Text: sentence(c.Sentence)})
		for _, n := range c.Notes {
			d.Warnings = append(d.Warnings, sentence(c.Target+": "+n))
		}
	}
	d.add("What each carries with "+strings.Join(s.SLO, " and "), block{Table: capacityTable(s)})
	for _, c := range s.Configurations {
		if len(c.Probes) > 0 {
			d.add("Probes of "+c.Target, block{Table: probeTable(&c)})
		}
	}
	d.add("How this was found", block{Text: fmt.Sprintf("Rates are those of requests that arrive %s. Each probe is a run of its own, after a warm-up, and is judged by the interval "+
		"of every figure, each end of it at 95 %%: held if all that the figure may be keeps the SLO, broken if none of it does, or if the requests under way grow by more than %s of the rate. Rates were "+
		"doubled until one broke, and then tried between, on their logarithm, to bring the two ends within %s of each other. A probe finds up to half of that too much, because a queue takes time to show. Saturation is the most successes that any number of clients got, each asking again as soon as it has its answer.",
		arrivalWords(s.Arrivals), words.Percent(s.Precision), words.Percent(s.Precision))})
	return d
}

func arrivalWords(arrivals string) string {
	if arrivals == "poisson" {
		return "at random, as a Poisson process, like those of people who know nothing of each other"
	}
	return "at equal distances, under which a service carries more than under requests of people"
}

func capacityTable(s *result.Study) *table {
	tab := &table{Columns: []column{left("target"), right("replicas"), right("held (/s)"), right("broken (/s)"), left("confirmed"), right("saturation (/s)"), right("alone: mean"), right("probes")}}
	for _, c := range s.Configurations {
		row := []cell{textCell(c.Target), missing(), missing(), missing(), textCell("no"), missing(), missing(), textCell(words.TableCount(len(c.Probes)))}
		if c.Replicas > 0 {
			row[1] = textCell(words.TableCount(c.Replicas))
		}
		for i, rate := range []float64{c.HeldRPS, c.BrokenRPS} {
			if rate > 0 {
				row[2+i] = textCell(digits3(rate))
			}
		}
		if c.Confirmed {
			row[4] = textCell("yes")
		}
		if c.Saturation != nil {
			row[5] = withInterval(*c.Saturation, digits3)
		}
		if c.Alone != nil {
			row[6] = textCell(millis(c.Alone.MeanMS))
		}
		tab.Rows = append(tab.Rows, row)
	}
	return tab
}

func probeTable(c *result.Capacity) *table {
	tab := &table{Columns: []column{left("probe"), right("load"), right("for"), left("verdict"), right("n"), right("successes (/s)"), right(metric.P95.Title), right("under way")}}
	for _, p := range c.Probes {
		load := words.Counted(p.Clients, "client")
		if p.RateRPS > 0 {
			load = metric.PerSecond.Cell(p.RateRPS)
		}
		tab.Rows = append(tab.Rows, []cell{
			textCell(string(p.Kind)), textCell(load), textCell(words.TableSeconds(p.LoadS)), probeVerdict(p),
			textCell(words.TableCount(p.N)), withInterval(p.Success, digits3), withInterval(p.P95, millis), textCell(digits3(p.InFlight)),
		})
	}
	return tab
}

// probeVerdict is what a probe says of its load, where that was its question.
func probeVerdict(p result.Probe) cell {
	switch {
	case p.Verdict == result.ProbeInvalid:
		return cell{Text: string(p.Verdict), Tone: unsure}
	case p.Kind == result.ProbeOverload || p.Kind == result.ProbeSaturate:
		return cell{Text: "–", Tone: faint}
	}
	return cell{Text: string(p.Verdict), Tone: map[result.ProbeVerdict]tone{result.ProbeHeld: good, result.ProbeBroken: bad, result.ProbeUnclear: unsure}[p.Verdict]}
}

// withInterval is a figure with its interval below it.
func withInterval(e result.Estimate, show func(float64) string) cell {
	if e.N == 0 {
		return missing()
	}
	return cell{Text: show(e.Value), Sub: between(e.Lo, e.Hi, show)}
}
