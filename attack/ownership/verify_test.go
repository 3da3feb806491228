package ownership_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stress-tool/stress/attack/ownership"
)

func TestTokenIsFoundAtEachPlace(t *testing.T) {
	for _, end := range []string{"/", ".txt", ".html", ""} {
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
		if err := check(t, g, "http://user:secret@www.test/index.php?a=b"); err != nil {
			t.Fatal(err)
		}
		want := ownership.Proof{Host: "www.test", Address: netip.MustParseAddrPort("203.0.113.7:80"), Where: "http://www.test/" + tok + end}
		if got := g.Proofs(); len(got) != 1 || got[0] != want {
			t.Errorf("proofs %+v, want %+v", got, want)
		}
	}
}

// loader.io's record, on the name or on one above it.
func TestTokenInTheNamesRecords(t *testing.T) {
	for at, proves := range map[string]bool{"shop.www.test": true, "www.test": true, "two.test": false, "test": false} {
		g := guard(t, nil)
		record := "loaderio=" + strings.TrimPrefix(token(t, g, "http://shop.www.test"), "loaderio-")
		g.TXT = func(_ context.Context, name string) ([]string, error) {
			if name == at {
				return []string{"v=spf1 -all", record}, nil
			}
			return nil, errors.New("no such record")
		}
		to := netip.MustParseAddrPort("203.0.113.7:80")
		if err := g.Judge(t.Context(), origin(t, "http://shop.www.test"), to); (err == nil) != proves {
			t.Errorf("record on %s: %v", at, err)
		} else if err != nil && !strings.Contains(err.Error(), record) {
			t.Errorf("the error does not name the record: %v", err)
		}
	}
}

// The proof is asked for by every run: one that is gone no longer counts.
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
	if err := check(t, g, "http://www.test"); err != nil {
		t.Fatal(err)
	}
	served = false
	next := &ownership.Guard{KeyFile: g.KeyFile, Dial: g.Dial, TXT: g.TXT}
	if err := check(t, next, "http://www.test"); err == nil {
		t.Fatal("passed without its token")
	}
}

// A name that is rebound to a stranger has the stranger asked once in a run.
func TestStrangersAreAskedOnce(t *testing.T) {
	asked := 0
	g := guard(t, map[string]http.HandlerFunc{"www.test": func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.NotFound(w, r)
	}})
	for range 3 {
		var u *ownership.UnverifiedError
		if err := check(t, g, "http://www.test"); !errors.As(err, &u) {
			t.Fatal(err)
		}
	}
	if asked != 5 {
		t.Errorf("asked %d times, there are 4 places and a page", asked)
	}
}

// A proxy of the environment would answer for the host, and the load go past it.
func TestProxiesOfTheEnvironmentAreNotAsked(t *testing.T) {
	asked := false
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = true
		io.WriteString(w, strings.Trim(r.URL.Path, "/"))
	}))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("http_proxy", proxy.URL)
	if err := check(t, guard(t, nil), "http://www.test"); err == nil || asked {
		t.Errorf("error %v, proxy asked: %v", err, asked)
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
		"any token echoed": {func(tok string, w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, strings.Trim(r.URL.Path, "/"))
		}, "it serves any token, not only yours"},
		"a byte order mark": {func(tok string, w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "\ufeff"+tok+"\r\n")
		}, "save the file as UTF-8 without BOM"},
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
		}, "redirect to another host"},
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
			err := check(t, g, "http://www.test")
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
	if err := check(t, g, "http://www.test"); err != nil {
		t.Fatal(err)
	}
}

func TestSilentHostTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := offline(t)
		g.Dial = func(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		to := netip.MustParseAddrPort("203.0.113.7:80")
		err := g.Judge(t.Context(), origin(t, "http://www.test"), to)
		var u *ownership.UnverifiedError
		if !errors.As(err, &u) || u.Tried[2].Found != "no answer within 10s" {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := g.Judge(ctx, origin(t, "http://two.test"), to); !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelled: %v", err)
		}
	})
}

func TestErrorSaysWhatToDo(t *testing.T) {
	g := guard(t, nil)
	tok := token(t, g, "https://www.test:8443")
	u := &ownership.UnverifiedError{Host: "www.test:8443", Token: tok, Tried: []ownership.Attempt{{Where: "https://www.test:8443/" + tok + ".txt", Found: "status 404"}}}
	for _, want := range []string{"www.test:8443 is public", "\n  " + tok + "\n", "https://www.test:8443/" + tok + ".txt (status 404)"} {
		if !strings.Contains(u.Error(), want) {
			t.Errorf("%q is missing from\n%v", want, u)
		}
	}
}
