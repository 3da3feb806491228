package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/history"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// values are the words that a placeholder stands for, each behind a prefix that is
// typed already. What is not known here, such as NUMBER, has none.
func (u partialLine) values(kinds, prefix string) []candidate {
	typed := strings.TrimPrefix(u.current(), prefix)
	var out []candidate
	for kind := range strings.SplitSeq(kinds, "|") {
		for _, c := range u.valuesOf(kind, typed) {
			out = append(out, candidate{prefix + c.word, c.about})
		}
	}
	return out
}

func (u partialLine) valuesOf(kind, typed string) []candidate {
	switch kind {
	case "SCENARIO":
		return append(scenarioCandidates(), u.files(typed, isScenarioFile)...)
	case "RUN":
		return u.runs(typed)
	case "STUDY":
		return studies(typed)
	case "FILE":
		return u.files(typed, func(string) bool { return true })
	case "DIR":
		return u.files(typed, func(string) bool { return false })
	case "URL":
		return []candidate{{"http://", ""}, {"https://", ""}}
	case "TARGET", "LOAD":
		return wordCandidates(u.partsOf(kind))
	case "METRIC":
		return wordCandidates(metric.Names(metric.Kept))
	case "TYPE":
		return keyValues("load.type")
	case "METHOD":
		return keyValues("request.method")
	case "KEY=VALUE":
		return settingCandidates(typed)
	case "FORMAT=FILE":
		return u.formCandidates(typed)
	case "BASELINE", "KEPT-SCENARIO", "MACHINE":
		return u.keptNames(kind)
	}
	if kind != "" && kind == strings.ToLower(kind) {
		return []candidate{{kind, ""}} // one of a few words
	}
	return nil
}

func wordCandidates(words []string) []candidate {
	var out []candidate
	for _, word := range words {
		out = append(out, candidate{word, ""})
	}
	return out
}

func scenarioCandidates() []candidate {
	var out []candidate
	for _, e := range scenarios.Catalogue() {
		out = append(out, candidate{e.Name, e.Title})
	}
	return out
}

func isScenarioFile(name string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(name)))
}

func isSummary(name string) bool { return name == result.SummaryFile }

// files are the directories, and the files that fit, of the directory that is typed. A
// directory ends in "/": it goes on from there.
func (u partialLine) files(typed string, fits func(name string) bool) []candidate {
	dir, _ := filepath.Split(typed)
	place := dir
	if rest, ok := strings.CutPrefix(dir, "~/"); ok {
		home, _ := u.w.lookup("HOME")
		place = filepath.Join(home, rest)
	}
	entries, err := os.ReadDir(filepath.Clean(place + "."))
	if dir != "" {
		entries, err = os.ReadDir(place)
	}
	if err != nil {
		return nil
	}
	var out []candidate
	for _, e := range entries {
		info, err := os.Stat(filepath.Join(place, e.Name())) // a link to a directory is one
		switch {
		case err != nil, strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(typed[len(dir):], "."):
		case info.IsDir():
			out = append(out, candidate{dir + e.Name() + "/", ""})
		case fits(e.Name()):
			out = append(out, candidate{dir + e.Name(), ""})
		}
	}
	return out
}

// runs are the run directories below results, the last path first, and other directories, in
// which there may be runs.
func (u partialLine) runs(typed string) []candidate {
	var out []candidate
	for dir := range runlog.Runs(resultsDir) {
		if strings.HasPrefix(dir, typed) {
			out = append(out, candidate{dir, ""})
		}
	}
	slices.Reverse(out)
	for _, c := range u.files(typed, isSummary) {
		if !slices.ContainsFunc(out, func(run candidate) bool { return strings.HasPrefix(run.word+"/", c.word) }) {
			out = append(out, c)
		}
	}
	return out
}

// studies are the directories of studies below results, the last path first.
func studies(typed string) []candidate {
	var out []candidate
	for dir := range runlog.Studies(resultsDir) {
		if strings.HasPrefix(dir, typed) {
			out = append(out, candidate{dir, "a study of a capacity"})
		}
	}
	slices.Reverse(out)
	return out
}

// partsOf are the targets or the loads of the scenario or the runs that the command line names.
func (u partialLine) partsOf(kind string) []string {
	var names []string
	var addresses []string
	for _, word := range u.words[u.named : len(u.words)-1] {
		word = strings.TrimPrefix(word, "--run=")
		switch {
		case scenarios.IsAddress(word):
			addresses = append(addresses, word)
		case strings.HasPrefix(word, "-") || word == "":
		default:
			names = append(names, partsIn(word, kind)...)
		}
	}
	if doc, err := scenarios.Typed(addresses, nil); err == nil && kind == "TARGET" {
		names = append(names, doc.TargetNames()...)
	}
	if u.cmd.Name == "trend" {
		for _, e := range u.entries() {
			for _, part := range e.Run.Parts() {
				if kind == "LOAD" {
					names = append(names, part.Run.Load.Name)
				} else {
					names = append(names, part.Targets()...)
				}
			}
		}
	}
	return names
}

// partsIn are the targets or the loads of a scenario or a run.
func partsIn(name, kind string) []string {
	manifest, err := os.ReadFile(filepath.Join(name, runlog.ManifestFile))
	if err != nil {
		doc, err := scenarios.Find(name, strings.NewReader(""))
		switch {
		case err != nil:
			return nil
		case kind == "LOAD":
			return doc.LoadNames()
		}
		return doc.TargetNames()
	}
	var m runlog.Manifest
	if json.Unmarshal(manifest, &m) != nil {
		return nil
	}
	var names []string
	if kind == "LOAD" {
		for _, l := range m.Loads {
			names = append(names, l.Name)
		}
		return names
	}
	for _, t := range m.Targets {
		names = append(names, t.Name)
	}
	return names
}

func keyValues(path string) []candidate {
	for _, k := range scenarios.Keys() {
		if k.Path == path {
			return wordCandidates(k.Words)
		}
	}
	return nil
}

// settingCandidates are the keys, and behind one that is typed its few values.
func settingCandidates(typed string) []candidate {
	if path, _, ok := strings.Cut(typed, "="); ok {
		var out []candidate
		for _, c := range keyValues(path) {
			out = append(out, candidate{path + "=" + c.word, ""})
		}
		return out
	}
	var out []candidate
	for _, k := range scenarios.Keys() {
		out = append(out, candidate{k.Path + "=", k.About})
	}
	return out
}

// formCandidates are the formats of a gate, and behind one that is typed files.
func (u partialLine) formCandidates(typed string) []candidate {
	format, file, ok := strings.Cut(typed, "=")
	var out []candidate
	if !ok {
		for name := range report.GateFormats {
			out = append(out, candidate{name + "=", ""})
		}
		slices.SortFunc(out, func(a, b candidate) int { return strings.Compare(a.word, b.word) })
		return out
	}
	for _, c := range u.files(file, func(string) bool { return true }) {
		out = append(out, candidate{format + "=" + c.word, ""})
	}
	return out
}

// keptNames are names from the baselines that are kept.
func (u partialLine) keptNames(kind string) []candidate {
	var names []string
	for _, e := range u.entries() {
		switch kind {
		case "BASELINE":
			names = append(names, e.Name)
		case "KEPT-SCENARIO":
			names = append(names, e.Run.Name)
		case "MACHINE":
			names = append(names, e.Machine)
		}
	}
	return wordCandidates(names)
}

// entries are the baselines of the directory that the command line names.
func (u partialLine) entries() []result.Entry {
	dir := history.DefaultDir
	for i, word := range u.words {
		if value, ok := strings.CutPrefix(word, "--dir="); ok {
			dir = value
		} else if word == "--dir" && i+1 < len(u.words)-1 {
			dir = u.words[i+1]
		}
	}
	entries, _, err := history.Store{Dir: dir}.List()
	if err != nil {
		return nil
	}
	return entries
}
