package jsonpath

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

const answer = ` {"user": {"name": "Jo\u00e3o \"J\"", "id": 17, "tags": ["a", {"k": [1.50, -2e3]}]}, "two words": true,
	"none": null, "": "no name", "é": "accent", "it's": 1, "user": {"id": 18}, "a\nb": 2} behind`

func TestValues(t *testing.T) {
	for path, want := range map[string]struct {
		text string
		kind Kind
	}{
		`$.user.name`:            {`João "J"`, String},
		`$.user.id`:              {`17`, Number}, // the first of two members
		`$.user.tags[0]`:         {`a`, String},
		`$.user.tags[1].k[1]`:    {`-2e3`, Number},
		`$["user"]['tags'][1].k`: {`[1.50,-2e3]`, Array},
		`$.user.tags[1]`:         {`{"k":[1.50,-2e3]}`, Object},
		`$['two words']`:         {`true`, Bool},
		`$.none`:                 {`null`, Null},
		`$['']`:                  {`no name`, String},
		`$.é`:                    {`accent`, String},
		`$['\u00e9']`:            {`accent`, String},
		`$['it\'s']`:             {`1`, Number},
		`$["it's"]`:              {`1`, Number},
		`$["a\nb"]`:              {`2`, Number},
	} {
		p, err := Parse(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		got, kind, err := p.Find([]byte("before "), []byte(answer))
		if err != nil || string(got) != "before "+want.text || kind != want.kind || p.String() != path {
			t.Errorf("%s: %q of kind %d, %v, want %q", path, got, kind, err, want.text)
		}
	}
}

// What is not there, what is another kind of value, and what is no JSON are told apart.
func TestNothingFound(t *testing.T) {
	for _, c := range []struct{ path, text, want string }{
		{`$.a`, `{"b": 1}`, "has nothing there"},
		{`$.a.b`, `{"a": [1]}`, "has nothing there"},
		{`$[2]`, `[1, 2]`, "has nothing there"},
		{`$[0]`, `{"0": 1}`, "has nothing there"},
		{`$.a`, `"a"`, "has nothing there"},
		{`$.a`, ``, "is empty"},
		{`$.a`, `<html>`, "is no JSON"},
		{`$.a`, `{"b": tru`, "is JSON without its end"},
		{`$.a`, "\ufeff", "is empty"},
		{`$.a`, " \ufeff{}", "is no JSON"},
		{`$.a`, "{\"a\": \"\xff\"}", "has a text that is no Unicode"},
		{`$.a`, `{"a": "\ud83d"}`, "has a text that is no Unicode"},
		{`$.a`, `{"a" 1}`, "is no JSON"},
		{`$.a`, strings.Repeat(`[`, 1<<20), "has nothing there"},
		{`$[1]`, strings.Repeat(`[`, 1<<20), "is no JSON"},
		{`$[1]`, strings.Repeat(`[`, 9000), "is JSON without its end"},
	} {
		p, err := Parse(c.path)
		if err != nil {
			t.Fatal(err)
		}
		got, kind, err := p.Find([]byte("kept"), []byte(c.text))
		if err == nil || err.Error() != c.want || string(got) != "kept" || kind != 0 {
			t.Errorf("%s of %.20s: %q, %d, %v, want %s", c.path, c.text, got, kind, err, c.want)
		}
		if nothing := errors.Is(err, ErrNothing); nothing != (c.want == "has nothing there") {
			t.Errorf("%s of %.20s: nothing is %v", c.path, c.text, nothing)
		}
	}
}

// What others write before a value, and in other values, keeps nobody from it: a mark of the byte order, as
// .NET writes it, half of a character that was cut, text in Latin 1.
func TestValuesBesideTextsThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		"\ufeff{\"a\": 1}":                         `1`,
		`{"b": "cut \ud83d", "a": "\ud83d\ude00"}`: `😀`,
		"{\"Jo\xe3o\": \"\xe9\", \"a\": \"é\"}":    `é`,
		`{"a": {"b": ["\ud83d",  1]}}`:             `{"b":["\ud83d",1]}`,
	} {
		p, _ := Parse("$.a")
		if got, _, err := p.Find(nil, []byte(text)); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestPathsThatAreNone(t *testing.T) {
	for path, want := range map[string]string{
		``: "write $", `token`: "write $.token", `.token`: "write $.token", `[0]`: "write $[0]",
		`$token`: "where .name", `$.`: "no name behind a point", `$..a`: "several values", `$.*`: "several values", `$.a-b.c`: "write ['a-b']", `$.0`: "write [0]",
		`$[`: "without its ]", `$[]`: "neither an index", `$[01]`: "neither an index", `$[-1]`: "counts from the end", `$[1:2]`: "neither an index", `$[?@.a]`: "neither an index",
		`$[99999999999999999999]`: "neither an index", `$['a]`: "never closed", `$['a'`: "no ] behind", `$['a','b']`: "no ] behind", `$['\x']`: "is none", `$['a\`: "never closed",
	} {
		if _, err := Parse(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}

// A path finds what walking the tree of encoding/json finds.
func FuzzFind(f *testing.F) {
	for _, path := range []string{`$`, `$.user.id`, `$['two words']`, `$.user.tags[1].k[0]`, `$["\u00e9"]`, `$['it\'s']`, `$[1]`} {
		f.Add(path, strings.TrimSuffix(answer, "behind"))
		f.Add(path, `[{"id": 0}, "\ud83d\ude00", 1e400, {"a": {}}]`)
	}
	f.Fuzz(func(t *testing.T, path, text string) {
		p, err := Parse(path)
		if err != nil {
			return
		}
		got, kind, err := p.Find(nil, []byte(text))
		if (err == nil) != (kind != 0) {
			t.Fatalf("%s of %q: kind %d, %v", path, text, kind, err)
		}
		if !jsontext.Value(text).IsValid() {
			return
		}
		want, there := walk(t, p, text)
		if there != (err == nil) || err != nil && !errors.Is(err, ErrNothing) {
			t.Fatalf("%s of %q: %q, %v, want %v", path, text, got, err, want)
		}
		if s, is := want.(string); is && s != string(got) || !is && there && !reflect.DeepEqual(tree(t, string(got)), want) {
			t.Errorf("%s of %q: %q, want %v", path, text, got, want)
		}
	})
}

// walk is the value of a whole text, by its tree.
func walk(t *testing.T, p Path, text string) (value any, there bool) {
	value = tree(t, text)
	for _, s := range p.steps {
		object, _ := value.(map[string]any)
		list, _ := value.([]any)
		switch {
		case !s.array:
			value, there = object[s.name]
		case s.index < uint64(len(list)):
			value, there = list[s.index], true
		default:
			there = false
		}
		if !there {
			return nil, false
		}
	}
	return value, true
}

func tree(t *testing.T, text string) (v any) {
	d := json.NewDecoder(bytes.NewBufferString(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return v
}
