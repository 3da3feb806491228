package run_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/run"
)

// FuzzRunDirectory mutates a whole run directory by its structure: values, lines and
// files. Whatever comes of it is read or refused, and what is read goes through one of
// the forms for programs. What takes longer than all of that is left to
// [TestMutatedDirectories]: several legs, several hosts, drawings, tables for people.
func FuzzRunDirectory(f *testing.F) {
	base := keep(f, alone(f))
	for value := range len(values) {
		f.Add([]byte{byte(value), 5, 0, 0, byte(value), 0, byte(9 * value), 1, byte(value)})
		f.Add([]byte{byte(value), 1, 0, 0, byte(value), 0, 3, 0, byte(value)})
	}
	f.Add([]byte{0, 2, 2, 0, 0, 3, 3, 0, 1, 4, 4, 0, 2})
	forms := slices.DeleteFunc(slices.Sorted(maps.Keys(report.Formats)), func(name string) bool { return name == "text" || name == "html" })
	f.Fuzz(func(t *testing.T, program []byte) {
		if len(program) == 0 {
			return
		}
		defer base.change(t, base.run.mutated(program[1:]))()
		if a, err := run.Read(context.Background(), base.dir); err == nil {
			must(t, report.Formats[forms[int(program[0])%len(forms)]](io.Discard, a, report.Options{Full: true}))
		}
	})
}

// TestMutatedDirectories takes mutations of a small run and of a comparison through every
// form and every drawing.
func TestMutatedDirectories(t *testing.T) {
	bases := []kept{keep(t, healthy(t, 2, 2)), keep(t, alone(t))}
	random := rand.NewChaCha8([32]byte{1})
	for i := range 100 {
		program := make([]byte, 4+4*(i%4))
		_, _ = random.Read(program) // never fails
		t.Run(fmt.Sprintf("%d-%x", i%2, program), func(t *testing.T) {
			base := bases[i%2]
			defer base.change(t, base.run.mutated(program))()
			if err := show(t, base.dir); err != nil {
				t.Log("refused:", err)
			}
		})
	}
}

// alone is a healthy run of one leg whose rows are all of one host.
func alone(tb testing.TB) crafted {
	tb.Helper()
	c := healthy(tb, 1, 1)
	c.replace(tb, "legs/01-single/ledger.json", ",\n    \"b\": 4,\n    \"c\": 1", "")
	return c
}

// kept is a run that stays in its directory while tries change some of its files.
type kept struct {
	dir string
	run crafted
}

// keep writes a run into memory, where the system has files there.
func keep(tb testing.TB, c crafted) kept {
	tb.Helper()
	dir, err := os.MkdirTemp(memory(), "run")
	must(tb, err)
	tb.Cleanup(func() { must(tb, os.RemoveAll(dir)) })
	c.write(tb, dir)
	return kept{dir, c}
}

// change makes the directory hold another run of the same files or fewer, and returns what
// makes it as it was.
func (k kept) change(tb testing.TB, c crafted) (back func()) {
	tb.Helper()
	was := crafted{}
	for name, text := range k.run {
		changed, there := c[name]
		if there && bytes.Equal(text, changed) {
			continue
		}
		was[name] = text
		path := filepath.Join(k.dir, filepath.FromSlash(name))
		if there {
			must(tb, os.WriteFile(path, changed, 0o644))
		} else {
			must(tb, os.Remove(path))
		}
	}
	return func() { was.write(tb, k.dir) }
}

// mutated is a run after at most ten steps of a program, of four bytes each.
func (c crafted) mutated(program []byte) crafted {
	c = maps.Clone(c)
	for steps := program[:min(len(program), 40)]; len(steps) >= 4; steps = steps[4:] {
		c.mutate(steps)
	}
	return c
}

// memory is a directory that is kept in memory, "" where the system has none.
func memory() string {
	const shared = "/dev/shm"
	if _, err := os.Stat(shared); err != nil {
		return ""
	}
	return shared
}

// mutate does one step of a program: which file, what to do, where, with which value.
func (c crafted) mutate(step []byte) {
	names := c.names()
	if len(names) == 0 {
		return
	}
	name := names[int(step[0])%len(names)]
	text := slices.Clone(c[name])
	at := int(binary.LittleEndian.Uint16(step[1:3]))
	value := values[int(step[3])%len(values)]
	switch step[0] / 16 % 8 {
	case 0, 1, 2:
		text = changeValue(text, strings.HasSuffix(name, ".jsonl"), at, value)
	case 3:
		text = changeLines(text, at, int(step[3]))
	case 4:
		if len(text) > 0 {
			text[at%len(text)] ^= 1 << (step[3] % 8)
		}
	case 5:
		text = text[:at%(len(text)+1)]
	case 6:
		text = changeField(text, at, value)
	case 7:
		delete(c, name)
		return
	}
	c[name] = text
}

// values are what stands in the place of a value: JSON that a run has nowhere, or in
// another place.
var values = []string{
	`null`, `true`, `0`, `-1`, `1`, `2`, `3`, `1e308`, `-1e308`, `1e-308`, `9007199254740992`, `-9007199254740992`, `18446744073709551615`,
	`4611686018427387904`, `1000000`, `0.5`, `1e15`, `""`, `"single"`, `"cluster"`, `"legs/01-single"`, `"../.."`, `"p95 < 1ms"`, `"success"`,
	`"GET /"`, `"\u0000\u001b[2J\u202e<script>"`, `"2026-03-01T12:00:00Z"`, `"9999-12-31T23:59:59Z"`, `"0000-01-01T00:00:00Z"`, `[]`, `{}`,
	`[{}]`, `[null]`, `{"a": 1}`, `[1, 2]`, `"` + strings.Repeat("x", 3000) + `"`,
}

// changeValue puts a value for the at-th one of a JSON text, or of one of its lines.
func changeValue(text []byte, lines bool, at int, value string) []byte {
	docs := [][]byte{text}
	if lines {
		docs = bytes.Split(text, []byte("\n"))
	}
	i := at / 61 % len(docs)
	var doc any
	if json.Unmarshal(docs[i], &doc) != nil {
		return text
	}
	n := count(doc)
	doc, _ = put(doc, at%n, json.RawMessage(value))
	changed, err := json.Marshal(doc)
	if err != nil {
		return text
	}
	docs = slices.Clone(docs)
	docs[i] = changed
	return bytes.Join(docs, []byte("\n"))
}

// count is how many values a JSON value holds, itself among them.
func count(doc any) int {
	n := 1
	switch d := doc.(type) {
	case map[string]any:
		for _, v := range d {
			n += count(v)
		}
	case []any:
		for _, v := range d {
			n += count(v)
		}
	}
	return n
}

// put replaces the at-th value of a JSON value in its order, and says how many it
// passed.
func put(doc any, at int, value json.RawMessage) (any, int) {
	if at == 0 {
		return value, 1
	}
	n := 1
	switch d := doc.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(d)) {
			v, passed := put(d[k], at-n, value)
			d[k] = v
			n += passed
		}
	case []any:
		for i := range d {
			v, passed := put(d[i], at-n, value)
			d[i] = v
			n += passed
		}
	}
	return doc, n
}

// changeLines doubles, drops, swaps or cuts a line.
func changeLines(text []byte, at, how int) []byte {
	lines := bytes.SplitAfter(text, []byte("\n"))
	i := at % len(lines)
	switch how % 4 {
	case 0:
		lines = slices.Insert(lines, i, lines[i])
	case 1:
		lines = slices.Delete(lines, i, i+1)
	case 2:
		j := how % len(lines)
		lines[i], lines[j] = lines[j], lines[i]
	case 3:
		lines[i] = lines[i][:how%(len(lines[i])+1)]
	}
	return bytes.Join(lines, nil)
}

// changeField puts a value for one field of an interval log's line, or of any line
// with commas.
func changeField(text []byte, at int, value string) []byte {
	fields := bytes.Split(text, []byte(","))
	fields[at%len(fields)] = fmt.Appendf(nil, "%s", strings.Trim(value, `"`))
	return bytes.Join(fields, []byte(","))
}
