//go:build unix

package run_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

const (
	manifest = "run.json"
	timeline = "legs/01-single/timeline.jsonl"
	latency  = "legs/01-single/latency.hlog"
	failures = "legs/01-single/failures.jsonl"
	events   = "legs/01-single/events.jsonl"
	rows     = "legs/01-single/ledger.json"
	general  = "events.jsonl" // of the run
	fleet    = "legs/01-single/generators.jsonl"
)

// swap makes a directory in which one text stands for another.
func swap(name, old, text string) func(testing.TB, crafted) {
	return func(tb testing.TB, c crafted) { c.replace(tb, name, old, text) }
}

// whole makes a directory in which one file holds something else.
func whole(name, text string) func(testing.TB, crafted) {
	return func(_ testing.TB, c crafted) { c[name] = []byte(text) }
}

// hostileRun makes a directory that no run can have. Says is what is said of it, "" where
// it can be shown for what it is.
type hostileRun struct {
	craft func(testing.TB, crafted)
	says  string
}

// hostile are directories of every kind. They are no variable: some hold 80 MB, and every
// test and fuzz worker would begin with them.
func hostile() map[string]hostileRun {
	return map[string]hostileRun{
		"round 2^62":                {swap(manifest, `"round": 1`, `"round": 4611686018427387904`), "round: cannot be"},
		"round 3 of 4 legs":         {swap(manifest, `"round": 1`, `"round": 3`), ""},
		"round 5 of 4 legs":         {swap(manifest, `"round": 1`, `"round": 5`), "round: cannot be 5"},
		"round -1":                  {swap(manifest, `"round": 1`, `"round": -1`), "round: cannot be -1"},
		"round 1.5":                 {swap(manifest, `"round": 1`, `"round": 1.5`), "cannot unmarshal"},
		"replicas 2^40":             {swap(manifest, `"replicas": 3`, `"replicas": 1099511627776`), "replicas: cannot be"},
		"replicas -3":               {swap(manifest, `"replicas": 3`, `"replicas": -3`), "replicas: cannot be"},
		"replicas 100000":           {swap(manifest, `"replicas": 3`, `"replicas": 100000`), ""},
		"a name of 50 MB":           {swap(manifest, `"a run"`, `"`+strings.Repeat("x", 50<<20)+`"`), "name: cannot be a text"},
		"a manifest of 80 MB":       {swap(manifest, `"a run"`, `"`+strings.Repeat("x", 80<<20)+`"`), "longer than 64 MiB"},
		"a name of 64 KiB":          {swap(manifest, `"a run"`, `"`+strings.Repeat("x ", 1<<15)+`"`), ""},
		"a target of 64 KiB":        {swap(manifest, `"name": "single"`, `"name": "`+strings.Repeat("x", 1<<16)+`"`), ""},
		"a note of blanks":          {swap(manifest, `"a note"`, `"`+strings.Repeat(" ", 1<<16)+`"`), ""},
		"4000 legs over one folder": {legs(4000, func(int) string { return "legs/01-single" }), "stands for two legs"},
		"one folder in two words":   {swap(manifest, `"legs/02-cluster"`, `"legs/x/../01-single"`), "stands for two legs"},
		"1000 legs of their own":    {legs(1000, func(i int) string { return fmt.Sprint("legs/", i) }), ""},
		"20000 legs":                {legs(20000, func(i int) string { return fmt.Sprint("legs/", i) }), "legs: cannot be a list"},
		"a leg above":               {swap(manifest, `"legs/01-single"`, `"../.."`), "lies outside"},
		"a leg elsewhere":           {swap(manifest, `"legs/01-single"`, `"/etc"`), "lies outside"},
		"a leg that is the run":     {swap(manifest, `"legs/01-single"`, `"."`), ""},
		"a leg without a name":      {swap(manifest, `"legs/01-single"`, `""`), "lies outside"},
		"a target that leads away":  {swap(manifest, `"name": "single"`, `"name": "../../single"`), ""},
		"no targets":                {swap(manifest, `"targets": [`, `"targets": [], "t": [`), ""},
		"two targets of one name":   {swap(manifest, `"name": "cluster"`, `"name": "single"`), ""},
		"compared with nobody":      {swap(manifest, `"candidate": "cluster"`, `"candidate": "x"`), ""},
		"compared with itself":      {swap(manifest, `"candidate": "cluster"`, `"candidate": "single"`), ""},
		"2^40 rounds asked for":     {swap(manifest, `"rounds": 2`, `"rounds": 1099511627776`), ""},
		"requests without names":    {swap(manifest, `"GET /b"`, `""`), ""},
		"no requests":               {swap(manifest, `"requests": [`, `"requests": [], "r": [`), ""},
		"a negative rate":           {swap(manifest, `"rate_rps": 4`, `"rate_rps": -4`), ""},
		"a rate of 1e308":           {swap(manifest, `"rate_rps": 4`, `"rate_rps": 1e308`), "load.rate_rps: cannot be"},
		"no time at all":            {swap(manifest, `"duration_s": 3`, `"duration_s": 0`), ""},
		"a leg of -3 s":             {swap(manifest, `"complete": true`, `"complete": true, "duration_s": -3`), "duration_s: cannot be -3"},
		"a leg of 300 years":        {swap(manifest, `"complete": true`, `"complete": true, "duration_s": 9467280000`), "duration_s: cannot be"},
		"a leg of 1 ns":             {swap(manifest, `"complete": true`, `"complete": true, "duration_s": 1e-9`), ""},
		"a leg's load of 1e308":     {swap(manifest, `"dir": "legs/01-single"`, `"dir": "legs/01-single", "load": {"rate_rps": 1e308}`), "legs.0.load.rate_rps: cannot be"},
		"a leg's load, and closed":  {swap(manifest, `"dir": "legs/01-single"`, `"dir": "legs/01-single", "load": {"words": "<script>", "clients": -1}`), ""},
		"a threshold of nonsense":   {swap(manifest, `"p95 < 500ms"`, `"p95 << many"`), "threshold"},
		"planned 2^64-1":            {swap(manifest, `"planned": 12`, `"planned": 18446744073709551615`), ""},
		"begun in year 9999":        {swap(manifest, `"2026-03-01T12:00:00Z"`, `"9999-12-31T23:59:59Z"`), ""},
		"begun after its end":       {swap(manifest, `"started": "2026`, `"started": "2126`), ""},
		"brackets 100000 deep":      {whole(manifest, `{"schema": 1, "scenario": `+strings.Repeat("[", 100000)), "exceeded max depth"},
		"an empty manifest":         {whole(manifest, ""), "unexpected end"},
		"cpu 1e308":                 {swap(timeline, `"cpu":0.1`, `"cpu":1e308`), "cpu: cannot be"},
		"cpu 9e15":                  {swap(timeline, `"cpu":0.1`, `"cpu":9e15`), ""},
		"cpu NaN":                   {swap(timeline, `"cpu":0.1`, `"cpu":NaN`), "invalid character"},
		"a second of 2^62":          {swap(timeline, `"t":2`, `"t":4611686018427387904`), "t: cannot be"},
		"a second of a month":       {swap(timeline, `"t":2`, `"t":2678399`), ""},
		"seconds in disorder":       {swap(timeline, `"t":2`, `"t":0`), "cannot be 0 after 1"},
		"a second of -1":            {swap(timeline, `"t":0`, `"t":-1`), "t: cannot be -1"},
		"counts of 2^64-1":          {swap(timeline, `"sent":4`, `"sent":18446744073709551615`), ""},
		"no seconds":                {whole(timeline, ""), ""},
		"a line of 80 MB":           {whole(timeline, strings.Repeat("x", 80<<20)), "more than 4 MiB"},
		"a line of blanks":          {whole(timeline, strings.Repeat(" ", 80<<20)+"\n"), "more than 4 MiB"},
		"times of 80 MB":            {whole(latency, strings.Repeat("x", 80<<20)+"\n"), "more than 4 MiB"},
		"no times":                  {whole(latency, ""), ""},
		"times of another shape":    {times(1, 1<<62), "geometry"},
		"times after 100 years":     {swap(latency, "=response,1.000000,", "=response,3e9,"), ""},
		"100000 failures":           {whole(failures, strings.Repeat(`{"class":"cut"}`+"\n", 100000)), "longer than 16384 lines"},
		"a class of nobody's":       {swap(failures, "http_5xx", "http_6xx"), "unknown outcome class"},
		"an event before the leg":   {whole(events, `{"at_s":-9e15,"kind":"","text":""}`+"\n"), ""},
		"events of any kind":        {swap(events, `"kind":"note"`, `"kind":"\u001b[2J<script>alert(1)</script>"`), ""},
		"attributes of any text":    {swap(events, `"node":"n1"`, `"":"\u001b[2J\u202e"`), ""},
		"an attribute of 100 KB":    {swap(events, `"n1"`, `"`+strings.Repeat("x", 100<<10)+`"`), "attrs.\"node\": cannot be a text"},
		"100 attributes":            {swap(events, `"node":"n1"`, attributes(100)), "attrs: cannot be 100 attributes"},
		"attributes that are none":  {swap(events, `{"node":"n1"}`, `["node"]`), "cannot unmarshal"},
		"the run's events at -2^53": {whole(general, `{"at_s":-9e15,"kind":"abort","text":"x"}`+"\n"), ""},
		"the run's events, torn":    {whole(general, `{"at_s":1,"kind":"abo`), ""},
		"the run's events, broken":  {whole(general, `{"at_s":1,"kind":`+"\n"), "events.jsonl:1: unexpected end"},
		"100000 events of the run":  {whole(general, strings.Repeat("{}\n", 100000)), "events.jsonl:16385: cannot be longer"},
		"rows of -2^63":             {swap(rows, `"b": 4`, `"b": -9223372036854775808`), "cannot be"},
		"rows of 2^53":              {swap(rows, `"b": 4`, `"b": 9007199254740992`), ""},
		"rows deleted":              {swap(rows, `"a": 5`, `"a": 0`), ""},
		"100000 hosts":              {many(100000), "cannot be a list"},
		"10000 hosts":               {many(10000), ""},
		"hosts without names":       {swap(rows, `"b": 4`, `"": 4`), ""},
		"orders in a host's name":   {swap(rows, `"b": 4`, `"\u001b[2J\u202e<script>alert(1)</script>": 4`), ""},
		"two agents":                {agents(`{"name": "a", "of": 2}, {"name": "b", "part": 1, "of": 2}`, `{"agent":1}`+"\n"), ""},
		"300 agents":                {agents(strings.Repeat(`{"name": "n"}, `, 299)+`{"name": "n"}`, ""), "legs.0.agents: cannot be a list of 300"},
		"200 agents of one name":    {agents(strings.Repeat(`{"name": "n"}, `, 199)+`{"name": "n"}`, ""), ""},
		"an agent without a name":   {agents(`{"part": 0}`, ""), "agents.0.name: cannot be empty"},
		"a part of -1":              {agents(`{"name": "n", "part": -1, "of": 2}`, ""), "agents.0.part: cannot be -1"},
		"a weight of 9e15":          {agents(`{"name": "n", "weight": 9e15}, {"name": "m"}`, ""), ""},
		"a clock of 9e15":           {agents(`{"name": "n", "start": {"offset_s": -9e15, "bound_s": 9e15}, "end": {"offset_s": 9e15, "bound_s": 0}}`, ""), ""},
		"a clock of NaN":            {agents(`{"name": "n", "start": {"offset_s": NaN}}`, ""), "invalid character"},
		"an agent of 2^64-1":        {agents(`{"name": "n", "planned": 18446744073709551615, "sent": 18446744073709551615, "unsure": 18446744073709551615}`, `{"sent":18446744073709551615}`+"\n"), ""},
		"an agent lost for ever":    {agents(`{"name": "n", "lost": "\u001b[2J<script>", "lost_s": 9e15}`, ""), ""},
		"orders in an agent's name": {agents(`{"name": "\u001b[2J\u202e<script>alert(1)</script>", "version": "=cmd()"}`, ""), ""},
		"seconds of a third of two": {agents(`{"name": "a"}, {"name": "b"}`, `{"agent":2}`+"\n"), "generators.jsonl:1: agent: cannot be 2: the leg has 2"},
		"seconds of agent -1":       {agents(`{"name": "a"}`, `{"agent":-1}`+"\n"), "agent: cannot be -1"},
		"an agent's disorder":       {agents(`{"name": "a"}`, `{"t":1}`+"\n"+`{"t":1}`+"\n"), "cannot be 1 after 1"},
		"an agent's second, torn":   {agents(`{"name": "a"}`, `{"t":1,"sent`), ""},
		"a lag of 9e15":             {agents(`{"name": "a"}`, `{"lag_p99_ms":9e15,"cpu":9e15}`+"\n"), ""},
		"agents of no leg":          {whole(fleet, `{"agent":7}`+"\n"), ""},
		"times of agent 999":        {swap(latency, "Tag=lag,", "Tag=agent.999.response,"), ""},
		"times of agent nothing":    {swap(latency, "Tag=lag,", "Tag=agent.,"), ""},
		"no ledger after":           {swap(rows, `"after"`, `"aft"`), ""},
	}
}

// agents puts agents into the first leg, and their seconds beside it.
func agents(list, seconds string) func(testing.TB, crafted) {
	return func(tb testing.TB, c crafted) {
		c.replace(tb, manifest, `"dir": "legs/01-single"`, `"dir": "legs/01-single", "agents": [`+list+`]`)
		c[fleet] = []byte(seconds)
	}
}

// attributes are n of them.
func attributes(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(`"%d":""`, i)
	}
	return strings.Join(all, ",")
}

// legs puts other legs for the run's.
func legs(n int, dir func(int) string) func(testing.TB, crafted) {
	return func(tb testing.TB, c crafted) {
		before, _, _ := bytes.Cut(c[manifest], []byte(`"legs": [`))
		var b bytes.Buffer
		b.Write(before)
		for i := range n {
			fmt.Fprintf(&b, `%s{"dir": %q, "target": "single", "round": %d, "complete": true}`, []string{`"legs": [`, ", "}[min(i, 1)], dir(i), i+1)
		}
		b.WriteString(`], "sealed": true}`)
		c[manifest] = b.Bytes()
	}
}

// many puts that many hosts in a ledger.
func many(hosts int) func(testing.TB, crafted) {
	return func(_ testing.TB, c crafted) {
		var b bytes.Buffer
		b.WriteString(`{"before": {}, "after": {"a": 1`)
		for i := range hosts {
			fmt.Fprintf(&b, `, "host-%d": 1`, i)
		}
		b.WriteString(`}, "settled": true}`)
		c[rows] = b.Bytes()
	}
}

// times puts a line of a histogram of other bounds behind the others.
func times(lowest, highest int64) func(testing.TB, crafted) {
	return func(tb testing.TB, c crafted) {
		text, err := hdr.New(lowest, highest, 5).Encode(hdr.V2CompressedEncodingCookieBase)
		must(tb, err)
		c[latency] = append(c[latency], fmt.Sprintf("Tag=response,2.000000,1.000000,1.000000,%s\n", text)...)
	}
}

// Whatever a directory holds, it is read or refused, and shown in every format and
// every plot; its size is what it costs.
func TestHostileDirectories(t *testing.T) {
	made := healthy(t, 2, 2)
	for name, c := range hostile() {
		t.Run(name, func(t *testing.T) {
			dir, it := t.TempDir(), maps.Clone(made)
			c.craft(t, it)
			it.write(t, dir)
			says(t, show(t, dir), c.says)
		})
	}
}

// What stands where a file of the run should be: it is not waited for, not read for
// ever, and not followed.
func TestWhatIsNoFile(t *testing.T) {
	made := healthy(t, 1, 2)
	secret := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(secret, []byte("{}\n"), 0o644))
	for _, name := range []string{manifest, timeline, latency, failures, events, rows, general} {
		for what, put := range map[string]func(path string) error{
			"a named pipe":        func(path string) error { return syscall.Mkfifo(path, 0o644) },
			"a link to a device":  func(path string) error { return os.Symlink("/dev/zero", path) },
			"a link to elsewhere": func(path string) error { return os.Symlink(secret, path) },
			"a link to itself":    func(path string) error { return os.Symlink(filepath.Base(path), path) },
			"a folder":            func(path string) error { return os.Mkdir(path, 0o755) },
			"a file of 1 TiB":     func(path string) error { return sparse(path, 1<<40) },
		} {
			t.Run(name+" is "+what, func(t *testing.T) {
				dir := t.TempDir()
				made.write(t, dir)
				path := filepath.Join(dir, filepath.FromSlash(name))
				must(t, os.Remove(path), put(path))
				if err := show(t, dir); err == nil {
					t.Error("was read")
				}
			})
		}
	}
}

// sparse makes a file of that size which takes no room on the disk.
func sparse(path string, size int64) error {
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		return err
	}
	return os.Truncate(path, size)
}

func says(tb testing.TB, err error, want string) {
	tb.Helper()
	if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
		tb.Errorf("%.300v, want %q", err, want)
	}
}
