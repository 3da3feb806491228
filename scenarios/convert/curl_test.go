package convert_test

import (
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/stress-tool/stress/scenarios/convert"
)

// What curl 7.88 sends of each line, as a server has recorded it, is what the scenario asks for.
func TestLinesAskForWhatCurlSends(t *testing.T) {
	const kind = "application/x-www-form-urlencoded"
	t.Chdir(t.TempDir())
	for _, file := range []string{"a.txt", "b c.txt"} {
		if err := os.WriteFile(file, []byte("a\nb\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for line, want := range map[string]struct {
		path, body, file string
		header           map[string]string
		leftOut          string
	}{
		`curl ADDRESS/a --data-urlencode 'c=x y&z' -d b=two`: {path: "/a", body: "c=x+y%26z&b=two", header: map[string]string{"Content-Type": kind}},
		`curl ADDRESS/a -G --data-urlencode '=a=b c'`:        {path: "/a?a%3Db+c"},
		`curl ADDRESS/a -d @a.txt`:                           {path: "/a", file: "a.txt", header: map[string]string{"Content-Type": kind}, leftOut: "without the ends of its lines"},
		`curl ADDRESS/a --data-binary @a.txt`:                {path: "/a", file: "a.txt", header: map[string]string{"Content-Type": kind}},
		`curl ADDRESS/up/ -T './b c.txt'`:                    {path: "/up/b%20c.txt", file: "./b c.txt"},
		`curl 'ADDRESS/x/?q=1' -T a.txt`:                     {path: "/x/a.txt?q=1", file: "a.txt"},
		`curl ADDRESS -T a.txt`:                              {path: "/a.txt", file: "a.txt"},
		`curl ADDRESS/up -T a.txt`:                           {path: "/up", file: "a.txt"},
		`curl ADDRESS/a -H 'Connection: close'`:              {path: "/a", header: map[string]string{"Connection": "close"}},
		`curl ADDRESS/a -H 'connection: Keep-Alive'`:         {path: "/a"},
		`curl ADDRESS/a -H 'Transfer-Encoding: chunked'`:     {path: "/a", leftOut: "a body is sent with its length"},
		`$ curl.exe --ssl-no-revoke --proto =http ADDRESS/a`: {path: "/a"},
		`/usr/bin/curl --path-as-is ADDRESS/a/..b/.c`:        {path: "/a/..b/.c"},
	} {
		s, err := convert.Curl([]byte(strings.Replace(line, "ADDRESS", "http://127.0.0.1", 1)), convert.Options{})
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		r, leftOut := s.File.Request, strings.Join(s.LeftOut, "\n")
		if r.Path != want.path || r.Body != want.body || r.BodyFile != want.file || !maps.Equal(r.Headers, want.header) {
			t.Errorf("%s: %+v, want %+v", line, r, want)
		}
		if (want.leftOut == "") != (leftOut == "") || !strings.Contains(leftOut, want.leftOut) {
			t.Errorf("%s leaves out %q, want %q", line, leftOut, want.leftOut)
		}
	}
}

// Parts of a form, as curl 7.88 sends them.
func TestFormsAskForWhatCurlSends(t *testing.T) {
	for form, want := range map[string]string{
		`-F 'a="x; y";type=text/plain'`:         "text/plain|x; y",
		`-F 'a=x;y'`:                            "|x",
		`-F 'a=x;y=z;type=t/u'`:                 "t/u|x",
		`-F 'a=x;type=text/html; charset=utf8'`: "text/html; charset=utf8|x",
		`-F 'a= lead '`:                         "|lead",
		`-F 'a="say \"hi\" \\ \n"'`:             `|say "hi" \ \n`,
		`-F 'a="q" z'`:                          "|q",
		`-F 'a=x ; type=text/plain'`:            "text/plain|x",
		`-F 'a="unclosed'`:                      `|"unclosed`,
		`-F 'a={"k": 1};type=application/json'`: `application/json|{"k": 1}`,
		`--form-string 'a=@b;type=x'`:           "|@b;type=x",
	} {
		kind, value, _ := strings.Cut(want, "|")
		if kind != "" {
			kind = "Content-Type: " + kind + "\r\n"
		}
		want := "--stress-form-boundary-7d91f3c2\r\nContent-Disposition: form-data; name=\"a\"\r\n" + kind + "\r\n" + value + "\r\n--stress-form-boundary-7d91f3c2--\r\n"
		s, err := convert.Curl([]byte("curl http://127.0.0.1/ "+form), convert.Options{})
		if err != nil || s.File.Request.Body != want {
			t.Errorf("%s: %v, %q, want %q", form, err, s.File.Request.Body, want)
		}
	}
}
