package feed_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/attack/feed"
	"github.com/stress-tool/stress/attack/template"
)

// read is a source that has no fault.
func read(t testing.TB, text string, shape feed.Shape) *feed.Feed {
	t.Helper()
	f, err := feed.Read(strings.NewReader(text), shape)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// valuesOf are the columns of all tables by their names.
func valuesOf(f *feed.Feed, order feed.Order, salt, first uint64) template.Names {
	names := template.Names{}
	for _, t := range f.Tables {
		for i, v := range t.Values(order, salt, first) {
			names[t.Columns[i]] = v
		}
	}
	return names
}

// at are the values of some columns in the pass of a number.
func at(names template.Names, n uint64, columns ...string) []string {
	var out []string
	for _, c := range columns {
		out = append(out, string(names[c].Append(nil, template.Turn{Number: n}, 0)))
	}
	return out
}

func TestRowsOfEveryFormat(t *testing.T) {
	want := [][]string{{"ana@x", `a "b", c`}, {"bob@x", ""}, {"zoë", "7"}}
	for name, of := range map[string]struct {
		text  string
		shape feed.Shape
	}{
		"commas":            {"email,word\nana@x,\"a \"\"b\"\", c\"\nbob@x,\nzoë,7\n", feed.Shape{Format: feed.CSV}},
		"BOM, CRLF, no end": {"\ufeffemail;word\r\nana@x;\"a \"\"b\"\", c\"\r\nbob@x;\r\n\r\nzoë;7", feed.Shape{Format: feed.CSV}},
		"tabs":              {"email\tword\nana@x\t\"a \"\"b\"\", c\"\nbob@x\t\nzoë\t7\n", feed.Shape{Format: feed.CSV}},
		"names elsewhere":   {"ana@x,\"a \"\"b\"\", c\"\nbob@x,\nzoë,7\n", feed.Shape{Format: feed.CSV, Columns: []string{"email", "word"}}},
		"JSON lines":        {`{"email": "ana@x", "word": "a \"b\", c"}` + "\n" + `{"word":null,"email":"bob@x"}` + "\r\n\n" + `{"email":"zo\u00eb","word":7}`, feed.Shape{Format: feed.JSON}},
		"payload, classic":  {`{"keys": ["email", "word"], "values": [["ana@x", "a \"b\", c"], ["bob@x", ""], ["zoë", 7]]}`, feed.Shape{Format: feed.Loaderio}},
		"payload, variables": {`{"version": 1, "variables": [{"names": ["email"], "values": [["ana@x"], ["bob@x"], ["zoë"]]},
			{"names": ["word"], "values": [["a \"b\", c"], [""], [7]]}]}`, feed.Shape{Format: feed.Loaderio}},
	} {
		f := read(t, of.text, of.shape)
		if f.Rows() != 3 || !slices.Equal(f.Columns(), []string{"email", "word"}) || len(f.SHA256) != 64 {
			t.Errorf("%s: %d rows of %v", name, f.Rows(), f.Columns())
			continue
		}
		names := valuesOf(f, feed.Sequential, 0, 0)
		for n := range uint64(7) {
			if got := at(names, n, "email", "word"); !slices.Equal(got, want[n%3]) {
				t.Errorf("%s: row %d is %q, want %q", name, n, got, want[n%3])
			}
		}
		head, err := feed.Head(strings.NewReader(of.text), of.shape)
		if err != nil || !slices.Equal(head.Columns(), []string{"email", "word"}) {
			t.Errorf("%s: columns %v, %v", name, head.Columns(), err)
		}
	}
}

// Every fault names the source, the line and the column.
func TestFaults(t *testing.T) {
	long := strings.Repeat("x", 1<<20+10_000)
	for text, want := range map[string]string{
		"":                      "f: is empty",
		"\ufeff":                "f: is empty",
		"a,b\n":                 "f: holds no row of data",
		"a,b\n1,2\n3\n":         "f:3:1: is in a row of length 1, want 2: a, b",
		"a,b\n1,2,3\n":          "f:2:5: is in a row of length 3, want 2: a, b",
		"a,a\n1,2\n":            "f:1:3: is the name of another column too: a",
		"a,\n1,2\n":             "f:1:3: is the name of a column, and is empty",
		"a,b\r\n1,\"2\r\n\"x\n": `f:3:1: is in a value whose quotes`,
		"a,b\n1,2\"3\n":         `f:2:4: is a " in a value without quotes`,
		"a,b\n\"1,2\n":          "is in a value whose quotes do not end",
		"a,b\né,\xff\n":         "f:2:4: is no UTF-8",
		"a,b\n1,\xc3":           "f:2:3: is no UTF-8",
		"a,b\n1,2\n3,\x00\n":    "f:3:3: is a NUL",
		"\xff\xfea\x00":         "f: is in UTF-16",
		"a\n\"" + long:          "more than 1 MiB",
	} {
		wantFault(t, text, feed.CSV, want)
	}
	for text, want := range map[string]string{
		"":                             "f: is empty",
		"{}":                           "f:1:3: ends an object without a member",
		"[1]":                          "f:1:2: ends what must be an object",
		"{\"a\":1}\n}":                 "begins what is no JSON",
		"{\"a\":1}\n{\"a\":1":          "is where the file ends",
		"{\"a\":1,\"b\":2}\n{\"a\":1}": "f:2:6: is in an object without b, which the first has",
		"{\"a\":1}\n{\"b\":1}":         "f:2:6: is b, which the first object does not have",
		"{\"a\":1}\n{\"a\":1,\"a\":2}": "is a for the second time",
		"{\"a\":1,\"a\":2}":            "is the name of another column too: a",
		"{\"a\":1}\n{\"a\":\"\xff\"}":  "f:2:7: is no UTF-8",
		"{\"a\":\"" + long + "\"}":     "more than 1 MiB",
	} {
		wantFault(t, text, feed.JSON, want)
	}
	for text, want := range map[string]string{
		"":                                "is where the file ends",
		"{}":                              "f: is no payload file",
		`{"values":[["1"]],"keys":["a"]}`: "are values before their keys",
		`{"keys":["a"],"values":[]}`:      "f: holds no row of data",
		"{\"keys\":[\"a\"],\n\"values\":[[1],\n[2,3]]}": "f:3:4: is in a row of length 2, want 1: a",
		`{"keys":["a"],"values":[1]}`:                   "must be a row, which is a list of values",
		`{"keys":"a"}`:                                  "must be a list of names",
		`{"version":2,"variables":[]}`:                  "a version that is not known",
		`{"keys":["a"],"values":[[1]]} {}`:              "behind the end of the payload",
		`{"variables":[{"names":["a"],"values":[[1]]},{"names":["a"],"values":[[1]]}]}`: "is about a, which other values have too",
	} {
		wantFault(t, text, feed.Loaderio, want)
	}
}

func wantFault(t *testing.T, text string, format feed.Format, want string) {
	t.Helper()
	_, err := feed.Read(strings.NewReader(text), feed.Shape{Source: "f", Format: format})
	var fault *feed.Fault
	if !errors.As(err, &fault) || !strings.Contains(err.Error(), want) {
		t.Errorf("%.60q: %v, want %s", text, err, want)
	}
}

// What is read is what csv and json wrote, in every row and every column.
func TestRowsAreWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 5).Draw(t, "columns")
		value := rapid.StringOfN(rapid.RuneFrom([]rune("abc,;\t\"\n é%0 {}\\")), 0, 12, -1)
		table := rapid.SliceOfN(rapid.SliceOfN(value, width, width), 1, 200).Draw(t, "rows")
		var names []string
		for i := range width {
			names = append(names, fmt.Sprint("c", i))
		}
		var asCSV, asJSON strings.Builder
		w := csv.NewWriter(&asCSV)
		w.Write(append(names, "last")) // so that no row is an empty line
		for _, row := range table {
			w.Write(append(slices.Clone(row), "x"))
			object := map[string]string{}
			for i, v := range row {
				object[names[i]] = v
			}
			line, _ := json.Marshal(object)
			asJSON.Write(append(line, '\n'))
		}
		w.Flush()
		for format, text := range map[feed.Format]string{feed.CSV: asCSV.String(), feed.JSON: asJSON.String()} {
			f, err := feed.Read(strings.NewReader(text), feed.Shape{Format: format})
			if err != nil {
				t.Fatal(err)
			}
			values := valuesOf(f, feed.Unique, 0, 0)
			for n, row := range table {
				if got := at(values, uint64(n), names...); !slices.Equal(got, row) {
					t.Fatalf("%s: row %d is %q, want %q", format, n, got, row)
				}
			}
			f.Close()
		}
	})
}

func TestOrders(t *testing.T) {
	var text strings.Builder
	text.WriteString("n\n")
	const rows = 1000
	for i := range rows {
		fmt.Fprintln(&text, i)
	}
	f := read(t, text.String(), feed.Shape{Format: feed.CSV})
	order := func(o feed.Order, salt, first, seed uint64, from, to int) (got []int) {
		v := valuesOf(f, o, salt, first)["n"]
		for n := from; n < to; n++ {
			i, _ := strconv.Atoi(string(v.Append(nil, template.Turn{Number: uint64(n), Seed: seed}, 0)))
			got = append(got, i)
		}
		return got
	}
	for _, got := range [][]int{order(feed.Sequential, 0, 0, 0, rows, 2*rows), order(feed.Unique, 0, 0, 0, 0, rows), order(feed.Unique, 1, 500, 3, 0, 500)} {
		for i, v := range got {
			if v != i+rows-len(got) {
				t.Fatalf("row %d is %d", i, v)
			}
		}
	}
	once, again := order(feed.Random, 0, 0, 1, 0, rows), order(feed.Random, 0, 0, 1, rows, 2*rows)
	for _, got := range [][]int{once, again} {
		if sorted := slices.Sorted(slices.Values(got)); len(slices.Compact(sorted)) != rows || slices.IsSorted(got) {
			t.Errorf("in random order %d rows come in %d passes", len(slices.Compact(sorted)), rows)
		}
	}
	if slices.Equal(once, again) || slices.Equal(once, order(feed.Random, 1, 0, 1, 0, rows)) || slices.Equal(once, order(feed.Random, 0, 0, 2, 0, rows)) {
		t.Error("another round, another feed or another seed gives the same order")
	}
	if !slices.Equal(once, order(feed.Random, 0, 0, 1, 0, rows)) {
		t.Error("the same seed gives another order")
	}
	// As many runs of rising numbers as chance has them: (n+1)/2 of n, give or take 5 standard deviations.
	runs := 1
	for i := 1; i < rows; i++ {
		if once[i] < once[i-1] {
			runs++
		}
	}
	if runs < 454 || runs > 547 { // the seed is fixed
		t.Errorf("%d runs of rising rows among %d", runs, rows)
	}
}

// Of any number of rows each comes once.
func TestEveryRowComesOnceInRandomOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.Uint64Range(1, 300).Draw(t, "rows")
		text := "n\n"
		for n := range rows {
			text += fmt.Sprintln(n)
		}
		f, err := feed.Read(strings.NewReader(text), feed.Shape{Format: feed.CSV})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		v, seed, seen := valuesOf(f, feed.Random, rapid.Uint64().Draw(t, "salt"), 0)["n"], rapid.Uint64().Draw(t, "seed"), map[string]bool{}
		for n := range rows {
			seen[string(v.Append(nil, template.Turn{Number: n, Seed: seed}, 0))] = true
		}
		if uint64(len(seen)) != rows {
			t.Fatalf("%d of %d rows", len(seen), rows)
		}
	})
}

// A value with the end of a line cannot be sent in a header, and the fault says where it is.
func TestWhatNoHeaderHolds(t *testing.T) {
	f := read(t, "a,b\n1,2\n3,\"x\ny\"\n\"p\rq\",z\n", feed.Shape{Source: "users.csv", Format: feed.CSV})
	names := valuesOf(f, feed.Sequential, 0, 0)
	for column, want := range map[string]string{"a": "users.csv:5:1: holds a control character", "b": "users.csv:3:3: holds a control character"} {
		if err := names[column].InHeader(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", column, err, want)
		}
	}
}

// A million rows take no memory of this process beside the index, and no file is left.
func TestAMillionRows(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	const rows = 1_000_000
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	f := func() *feed.Feed {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		go func() {
			defer w.Close()
			b := []byte("user,password\n")
			for i := range rows {
				if b = fmt.Appendf(b, "user-%07d@example.com,secret-%d\n", i, i); len(b) > 1<<16 || i == rows-1 {
					w.Write(b)
					b = b[:0]
				}
			}
		}()
		f, err := feed.Read(r, feed.Shape{Format: feed.CSV})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}()
	t.Cleanup(func() { f.Close() })
	if grown := int64(heap()) - int64(before); f.Rows() != rows || grown > 1<<20 {
		t.Errorf("%d rows take %d bytes", f.Rows(), grown)
	}
	if got := at(valuesOf(f, feed.Sequential, 0, 0), rows-1, "user", "password"); got[0] != "user-0999999@example.com" || got[1] != "secret-999999" {
		t.Errorf("the last row is %v", got)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("%v are left, %v", left, err)
	}
}

func BenchmarkValue(b *testing.B) {
	f := read(b, "user,word\n"+strings.Repeat("somebody@example.com,word\n", 100_000), feed.Shape{Format: feed.CSV})
	for _, order := range []feed.Order{feed.Sequential, feed.Random} {
		v := valuesOf(f, order, 0, 0)["word"]
		b.Run(string(order), func(b *testing.B) {
			b.ReportAllocs()
			var room []byte
			for n := uint64(0); b.Loop(); n++ {
				room = v.Append(room[:0], template.Turn{Number: n}, 0)
			}
		})
	}
}

// Nothing that a source may hold ends otherwise than with rows or with a fault that has a place.
func fuzz(f *testing.F, format feed.Format) {
	f.Fuzz(func(t *testing.T, text string) {
		got, err := feed.Read(strings.NewReader(text), feed.Shape{Source: "f", Format: format})
		if err != nil {
			var fault *feed.Fault
			if !errors.As(err, &fault) || fault.Source != "f" || fault.Text == "" || (fault.Line < 1) != (fault.Column < 1) || fault.Line > 1+strings.Count(text, "\n") {
				t.Errorf("%q: %#v", text, err)
			}
			return
		}
		defer got.Close()
		head, err := feed.Head(strings.NewReader(text), feed.Shape{Source: "f", Format: format})
		if err != nil || !slices.Equal(head.Columns(), got.Columns()) || got.Rows() == 0 {
			t.Errorf("%q: columns %q and %q, %v", text, head.Columns(), got.Columns(), err)
		}
		names := valuesOf(got, feed.Random, 0, 0)
		for _, c := range got.Columns() {
			if v := at(names, 1, c); len(v[0]) > len(text) && format == feed.CSV {
				t.Errorf("%q: %q", text, v)
			}
		}
	})
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\ufeffa;b\r\n\"x\"\"y\";2", "a\n\"\n", "a,b\n1", "a\tb\n\xff\t", "a\n\x00"} {
		f.Add(s)
	}
	fuzz(f, feed.CSV)
}

func FuzzJSONLines(f *testing.F) {
	for _, s := range []string{`{"a":1,"b":"x"}` + "\n" + `{"b":null,"a":{"c":[]}}`, `{"a":"\u0000"}`, `{}`, "{\"a\":1}\n]"} {
		f.Add(s)
	}
	fuzz(f, feed.JSON)
}

func FuzzPayload(f *testing.F) {
	for _, s := range []string{`{"keys":["a","b"],"values":[["1",2]]}`, `{"version":1,"variables":[{"names":["a"],"values":[["x"],[true]]}]}`, `{"keys":[],"values":[[]]}`} {
		f.Add(s)
	}
	fuzz(f, feed.Loaderio)
}
