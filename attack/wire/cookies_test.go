package wire_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stress-tool/stress/attack/wire"
)

var shop = &url.URL{Scheme: "http", Host: "shop.test", Path: "/a/b"}

// sent are the names that a client sends to an address.
func sent(c *wire.Cookies, u *url.URL) string {
	var names []string
	for _, k := range c.For(u) {
		names = append(names, k.Name)
	}
	return strings.Join(names, " ")
}

func TestNewCookiesTakeThePlaceOfTheOldest(t *testing.T) {
	var c wire.Cookies
	for i := range 10 * wire.MaxCookies {
		var of http.Cookie
		switch i % 3 { // each has its own way to be found again
		case 0:
			of = http.Cookie{Path: "/"}
		case 1:
			of = http.Cookie{Domain: ".shop.test", Path: "/a"}
		}
		of.Name, of.Value = fmt.Sprintf("n%d", i), "v"
		c.Keep(shop, []*http.Cookie{&of})
		if n := len(c.For(shop)); n != min(i+1, wire.MaxCookies) {
			t.Fatalf("%d cookies after %d were set", n, i+1)
		}
	}
	names := " " + sent(&c, shop) + " "
	for i := range wire.MaxCookies {
		if name := fmt.Sprintf(" n%d ", 9*wire.MaxCookies+i); !strings.Contains(names, name) {
			t.Errorf("%s is one of the newest, and not sent", name)
		}
	}
}

func TestManyCookiesAtOnceAreBounded(t *testing.T) {
	var c wire.Cookies
	var all []*http.Cookie
	for i := range 500 {
		all = append(all, &http.Cookie{Name: fmt.Sprintf("n%d", i), Value: strings.Repeat("v", 1000)})
	}
	for range 5 {
		c.Keep(shop, all)
	}
	if n := len(c.For(shop)); n != wire.MaxCookies {
		t.Errorf("%d cookies of 500, want %d", n, wire.MaxCookies)
	}
}

func TestACookieLongerThanBrowsersTakeIsNotKept(t *testing.T) {
	var c wire.Cookies
	c.Keep(shop, []*http.Cookie{
		{Name: "long", Value: strings.Repeat("v", wire.MaxCookie-3)},
		{Name: "full", Value: strings.Repeat("v", wire.MaxCookie-4)},
	})
	if got := sent(&c, shop); got != "full" {
		t.Errorf("sent %q", got)
	}
}

// A cookie that is set again, or taken back, is no new one.
func TestASessionOutlastsWhatIsSetAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c wire.Cookies
		c.Keep(shop, []*http.Cookie{{Name: "session", Value: "s"}})
		for i := range 1000 {
			brief := &http.Cookie{Name: fmt.Sprintf("brief%d", i), Value: "b", MaxAge: 1}
			taken := &http.Cookie{Name: fmt.Sprintf("taken%d", i), Value: "t"}
			c.Keep(shop, []*http.Cookie{{Name: "same", Value: fmt.Sprint(i)}, brief, taken})
			c.Keep(shop, []*http.Cookie{{Name: taken.Name, MaxAge: -1}})
			time.Sleep(20 * time.Millisecond) // the test's clock: some 50 brief ones are alive
		}
		if got := sent(&c, shop); !strings.Contains(got, "session") || !strings.Contains(got, "same") {
			t.Errorf("sent %q", got)
		}
	})
}

func TestACookieForAnotherSiteTakesNoPlace(t *testing.T) {
	var c wire.Cookies
	c.Keep(shop, []*http.Cookie{{Name: "session", Value: "s"}})
	for i := range 2 * wire.MaxCookies {
		c.Keep(shop, []*http.Cookie{{Name: fmt.Sprintf("n%d", i), Value: "v", Domain: "other.test"}})
	}
	if got := sent(&c, shop); got != "session" {
		t.Errorf("sent %q", got)
	}
}

func TestCookiesAreWrittenAsNetHTTPDoes(t *testing.T) {
	var c wire.Cookies
	c.Keep(shop, (&http.Response{Header: http.Header{"Set-Cookie": {`a="b c"`, "d=", "e=f,g", `h="i"`, "j=k; Path=/a"}}}).Cookies())
	m := wire.Message{Method: "GET", URL: shop, Header: http.Header{"Cookie": {"mine=1"}}}
	want := &http.Request{Header: m.Header.Clone()}
	for _, k := range c.For(shop) {
		want.AddCookie(k)
	}
	if got, want := m.Build(t.Context(), c.For(shop), 0).Header["Cookie"], want.Header["Cookie"]; len(got) != 1 || got[0] != want[0] {
		t.Errorf("got %q, want %q", got, want)
	}
}

func BenchmarkCookiesAtTheirBound(b *testing.B) {
	var c wire.Cookies
	for i := 0; b.Loop(); i++ {
		c.Keep(shop, []*http.Cookie{{Name: fmt.Sprintf("n%d", i), Value: "v"}})
		c.For(shop)
	}
}
