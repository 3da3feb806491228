package scenarios

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A File has every key of the key table, under its name and in its order.
func TestFileHasEveryKey(t *testing.T) {
	var keys []string
	for _, k := range Keys() {
		keys = append(keys, k.Path)
	}
	if got := pathsOf(reflect.TypeFor[File](), scenarioForm().shape, ""); !slices.Equal(got, keys) {
		t.Errorf("File has\n%s\nthe key table has\n%s", strings.Join(got, " "), strings.Join(keys, " "))
	}
}

// pathsOf are the keys of a type of File, those of a map by the key table.
func pathsOf(t reflect.Type, s shape, path string) (paths []string) {
	switch t.Kind() {
	case reflect.Pointer:
		return pathsOf(t.Elem(), s, path)
	case reflect.Slice:
		return pathsOf(t.Elem(), *s.item, join(path, "0"))
	case reflect.Map:
		for _, k := range s.keys {
			paths = append(append(paths, join(path, k.name)), pathsOf(t.Elem(), k.shape, join(path, k.name))...)
		}
	case reflect.Struct:
		for _, field := range reflect.VisibleFields(t) {
			if name := field.Tag.Get(keyTag); name != "" {
				paths = append(append(paths, join(path, name)), pathsOf(field.Type, s.key(name).shape, join(path, name))...)
			}
		}
	}
	return paths
}

// texts are values that YAML could take for something else, or for the end of one.
var texts = rapid.OneOf(
	rapid.SampledFrom([]string{"50", "1e3", "+5", ".5", "5.", "0x1F", "0o17", "007", "1_000", "true", "yes", "null", "~", ".inf", "200/s", "50%", "1m30s", "$${x}",
		"${NAME}", "pre ${NAME:-5} post", "${A}${B:-b}", "a: b", "- a", "# a", "a #b", "'", `"`, "[a]", "{a}", "&a", "*a", "!a", "|", ">", "%", "@", "`", "?", ":", "<<", "---", "2026-11-26"}),
	rapid.StringOf(rapid.RuneFrom([]rune(`ab1 "'\:#{}[],&*!|>%@`+"`\n\t-?.~ä€😀")).Filter(func(r rune) bool { return r != '$' })),
)

// drawn is any File: nothing in it needs to be right, but no secret stands there in clear.
func drawn(t *rapid.T) File {
	var f File
	draw(t, reflect.ValueOf(&f).Elem(), scenarioForm().shape, "")
	return f
}

func draw(t *rapid.T, v reflect.Value, s shape, path string) {
	given := func() bool { return rapid.Bool().Draw(t, path+" given") }
	count := func() int { return rapid.IntRange(0, 3).Draw(t, path+" length") }
	switch v.Kind() {
	case reflect.String:
		drawText(t, v, path)
	case reflect.Pointer:
		if given() {
			v.Set(reflect.New(v.Type().Elem()))
			draw(t, v.Elem(), s, path)
		}
	case reflect.Slice:
		if !given() {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), count(), 3))
		for i := range v.Len() {
			draw(t, v.Index(i), *s.item, fmt.Sprintf("%s.%d", path, i))
		}
	case reflect.Map:
		if !given() {
			return
		}
		v.Set(reflect.MakeMap(v.Type()))
		for i := range count() {
			value := reflect.New(v.Type().Elem()).Elem()
			name, inner := fmt.Sprintf("X-Thing-%d", i), s.open
			if inner == nil {
				name, inner = s.keys[i].name, &s.keys[i].shape
			}
			draw(t, value, *inner, join(path, name))
			v.SetMapIndex(reflect.ValueOf(name), value)
		}
	case reflect.Struct:
		for _, field := range reflect.VisibleFields(v.Type()) {
			if name := field.Tag.Get(keyTag); name != "" {
				draw(t, v.FieldByIndex(field.Index), s.key(name).shape, join(path, name))
			}
		}
	}
}

// drawText draws a text, or none. Under a name that says secret it is a variable.
func drawText(t *rapid.T, v reflect.Value, path string) {
	probe := &node{kind: text, path: path}
	probe.hideUnder(path[strings.LastIndex(path, ".")+1:])
	value := rapid.OneOf(rapid.Just(""), texts).Draw(t, path)
	if probe.secret && value != "" {
		value = "${NAME}"
	}
	v.SetString(value)
}

// What is printed is read back as it was, whatever stands in it.
func TestFileReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawn(t)
		text, variables := f.YAML()
		if len(variables) > 0 {
			t.Fatalf("%q stand for secrets of\n%s", variables, text)
		}
		got, err := Document{File: "x.yaml", Source: text}.Read(Options{})
		if err != nil || !reflect.DeepEqual(got, f) {
			t.Fatalf("%+v is read back as\n%+v, %v, from\n%s", f, got, err, text)
		}
	})
}

func TestAnEmptyFileReadsBack(t *testing.T) {
	text, _ := File{}.YAML()
	if got, err := (Document{File: "x.yaml", Source: text}).Read(Options{}); err != nil || !reflect.DeepEqual(got, File{}) {
		t.Errorf("read back as %+v, %v, from\n%s", got, err, text)
	}
}

// good is a File that [Parse] takes, of parts that go with each other.
func good(t *rapid.T) File {
	pick := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(t, name) }
	f := File{
		Name: pick("name", "", "shop", "1e3", "50 %"), Engine: pick("engine", "", "auto", "nethttp"),
		Load: rapid.SampledFrom([]*FileLoad{
			{Type: "clients-per-test", Clients: "50", Duration: "1m", Arrivals: "poisson", Seed: "7", Connections: "shared", MaxConnections: "5", Pacing: "batch"},
			{Type: "maintain-client-load", Clients: "${N:-50}", From: "0", Duration: "${TIME}"},
			{Rate: "0.5", Duration: "1m", Timeout: "5s", ErrorThreshold: "0%", ResolveEvery: "0s", LocalAddresses: []string{"127.0.0.1", "127.0.0.2"}},
			{Rate: "200/s", Duration: "90s"},
			{Type: "stages", Stages: []FileStage{{Duration: "1m", Clients: "5"}, {Duration: "0s", Clients: "0"}}},
		}).Draw(t, "load"),
		Targets: []FileTarget{{
			Name: "single", URL: pick("url", "http://127.0.0.1:8080", "${URL}", "https://${HOST:-shop.example}/app/"), Replicas: rapid.SampledFrom([][]string{nil, {"3"}}).Draw(t, "replicas"),
			HostFrom: rapid.SampledFrom([]*FileHostFrom{nil, {Header: "X-Served-By"}, {Body: `host: (\S+)`}}).Draw(t, "host from"),
			Insecure: pick("insecure", "", "true", "false"), HTTP2: pick("http2", "", "false"),
		}},
		Thresholds: rapid.SampledFrom([][]string{nil, {}, {"p95 < 500ms", "single.error_rate < 1%"}}).Draw(t, "thresholds"),
		Gate: rapid.SampledFrom([]map[string]FileLimit{nil, {}, {
			"p95": {WorseBy: "10%", And: "5ms"}, "rate_rps": {Min: "5", Max: "9/s"}, "error_rate": {Max: "1%"},
		}}).Draw(t, "gate"),
	}
	if rapid.Bool().Draw(t, "several loads") {
		f.Loads = []FileNamedLoad{{Name: "first", FileLoad: *f.Load, Thresholds: []string{"p50 < 1s"}}, {Name: "second", FileLoad: FileLoad{Rate: "5", Duration: "1s"}}}
		f.Load = nil
	}
	request := FileRequest{
		Method: pick("method", "", "POST"), Path: pick("path", "a", "a?b=${Q}"), Headers: map[string]string{"Accept": "*/*", "X-N": "1e3", "Authorization": "Bearer ${TOKEN}"},
		Body: pick("body", "", "a=b", "true", "5"), Follow: pick("follow", "", "2"),
		Expect: &FileExpect{Status: rapid.SampledFrom([][]string{nil, {"200"}, {"2xx", "404"}, {"300-399"}}).Draw(t, "status"), Match: pick("match", "", "a+", "^5$")},
	}
	if f.Requests = []FileRequest{request, {Path: "b", Name: "second"}}; rapid.Bool().Draw(t, "one request") {
		f.Request, f.Requests = &request, nil
	}
	if rapid.Bool().Draw(t, "two targets") {
		f.Targets = append(f.Targets, FileTarget{Name: "cluster", URL: "http://127.0.0.1:1", ConnectTo: []string{"10.0.0.7", "10.0.0.8:81"}})
		f.Compare = &FileCompare{Baseline: "cluster", Candidate: "single", Rounds: "4", CoolDown: "1s", Budget: pick("budget", "", "10m")}
	}
	if rapid.Bool().Draw(t, "ledger") {
		f.Ledger = &FileLedger{DSN: "${DSN}", Table: "dados", Column: "Host", Every: pick("every", "", "0s", "500ms")}
	}
	f.Outage = pick("outage", "", "0s", "2.5s")
	if rapid.Bool().Draw(t, "cluster") {
		f.Cluster = &FileCluster{Docker: []string{"unix:///var/run/docker.sock", "tcp://10.0.0.4:2375"}[:rapid.IntRange(0, 2).Draw(t, "engines")], Service: "web"}
		if len(f.Cluster.Docker) == 0 {
			f.Cluster.Docker = nil
		}
		f.Faults, f.Allow = []FileInjection{{At: "0s", Kill: "one"}, {At: "500ms", Drain: "sw3"}, {At: "600ms", Scale: "5"}}, pick("allow", "", "true", "false")
	}
	return f
}

// A scenario that is right stays so, and means the same, on the way through its File;
// variables stay variables.
func TestGoodFilesParse(t *testing.T) {
	const value = "v4lue-0f-a-variable"
	vars := env(map[string]string{
		"TIME": "1m", "URL": "http://127.0.0.1:9", "Q": value, "TOKEN": value, "DSN": "u:" + value + "@tcp(127.0.0.1:1)/d",
	})
	rapid.Check(t, func(t *rapid.T) {
		f := good(t)
		text, _ := f.YAML()
		d := Document{File: "x.yaml", Source: text}
		want, err := d.Parse(Options{Lookup: vars})
		if err != nil {
			t.Fatalf("%v of\n%s", err, text)
		}
		got, err := d.Read(Options{Lookup: vars})
		if err != nil || !reflect.DeepEqual(got, f) {
			t.Fatalf("%+v is read back as\n%+v, %v, from\n%s", f, got, err, text)
		}
		again, _ := got.YAML()
		if strings.Contains(string(again), value) {
			t.Fatalf("the value of a variable is in\n%s", again)
		}
		meant, err := Parse("x.yaml", again, Options{Lookup: vars})
		if err != nil || !reflect.DeepEqual(meant, want) {
			t.Fatalf("%+v, %v, want\n%+v, from\n%s", meant, err, want, again)
		}
	})
}

// The File of every entry of the catalogue, and of the example to begin with, makes the
// scenario that its text makes.
func TestFilesOfTheCatalogue(t *testing.T) {
	vars := env(map[string]string{
		"STRESS_DSN": "root:Senha123@tcp(127.0.0.1:3306)/meubanco", "STRESS_SINGLE": "http://127.0.0.1:1", "STRESS_CLUSTER": "http://127.0.0.1:2",
	})
	docs := []Document{Starter("shop")}
	for _, e := range Catalogue() {
		docs = append(docs, Document{File: e.Name + ".yaml", Source: []byte(e.Source)})
	}
	for _, d := range docs {
		f, err := d.Read(Options{})
		if err != nil {
			t.Fatal(err)
		}
		text, _ := f.YAML()
		want, err := d.Parse(Options{Lookup: vars})
		if err != nil {
			t.Fatal(err)
		}
		want.templates = nil // a default of a secret variable is not printed
		got, err := Parse(d.File, text, Options{Lookup: vars})
		if err != nil {
			t.Fatalf("%v of\n%s", err, text)
		}
		if got.templates = nil; !reflect.DeepEqual(got, want) {
			t.Errorf("%s is read back as\n%+v, want\n%+v", d.File, got, want)
		}
	}
}

// Keys that there are not, and values of another shape, are faults as they are to Parse.
func TestFileFaults(t *testing.T) {
	for src, want := range map[string]string{
		"load: {clints: 5}":            "load.clints: no such key",
		"load: 5":                      "load: must be a mapping, got 5",
		"load: {clients: [5]}":         "load.clients: must be a whole number from 1 to 1000000000, got a list",
		"load: {clients: }":            "load.clients: must be a whole number from 1 to 1000000000, got nothing",
		"load: {clients: 5, total: 6}": "load.total: is another spelling of clients, which is given too",
		"targets: {}":                  "targets: must be a list of at least one target, got a mapping",
		"gate: {p97: {max: 1s}}":       "gate.p97: no such key",
		"name: [":                      "is not valid YAML",
	} {
		_, err := Document{File: "x.yaml", Source: []byte(src)}.Read(Options{})
		if fs, ok := err.(Faults); !ok || len(fs) != 1 || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", src, err, want)
		}
	}
}
