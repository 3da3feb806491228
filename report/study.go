package report

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/report/figure"
)

// StudyFormats are the forms of what a search for a capacity found, by the names that users type. Options.Link
// takes paths below the directory of the study.
var StudyFormats = map[string]Format[*result.Study]{
	"text": func(w io.Writer, s *result.Study, o Options) error { return writeText(w, composeStudy(s, o), o) },
	"md":   func(w io.Writer, s *result.Study, o Options) error { return writeMarkdown(w, composeStudy(s, o)) },
	"html": func(w io.Writer, s *result.Study, o Options) error { return writeHTML(w, composeStudy(s, o), nil, nil) },
	"csv":  studyCSV,
	"json": writeJSON[*result.Study],
}

// WriteStudy writes capacity.json, report.md, report.html, report.csv and every drawing as PNG and SVG into the
// directory of a study. Each file appears whole or not at all; once ctx ends no further one is begun.
func WriteStudy(ctx context.Context, dir string, s *result.Study) error {
	o := Options{Full: true, Link: func(path string) string { return path }}
	f := files{ctx, dir}
	for _, form := range []struct{ name, format string }{{result.StudyFile, "json"}, {"report.md", "md"}, {PageFile, "html"}, {"report.csv", "csv"}} {
		if err := f.write(form.name, func(w io.Writer) error { return StudyFormats[form.format](w, s, o) }); err != nil {
			return err
		}
	}
	return f.figures(figuresOfStudy(s))
}

// figuresOfStudy are all its drawings.
func figuresOfStudy(s *result.Study) (all []figure.Figure) {
	if s.Decision != nil {
		all = append(all, figure.OfDemand(s.Decision))
		if f, ok := figure.OfSensitivities(s.Decision); ok {
			all = append(all, f)
		}
	}
	if f, ok := figure.OfSizes(s); ok {
		all = append(all, f)
	}
	for i := range s.Configurations {
		if f, ok := figure.OfProbes(s, &s.Configurations[i]); ok {
			all = append(all, f)
		}
	}
	return all
}

// composeStudy is a memo first: the answer, how it is known, what each configuration carries or which option to
// take, what is left out. Behind it stands the engineer's half, where all is to be shown: every probe, the models,
// the conditions.
func composeStudy(s *result.Study, o Options) *document {
	d := &document{Title: "Capacity: " + s.Name}
	d.Claims, d.Next = studyClaims(s), studyNext(s)
	for _, c := range s.Configurations {
		for _, n := range c.Notes {
			d.Warnings = append(d.Warnings, sentence(c.Target+": "+n))
		}
	}
	if s.Decision != nil {
		d.Warnings = append(d.Warnings, s.Decision.Warnings...)
		d.memo(s.Decision, s.Limits)
		d.add("What each carries with "+strings.Join(s.SLO, " and "), block{Table: capacityTable(s)})
	} else {
		d.add("What each carries with "+strings.Join(s.SLO, " and "), block{Table: capacityTable(s)})
		d.add("What this does not cover", block{Text: sentence(words.Capital(strings.Join(s.Limits, "; ")))})
		for i := range d.Sections {
			d.Sections[i].Lead = true
		}
		d.Sections[len(d.Sections)-1].Memo = true
	}
	if !o.Full {
		return d
	}
	if f, ok := figure.OfSizes(s); ok {
		d.add("By replicas", block{Drawn: &f})
	}
	for i := range s.Configurations {
		d.configuration(s, &s.Configurations[i], o)
	}
	d.model(s)
	if s.Decision != nil {
		d.inputs(s.Decision)
	}
	d.conditions(s)
	d.add("How this was found", block{Text: searchMethod(s)})
	if s.Decision != nil {
		d.add("How this was decided", block{Text: s.Decision.Method})
	}
	return d
}

// studyClaims are the answer; where there is none, what was found of each configuration takes its place.
func studyClaims(s *result.Study) []claim {
	var all []claim
	if s.NoDecision != "" {
		all = append(all, claim{Word: "CANNOT TELL", Tone: unsure, Text: sentence(words.Capital(s.NoDecision))})
	}
	found := !slices.ContainsFunc(s.Configurations, func(c result.Capacity) bool { return c.HeldRPS == 0 })
	if s.Decision != nil || found && s.NoDecision == "" && s.Headline != "" {
		tone := good
		if s.Stopped != "" || slices.ContainsFunc(s.Configurations, func(c result.Capacity) bool { return toneOf(c.Verdict) != good }) {
			tone = unsure
		}
		headline := s.Headline
		if s.Decision != nil { // any other begins with the name of a target
			headline = words.Capital(headline)
		}
		return []claim{{Text: sentence(headline), More: sentence(s.Confidence), Tone: tone}}
	}
	for _, c := range s.Configurations {
		word := map[result.CapacityVerdict]string{result.CapacityDoomed: "DOOMED", result.CapacityUnknown: "CANNOT TELL"}[c.Verdict]
		all = append(all, claim{Word: word, Tone: toneOf(c.Verdict), Text: sentence(c.Sentence)})
	}
	all[len(all)-1].More = sentence(s.Confidence)
	return all
}

// studyNext says what to do where this machine kept the search from an answer.
func studyNext(s *result.Study) []string {
	for _, c := range s.Configurations {
		busy := slices.ContainsFunc(c.Probes, func(p result.Probe) bool { return p.Verdict == result.ProbeInvalid })
		if c.Verdict == result.CapacityUnknown && busy {
			return []string{"This machine was too busy, or too slow, to measure: search again where little else runs."}
		}
	}
	return nil
}

// configuration are the probes of one, what queueing says of them, and their table.
func (d *document) configuration(s *result.Study, c *result.Capacity, o Options) {
	if len(c.Probes) == 0 {
		return
	}
	blocks := []block{{Text: sentence(c.Sentence)}}
	if f, ok := figure.OfProbes(s, c); ok {
		blocks = append(blocks, block{Drawn: &f})
	}
	if f := c.Forecast; f != nil {
		blocks = append(blocks, block{Text: sentence(words.Capital(f.Headline))}, block{Text: partingWords(f)}, block{Table: caseTable(f, f.Cases, "what if")})
	}
	blocks = append(blocks, block{List: sentences(c.Limits)})
	d.add("Probes of "+c.Target, append(blocks, block{Table: d.probeTable(c, o)})...)
}

// partingWords say what the probes make of a forecast.
func partingWords(f *result.Forecast) string {
	if f.Parts != nil {
		return sentence(words.Capital(f.Parts.Words))
	}
	return "No probe shows more than that: nothing that the replicas share was the limit up to there."
}

// model is what fits the saturation by replicas.
func (d *document) model(s *result.Study) {
	if s.NoGrowth != "" {
		d.add("How the saturation grows", block{Text: sentence(words.Capital(s.NoGrowth))})
	}
	if g := s.Growth; g != nil {
		d.add("How the saturation grows", block{Text: sentence(words.Capital(g.Headline))}, block{Table: modelTable(g)}, block{Table: coefficientTable(g.Models[0])}, block{Table: predictionTable(g)})
		d.Warnings = append(d.Warnings, g.Warnings...)
	}
}

// conditions are what the answers are worth only with.
func (d *document) conditions(s *result.Study) {
	stopped := "to its end"
	if s.Stopped != "" {
		stopped = "ended early: " + s.Stopped
	}
	rows := [][2]string{
		{"SLO", strings.Join(s.SLO, ", ")}, {"arrivals", s.Arrivals}, {"precision asked for", percent(s.Precision)}, {"search", stopped},
		{"began (UTC)", began(s.Started)}, {"took", words.TableSeconds(s.Ended.Sub(s.Started).Seconds())},
		{"generator", generators(s)}, {"program", words.Join(" ", "stress", s.Tool.Version)},
	}
	t := &table{Columns: []column{left(""), left("")}}
	for _, r := range rows {
		if r[1] != "" {
			t.Rows = append(t.Rows, []cell{textCell(r[0]), textCell(r[1])})
		}
	}
	d.add("Conditions", block{Table: t})
}

// generators are the machines from which the load of a study came.
func generators(s *result.Study) string {
	all := []string{generator(s.Machine.Agents, s.Machine.CPU, s.Machine.CPUs, s.Machine.Kernel)}
	for _, m := range s.Others {
		all = append(all, generator(m.Agents, m.CPU, m.CPUs, m.Kernel))
	}
	return strings.Join(all, "; then ")
}

func generator(agents int, cpu string, cpus int, kernel string) string {
	several := ""
	if agents > 0 {
		several = words.Counted(agents, "agent") + ", each on"
	}
	return words.Join(", ", words.Join(" ", several, cpu), words.Counted(cpus, "processor"), kernel)
}

func searchMethod(s *result.Study) string {
	return fmt.Sprintf("Rates are those of requests that arrive %s. Each probe is a run of its own, after a warm-up, and is judged by the interval "+
		"of every figure, each end of it at 95 %%: held if all that the figure may be keeps the SLO, broken if none of it does, or if the requests under way grow by more than %s of the rate. Rates were "+
		"doubled until one broke, and then tried between, on their logarithm, to bring the two ends within %s of each other. A probe finds up to half of that too much, because a queue takes time to show. Saturation is the most successes that any number of clients got, each asking again as soon as it has its answer.",
		arrivalWords(s.Arrivals), words.Percent(s.Precision), words.Percent(s.Precision))
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
