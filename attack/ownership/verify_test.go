package ownership_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stress-tool/stress/attack/ownership"
)

func TestTokenIsFoundAtEachPlace(t *testing.T) {
	for _, end := range []string{"/", ".txt", ".html"} {
		hosts := map[string]http.HandlerFunc{}
		g := guard(t, hosts)
		tok := token(t, g, "http://www.test")
		hosts["www.test"] = func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/"+tok+end || r.Header.Get("Authorization") != "" {
				http.NotFound(w, r)
				return
			}
			fmt.Fprintf(w, "  %s\r\n", tok)
		}
		target := parse(t, "http://user:secret@www.test/index.php?a=b")
		proof, err := g.Verify(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		want := ownership.Proof{Host: "www.test", URL: "http://www.test/" + tok + end, Where: "/" + tok + end}
		if proof != want {
			t.Errorf("proof %+v, want %+v", proof, want)
		}
		if err := g.Check(t.Context(), target); err != nil {
			t.Error(err)
		}
	}
}

// The proof is asked for every time: one that is gone no longer counts.
func TestProofIsNotRemembered(t *testing.T) {
	hosts := map[string]http.HandlerFunc{}
	g := guard(t, hosts)
	tok := token(t, g, "http://www.test")
	served := true
	hosts["www.test"] = func(w http.ResponseWriter, r *http.Request) {
		if served {
			io.WriteString(w, tok)
		}
	}
	if err := g.Check(t.Context(), parse(t, "http://www.test")); err != nil {
		t.Fatal(err)
	}
	served = false
	if err := g.Check(t.Context(), parse(t, "http://www.test")); err == nil {
		t.Fatal("passed without its token")
	}
}

func TestWhatIsNoProof(t *testing.T) {
	for name, c := range map[string]struct {
		serve func(tok string, w http.ResponseWriter, r *http.Request)
		found string
	}{
		"another user's token": {func(tok string, w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "loaderio-"+strings.Repeat("0", 32))
		}, "another text"},
		"more text": {func(tok string, w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "<p>%s</p>", tok)
		}, "another text"},
		"the path echoed": {func(tok string, w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, r.URL.Path)
		}, "another text"},
		"a large body": {func(tok string, w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, tok+strings.Repeat(" ", 5000))
		}, "more than 4096 bytes"},
		"another status": {func(tok string, w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusNonAuthoritativeInfo)
			io.WriteString(w, tok)
		}, "status 203"},
		"a body cut short": {func(tok string, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, tok)
		}, "unexpected EOF"},
		"a redirect elsewhere": {func(tok string, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://two.test/"+tok, http.StatusFound)
		}, "redirect to another host, two.test"},
		"another port": {func(tok string, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://www.test:81/"+tok, http.StatusFound)
		}, "redirect to another host, www.test:81"},
		"a redirect to a file": {func(tok string, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "file:///"+tok, http.StatusFound)
		}, "the scheme must be http or https"},
		"a circle": {func(tok string, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/again", http.StatusFound)
		}, "more than 5 redirects"},
	} {
		t.Run(name, func(t *testing.T) {
			hosts := map[string]http.HandlerFunc{}
			g := guard(t, hosts)
			tok := token(t, g, "http://www.test")
			hosts["www.test"] = func(w http.ResponseWriter, r *http.Request) { c.serve(tok, w, r) }
			serves := func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, tok) }
			hosts["two.test"], hosts["www.test:81"] = serves, serves
			_, err := g.Verify(t.Context(), parse(t, "http://www.test"))
			var u *ownership.UnverifiedError
			if !errors.As(err, &u) {
				t.Fatalf("%v, want an UnverifiedError", err)
			}
			if got := u.Tried[0].Found; !strings.Contains(got, c.found) {
				t.Errorf("found %q, want %q", got, c.found)
			}
		})
	}
}

func TestRedirectOnTheSameHostIsFollowed(t *testing.T) {
	hosts := map[string]http.HandlerFunc{}
	g := guard(t, hosts)
	tok := token(t, g, "http://www.test")
	hosts["www.test"] = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			io.WriteString(w, tok)
			return
		}
		http.Redirect(w, r, "http://WWW.test:80/moved", http.StatusFound)
	}
	hosts["WWW.test:80"], hosts["WWW.test"] = hosts["www.test"], hosts["www.test"]
	if _, err := g.Verify(t.Context(), parse(t, "http://www.test")); err != nil {
		t.Fatal(err)
	}
}

// transport answers without a network, so that time may be faked.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestSilentHostTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := offline(t)
		g.Client = &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})}
		_, err := g.Verify(t.Context(), parse(t, "http://www.test"))
		var u *ownership.UnverifiedError
		if !errors.As(err, &u) || u.Tried[2].Found != "no answer within 10s" {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := g.Verify(ctx, parse(t, "http://www.test")); !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelled: %v", err)
		}
	})
}

func TestErrorSaysWhatToDo(t *testing.T) {
	g := guard(t, nil)
	tok := token(t, g, "https://www.test:8443")
	u := &ownership.UnverifiedError{Host: "www.test:8443", Token: tok, Tried: []ownership.Attempt{{URL: "https://www.test:8443/" + tok + ".txt", Found: "status 404"}}}
	for _, want := range []string{"www.test:8443 is public", "\n  " + tok + "\n", "https://www.test:8443/" + tok + ".txt (status 404)", "--i-own-this-target"} {
		if !strings.Contains(u.Error(), want) {
			t.Errorf("%q is missing from\n%v", want, u)
		}
	}
}
