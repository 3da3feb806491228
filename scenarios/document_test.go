package scenarios

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Any text survives the way into a file and back.
func TestWrittenTextReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringOf(rapid.RuneFrom([]rune(`ab1 "'\:#{}[],&*!|>%@`+"`\n\t-?.~ä€"))).Filter(func(s string) bool {
			return s != "" && !strings.Contains(s, "${")
		}).Draw(t, "text")
		d, err := Typed([]string{"http://127.0.0.1:1/"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		f, err := d.Read(Options{Set: []string{"request.expect.body=" + value}})
		if err != nil {
			t.Fatal(err)
		}
		text, _ := f.YAML()
		s, err := Parse("x.yaml", text, Options{})
		if err != nil || s.Requests[0].Expect.Body != value {
			t.Fatalf("%q became %+v, %v by\n%s", value, s, err, text)
		}
	})
}

// No secret of any place is kept in clear, and a variable that stands for one is
// named.
func TestWrittenScenariosHoldNoSecret(t *testing.T) {
	const secret = "Senha123"
	for set, variable := range map[string]string{
		"ledger={dsn: 'u:Senha123@tcp(h:1)/d', table: t, column: c}":          "STRESS_DSN",
		"ledger={dsn: 'u:Senha123@tcp(${H:-h}:1)/d', table: t, column: c}":    "STRESS_DSN",
		"ledger={dsn: '${D:-u:Senha123@tcp(h:1)/d}', table: t, column: c}":    "",
		"request.headers.Authorization=Bearer Senha123":                       "STRESS_AUTHORIZATION",
		"request.headers.X-Api-Key=Senha123":                                  "STRESS_X_API_KEY",
		"request.headers.Cookie=sid=Senha123":                                 "STRESS_COOKIE",
		"request.auth={user: ann, password: Senha123}":                        "STRESS_PASSWORD",
		"request.path=/a?api_key=Senha123&b=1":                                "STRESS_QUERY",
		"request.body=user=ann&password=Senha123":                             "STRESS_BODY",
		`request.body={"token": "Senha123"}`:                                  "STRESS_BODY",
		"targets.0.url=http://ann:Senha123@127.0.0.1:1":                       "STRESS_PASSWORD",
		"requests=[{path: /, headers: {X-Token: Senha123}}, {path: '/?a=1'}]": "STRESS_X_TOKEN",
	} {
		d := Document{File: "x.yaml", Source: []byte(smallest)}
		f, err := d.Read(Options{Set: []string{set}})
		if err != nil {
			t.Fatal(err)
		}
		text, variables := f.YAML()
		if strings.Contains(string(text), secret) {
			t.Errorf("%s is kept in clear:\n%s", set, text)
		}
		if variable != "" && !slices.Equal(variables, []string{variable}) {
			t.Errorf("%s: the variables are %q, want %s", set, variables, variable)
		}
	}
}

func TestTypedNeverReachesAnotherKey(t *testing.T) {
	for _, address := range []string{
		`http://127.0.0.1:1/"}, engine: curl, x: {y: "`, "http://127.0.0.1:1/a, url: http://127.0.0.9:9", `x=http://127.0.0.1:1/'}`,
	} {
		d, err := Typed([]string{address}, nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := d.Parse(Options{})
		if err != nil {
			if _, ok := err.(Faults); !ok || strings.Contains(err.Error(), "no such key") {
				t.Errorf("%s: %v", address, err)
			}
			continue
		}
		if s.Targets[0].URL.Host != "127.0.0.1:1" || s.Engine != DefaultEngine {
			t.Errorf("%s became %+v", address, s.Targets[0])
		}
	}
}
