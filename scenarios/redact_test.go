package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/internal/golden"
)

// confidential has a secret in every place that can hold one.
const confidential = `
name: run by ${WHO}
load: {type: maintain-load, clients: "${N:-5}", duration: 1m}
requests:
  - path: /login?user=me&token=q-literal&next=/
    method: POST
    headers:
      Authorization: Bearer h-literal
      Cookie: c-literal
      X-Api-Key: k-literal
      X-Client-Secret: s-literal
      X-Plain: plain
      X-From-Env: "is ${VALUE}"
    body: '{"password": "b-literal"}'
    auth: &auth {user: "${WHO}", password: p-literal}
    expect: {body: "hello ${WHO}", match: "${VALUE}", header: {Set-Cookie: e-literal}}
  - path: /items/${VALUE}?q=${VALUE}
    auth: *auth
  - path: /items/${VALUE}
    headers: {Authorization: "${VALUE}"}
targets:
  - {name: one, url: "http://u-literal:w-literal@127.0.0.1:8080"}
  - {name: two, url: "${ADDRESS}"}
ledger: {dsn: "d-user:d-literal@tcp(127.0.0.1:3306)/meubanco?tls=d-param", table: dados, column: Host}
`

func confidentialEnv(who, value string) Lookup {
	return env(map[string]string{"WHO": who, "VALUE": value, "ADDRESS": "http://" + "a-user:a-pass@127.0.0.1:9090"})
}

func TestRedacted(t *testing.T) {
	s, err := Parse("secrets.yaml", []byte(strings.ReplaceAll(strings.Replace(confidential, "Authorization: Bearer h-literal", "X-Token: h-literal", 1), "tls=d-param", "timeout=5s")),
		Options{Lookup: confidentialEnv("Mallory", "v-value")})
	if err != nil {
		t.Fatal(err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, s.Redacted(), "", "  "); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/redacted.golden", append(indented.Bytes(), '\n'))
	everything := indented.String() + s.SuccessWords() + fmt.Sprint(s.Notes) + s.Requests[2].Name
	for _, secret := range []string{"-literal", "Mallory", "v-value", "a-user", "a-pass", "d-user"} {
		if strings.Contains(everything, secret) {
			t.Errorf("%s is shown", secret)
		}
	}
}

// Whatever is wrong with a scenario, no fault repeats a secret of it, as long as
// there is still a key, or the form of an address, that tells it is one.
func TestFaultsKeepSecrets(t *testing.T) {
	lines := strings.Split(confidential, "\n")
	told := map[string]string{
		"Mallory": "", "v-value": "", "a-pass": "", // from variables
		"d-literal": `dsn: "d-user:d-literal@tcp`, "w-literal": "://u-literal:w-literal@", "p-literal": "password: p-literal",
		"h-literal": "Authorization: Bearer h-literal", "c-literal": "Cookie: c-literal", "k-literal": "X-Api-Key: k-literal",
		"s-literal": "X-Client-Secret: s-literal", "e-literal": "Set-Cookie: e-literal",
	}
	junk := []string{"@", "\t", ": ", "[", "}", "'", "\"", "? ", "- ", "&a ", "*b ", ",", "${", "x: 1", "|", "\n", "#"}
	rapid.Check(t, func(t *rapid.T) {
		spoilt := slices.Clone(lines)
		at := rapid.IntRange(1, len(spoilt)-2).Draw(t, "line")
		col := rapid.IntRange(0, len(spoilt[at])).Draw(t, "col")
		spoilt[at] = spoilt[at][:col] + rapid.SampledFrom(junk).Draw(t, "junk") + spoilt[at][col:]
		src := strings.Join(spoilt, "\n") + "unknown: 1\n"
		_, err := Parse("s.yaml", []byte(src), Options{Lookup: confidentialEnv("Mallory/", "v-value[(")})
		fs, ok := err.(Faults)
		if !ok {
			t.Fatalf("no faults but %v", err)
		}
		text := fs.Render()
		for secret, telltale := range told {
			if strings.Contains(src, telltale) && strings.Contains(text, secret) {
				t.Fatalf("%s is shown:\n%s\nof\n%s", secret, text, src)
			}
		}
	})
}
