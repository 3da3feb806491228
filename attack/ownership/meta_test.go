package ownership_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stress-tool/stress/attack/ownership"
)

// The element counts in the head of the front page and nowhere else: what visitors write is in the body.
func TestTokenInTheHeadOfThePage(t *testing.T) {
	const page, plain = "text/html; charset=utf-8", "text/plain"
	for name, c := range map[string]struct{ kind, text, found string }{
		"alone":                          {page, "TAG", ""},
		"in a whole page":                {page, "<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8><title>a <b> shop</title>\n<script>if (a<b) {}</script><style></style>\n<!-- ours -->TAG</head><body>hi</body>", ""},
		"in capitals":                    {page, "<META CONTENT=TOKEN NAME=Stress-Verification>", ""},
		"closed by itself":               {page, `<meta name="stress-verification" content="TOKEN" />`, ""},
		"behind another's":               {page, `<meta name="stress-verification" content="loaderio-0"> TAG`, ""},
		"another's":                      {page, `<meta name="stress-verification" content="loaderio-0">`, "another text"},
		"more text":                      {page, `<meta name="stress-verification" content="TOKEN ">`, "another text"},
		"another element":                {page, `<meta name="description" content="TOKEN">`, "no such element"},
		"a second attribute":             {page, `<meta name="x" name="stress-verification" content="TOKEN">`, "no such element"},
		"in the body":                    {page, "<head></head><body>TAG", "no such element"},
		"in the body, before it is said": {page, "<head><title>t</title>welcome TAG", "no such element"},
		"in a paragraph":                 {page, "<p>TAG", "no such element"},
		"in a comment":                   {page, "<!-- TAG -->", "no such element"},
		"in the title":                   {page, "<title>TAG</title>", "no such element"},
		"in a script":                    {page, "<script>'TAG'</script>", "no such element"},
		"in a template":                  {page, "<template>TAG</template>", "no such element"},
		"no page":                        {plain, "TAG", "no page of HTML"},
		"no kind":                        {"", "TAG", "no page of HTML"},
		"far away":                       {page, "<!--" + strings.Repeat("x", 300<<10) + "-->TAG", "no such element"},
		"nothing":                        {page, "", "no such element"},
	} {
		t.Run(name, func(t *testing.T) {
			hosts := map[string]http.HandlerFunc{}
			g := guard(t, hosts)
			tok := token(t, g, "http://www.test")
			hosts["www.test"] = func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/" {
					http.NotFound(w, r)
					return
				}
				w.Header()["Content-Type"] = []string{c.kind}
				io.WriteString(w, strings.NewReplacer("TAG", ownership.MetaTag(tok), "TOKEN", tok).Replace(c.text))
			}
			err := check(t, g, "http://www.test/shop/?a=b")
			if c.found == "" {
				if ps := g.Proofs(); err != nil || len(ps) != 1 || ps[0].Where != "head of http://www.test/" {
					t.Fatalf("%v, proofs %+v", err, ps)
				}
				return
			}
			var u *ownership.UnverifiedError
			if !errors.As(err, &u) {
				t.Fatalf("%v, want an UnverifiedError", err)
			}
			if last := u.Tried[len(u.Tried)-1]; last.Where != ownership.MetaTag(tok)+" in the head of http://www.test/" || !strings.Contains(last.Found, c.found) {
				t.Errorf("tried %+v, want %q", last, c.found)
			}
		})
	}
}

// A page is bytes of whoever is asked.
func FuzzPage(f *testing.F) {
	for _, s := range []string{"", "<head><meta name=stress-verification content=x>", "<title>", "<script><!--<script>", "<!DOCTYPE", "\x00<\xff>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, page string) {
		const mine = "loaderio-0123456789abcdef0123456789abcdef"
		if ownership.InHead(page, mine) == "" && !strings.Contains(page, mine) && !strings.Contains(page, "&") && !strings.Contains(page, "\x00") {
			t.Errorf("%q proves %s", page, mine)
		}
	})
}
