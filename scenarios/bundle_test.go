package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const bundled = `
load: {type: rate, rate: 10, duration: 2s}
feeds: [{name: users, file: users.csv}]
requests:
  - {path: "/{{user}}", method: POST, body_file: body.txt, headers: {X-Api-Token: "${TOKEN}"}}
  - {path: "/${PLACE:-somewhere}", auth: {user: me, password: "${PASSWORD}"}}
targets: [{name: a, url: "https://127.0.0.1:1", tls: {ca: ca.pem}}]
`

// A bundle is read elsewhere as the scenario was read here, without its files and its variables, and knows
// the same secrets.
func TestBundlesAreReadElsewhere(t *testing.T) {
	dir := t.TempDir()
	pem, _ := writePEM(t, t.TempDir())
	authority, err := os.ReadFile(pem)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"users.csv": "user\nann\nbob\n", "body.txt": "hello", "ca.pem": string(authority)}
	content := map[string]string{}
	for name, text := range files {
		path := filepath.Join(dir, name)
		content[path] = text
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	environment := map[string]string{"TOKEN": "zaphod-beeblebrox", "PASSWORD": "marvin-the-robot", "OTHER": "is not asked for"}
	lookup := func(name string) (string, bool) { v, ok := environment[name]; return v, ok }
	opts := Options{Lookup: lookup, Set: []string{"load.rate=20"}, Rounds: 3}
	here, b, err := Document{File: filepath.Join(dir, "shop.yaml"), Source: []byte(bundled)}.Bundle(opts)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), environment["OTHER"]) || len(b.Files) != 3 || len(b.Variables) != 2 {
		t.Errorf("the bundle has %v and %v", b.Files, b.Variables)
	}
	var came Bundle
	if err := json.Unmarshal(text, &came); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	there, err := came.Parse(func(path string) (io.ReadCloser, error) {
		if !slices.Contains(came.Files, path) {
			return nil, fmt.Errorf("%s is not in the bundle", path)
		}
		return io.NopCloser(strings.NewReader(content[path])), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	said := "zaphod-beeblebrox and marvin-the-robot"
	switch {
	case !bytes.Equal(here.Redacted(), there.Redacted()) || here.Name != there.Name || here.Source != there.Source:
		t.Errorf("read as\n%s\nwas\n%s", there.Redacted(), here.Redacted())
	case !reflect.DeepEqual(here.Requests, there.Requests), !reflect.DeepEqual(here.Loads, there.Loads), !reflect.DeepEqual(here.Feeds, there.Feeds), there.Targets[0].Roots == nil:
		t.Errorf("read as %+v\nwas %+v", there, here)
	case there.Secrets().Blot(said) != here.Secrets().Blot(said) || there.Secrets().Blot(said) == said:
		t.Errorf("the secrets differ: %s", there.Secrets().Blot(said))
	}
	if _, err := came.Parse(func(string) (io.ReadCloser, error) { return nil, os.ErrPermission }); err == nil {
		t.Error("files that cannot be read are no fault")
	}
}

// A bundle comes from whoever may command an agent: it is refused, or read as a scenario that is read the same again.
func FuzzBundle(f *testing.F) {
	for _, b := range []Bundle{
		{File: "/x/a.yaml", Source: []byte(bundled), Variables: map[string]string{"TOKEN": "zaphod", "PASSWORD": "marvin"}, Files: []string{"/x/users.csv", "/x/body.txt", "/x/ca.pem"}},
		{Source: []byte(smallest), Set: []string{"load.rate=7"}, Loads: []string{"a"}, Rounds: 3},
	} {
		text, err := json.Marshal(b)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var b Bundle
		if json.Unmarshal(text, &b) != nil {
			return
		}
		open := func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("user\nann\n")), nil }
		s, err := b.Parse(open)
		if err != nil {
			return
		}
		again, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		var came Bundle
		if err := json.Unmarshal(again, &came); err != nil {
			t.Fatal(err)
		}
		if there, err := came.Parse(open); err != nil || !bytes.Equal(there.Redacted(), s.Redacted()) {
			t.Fatalf("%s is read as another again: %v", text, err)
		}
	})
}
