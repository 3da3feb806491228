package server_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/reach"
)

// Whoever may name an address reaches nothing of this machine through the server, however that is written, and
// neither does where it leads on.
func TestNoAddressLeadsInside(t *testing.T) {
	var asked atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(inside.Close)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(inside.URL, "http://"))
	v := serve(t, t.TempDir(), server.Options{Open: true})
	var pinged []string
	for _, host := range []string{
		"127.0.0.1", "localhost", "127.1", "127.000.000.001", "0177.0.0.1", "0x7f.0.0.1", "2130706433", "017700000001", "0x7f000001", "0.0.0.0", "0", "[::1]", "[::]", "[::ffff:127.0.0.1]",
		"[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1%25lo]", "127.0.0.1.", "localhost.", "①②⑦.⓪.⓪.①", "me@127.0.0.1", "shop.example@127.0.0.1", "169.254.169.254",
	} {
		test := v.keptTest(host)
		answer, _ := v.post("/tests/"+test.ID+"/notify", url.Values{"callback": {"http://" + host + ":" + port + "/"}, "form": {"form"}, "tell": {"end"}}, nil)
		if answer.StatusCode == http.StatusUnprocessableEntity {
			continue // it is no address at all
		}
		if answer, _ := v.post("/tests/"+test.ID+"/notify/ping", nil, nil); answer.StatusCode != http.StatusSeeOther {
			t.Errorf("a ping to %s is answered by %d", host, answer.StatusCode)
		}
		pinged = append(pinged, test.ID)
		// The same as where a payload file is.
		v.post("/tests/new", url.Values{"do": {"run"}, "type": {"clients-per-test"}, "clients": {"1"}, "duration": {"1"}, "unit": {"s"}, "protocol": {"http"}, "method": {"GET"}, "host": {"127.0.0.1:1"},
			"path": {"/?{{a}}"}, "payload_url": {"http://" + host + ":" + port + "/a.csv"}}, nil)
	}
	if len(pinged) < 10 {
		t.Errorf("%d addresses were tried", len(pinged))
	}
	for _, id := range pinged {
		until(t, "what became of a ping", func() bool {
			all, err := v.store.DeliveriesOfTest(t.Context(), id, 0, 9)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range all {
				if !d.Done.IsZero() {
					t.Errorf("%s took it", d.Address)
				}
			}
			return len(all) == 1 && !all[0].Tried.IsZero()
		})
	}
	until(t, "the end of the runs", func() bool {
		waiting, err := v.store.Waiting(t.Context())
		return err == nil && len(waiting) == 0
	})
	if n := asked.Load(); n > 0 {
		t.Errorf("%d requests reached this machine", n)
	}
	// Where one may be told, it leads nowhere else.
	onward := httptest.NewServer(http.RedirectHandler(inside.URL, http.StatusTemporaryRedirect))
	t.Cleanup(onward.Close)
	w := serve(t, t.TempDir(), server.Options{Open: true, Within: reach.Networks{netip.MustParsePrefix("127.0.0.0/8")}})
	test := w.keptTest("onward")
	w.post("/tests/"+test.ID+"/notify", url.Values{"callback": {onward.URL}, "form": {"json"}, "tell": {"end"}}, nil)
	w.post("/tests/"+test.ID+"/notify/ping", nil, nil)
	until(t, "what became of the ping", func() bool {
		all, err := w.store.DeliveriesOfTest(t.Context(), test.ID, 0, 9)
		return err == nil && len(all) == 1 && all[0].Status == http.StatusTemporaryRedirect
	})
	if n := asked.Load(); n > 0 {
		t.Errorf("%d requests were led on", n)
	}
}

// Hosts are asked for their tokens: names that are written to lead elsewhere are no hosts, and metadata is never asked.
func TestNoHostIsAnythingElse(t *testing.T) {
	v := serve(t, t.TempDir(), server.Options{Open: true})
	for _, name := range []string{
		"", " ", "a b", "a/b", "a?b", "a#b", "me@a", "me:pass@a", "http://a", "a\r\nb", "a\x00b", "[::1", "a:99999", "a:-1", "a:b", strings.Repeat("a", 3000), "[fe80::1%25eth0]:x", "a\\b", "<b>", "..", "unix:/run/docker.sock",
	} {
		answer, text := v.post("/hosts", url.Values{"name": {name}}, nil)
		if answer.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%.60q is answered by %d, %.300s", name, answer.StatusCode, text)
		}
	}
	for _, name := range []string{"169.254.169.254", "[fd00:ec2::254]", "[::ffff:169.254.169.254]"} {
		answer, text := v.post("/hosts", url.Values{"name": {name}}, nil)
		if answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, "metadata") {
			t.Errorf("%s is answered by %d, %.300s", name, answer.StatusCode, text)
		}
	}
	for _, name := range []string{"[::1]", "::1", "[::1]:8080"} {
		if answer, text := v.post("/hosts", url.Values{"name": {name}}, nil); answer.StatusCode != http.StatusSeeOther {
			t.Errorf("%s, of this machine, is answered by %d, %.600s", name, answer.StatusCode, text)
		}
	}
	hosts, err := v.store.Hosts(t.Context())
	for _, h := range hosts {
		if !h.Verified.IsZero() && !strings.Contains(h.Name, "::1") {
			t.Errorf("%s is verified", h.Name)
		}
	}
	if err != nil {
		t.Error(err)
	}
}
