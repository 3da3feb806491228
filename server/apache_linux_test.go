package server_test

import (
	"encoding/json"
	"errors"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/browsertest"
	"github.com/stress-tool/stress/internal/testenv"
	"github.com/stress-tool/stress/lab/stack"
	"github.com/stress-tool/stress/server"
)

// apache is a real Apache with PHP and its database at an address that is public, and writes a file for it
// to serve. It is in a network of this test alone.
func apache(t *testing.T, address netip.Addr) (host string, serve func(name, text string)) {
	t.Helper()
	s, err := stack.Start(t.Context(), stack.Options{Replicas: 1, Network: &stack.Network{Address: address.String()}})
	if errors.As(err, new(*stack.MissingError)) {
		t.Skipf("!!! LEFT OUT: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	roots, err := filepath.Glob(filepath.Join(s.Dir, "*", "app"))
	if err != nil || len(roots) == 0 {
		t.Fatalf("no Apache has a directory in %s: %v", s.Dir, err)
	}
	return strings.TrimPrefix(s.Single, "http://"), func(name, text string) {
		for _, root := range roots {
			if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Somebody who owns a public host shows that by a file on its Apache, types what loader.io's form asks for,
// watches the run to its end, and is told what summary.json has.
func TestAPersonProvesAHostAndWatchesItsRun(t *testing.T) {
	public := netip.MustParseAddr("203.0.113.7")
	if !testenv.OwnProcess(t, testenv.Address(public)) {
		return
	}
	browser := browsertest.Start(t)
	host, file := apache(t, public)
	v := serve(t, t.TempDir(), server.Options{Open: true})
	b := open(t, browser, v.base+"/")
	b.fill("name", host)
	b.press("Add and verify")
	if text := says[string](b, `document.body.innerText`); !strings.Contains(text, "Not verified") || !strings.Contains(text, "404") {
		t.Fatalf("without its file the page says %q", text)
	}
	token := says[string](b, `document.querySelector('li code').innerText`)
	file(token+".txt", "another token\n")
	b.press("Verify")
	b.until(`document.body.innerText.includes('Not verified')`)
	b.inspect("host-unverified")
	file(token+".txt", token+"\n")
	b.press("Verify")
	b.until(`document.querySelector('.notice.good')`)
	b.inspect("host-verified")

	b.do(chromedp.Click(`//a[text()="New test of it"]`))
	b.until(`document.getElementById('clients')`)
	if chosen := says[string](b, `['method', 'type', 'protocol'].map((id) => document.getElementById(id).selectedOptions[0].text).join()`); chosen != "GET,Clients per test,HTTP" {
		t.Errorf("the form begins with %s", chosen)
	}
	b.fill("name", "The seeds")
	b.fill("clients", "50")
	b.fill("duration", "30") // a browser that others keep waiting still sees it going on
	b.do(chromedp.SendKeys(`#unit`, "seconds"))
	b.fill("path", "index.php")
	b.press("Save and run")
	// The live page: seconds come, of rows who served them, until the report is there.
	b.until(`document.querySelectorAll('.charts canvas').length > 2`)
	b.until(`/^[1-9]/.test(document.getElementById('value-2').innerText)`)
	b.until(`document.querySelector('#codes li').innerText.startsWith('200 ')`)
	b.inspect("run-of-apache")
	b.until(`document.querySelector('iframe.report')`)
	b.quiet()

	runs, err := v.store.LatestRuns(t.Context(), 1)
	if err != nil || len(runs) != 1 {
		t.Fatalf("runs of %d tests are kept, %v", len(runs), err)
	}
	for test, of := range runs {
		text, err := os.ReadFile(filepath.Join(v.store.Dir(of[0]), result.SummaryFile))
		if err != nil {
			t.Fatal(err)
		}
		var summary struct {
			Legs []struct {
				Outcomes struct{ Success int }
				Response struct {
					N   int
					P95 float64
				} `json:"response_ms"`
			}
		}
		if err := json.Unmarshal(text, &summary); err != nil || len(summary.Legs) != 1 || summary.Legs[0].Outcomes.Success != 50 || summary.Legs[0].Response.N != 50 {
			t.Fatalf("the summary has %+v, %v", summary, err)
		}
		b.do(chromedp.Navigate(v.base + "/tests/" + test + "/results/" + of[0].ID + "/report"))
		shown := says[string](b, `document.body.innerText`)
		if !strings.Contains(shown, "n = 50") || !hasMillis(shown, summary.Legs[0].Response.P95) {
			t.Errorf("the report shows other figures than n = 50 and a p95 of %g ms:\n%s", summary.Legs[0].Response.P95, shown)
		}
		b.do(chromedp.Navigate(v.base + "/tests/" + test))
		if row := says[string](b, `document.querySelector('tbody tr').innerText`); !hasMillis(row, summary.Legs[0].Response.P95) {
			t.Errorf("the test's page shows %q for a p95 of %g ms", row, summary.Legs[0].Response.P95)
		}
	}
}

var milliseconds = regexp.MustCompile(`([0-9][0-9.]*)[\s\x{202f}\x{a0}]*(ms|µs|s)\b`)

// hasMillis reports that a text shows a time, in three digits.
func hasMillis(text string, ms float64) bool {
	for _, m := range milliseconds.FindAllStringSubmatch(text, -1) {
		v, err := strconv.ParseFloat(m[1], 64)
		switch m[2] {
		case "µs":
			v /= 1000
		case "s":
			v *= 1000
		}
		if err == nil && math.Abs(v-ms) <= 0.005*ms {
			return true
		}
	}
	return false
}
