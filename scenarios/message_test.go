package scenarios

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stress-tool/stress/internal/golden"
)

const shop = `name: shop
load:
  type: clients-per-test
  clients: 50
  duration: 1m
request:
  path: /index.php
  expect: {status: 200}
targets:
  - {name: single, url: "http://127.0.0.1:8080"}
thresholds: [p95 < 500ms]
`

// Slips that people make, one at a time. Of each the golden file has what they read: the
// place, what is wrong, and what to write instead.
func TestGoldenMessages(t *testing.T) {
	var b strings.Builder
	for _, slip := range [][2]string{
		// YAML
		{"  type: clients", "\ttype: clients"}, {"  clients: 50", "  \tclients: 50"}, {"  clients: 50", "  clients 50"}, {"  clients: 50", "  clients:50"},
		{"  clients: 50", "  clients = 50"}, {"load:\n", "load\n"}, {"  clients: 50", "   clients: 50"}, {"  clients: 50", " clients: 50"}, {"  clients: 50", "\u00a0 clients: 50"},
		{`8080"}`, `8080"`}, {`8080"}`, `8080}`}, {"  - {name", "  -{name"}, {"name: shop", "name: @shop"}, {"name: shop", "name: shop: two"}, {"name: shop", "name: *shop"},
		{`"http://127.0.0.1:8080"`, "${URL}"}, {"  clients: 50\n", "  clients: 50\n  clients: 60\n"},
		// Durations
		{"1m", "90"}, {"1m", `"90"`}, {"1m", "2 minutes"}, {"1m", "1 hour 30 min"}, {"1m", "90sec"}, {"1m", "1d"}, {"1m", "1:30"}, {"1m", "PT1M"}, {"1m", "1,5m"}, {"1m", "forever"}, {"1m", "0s"}, {"1m", "-5s"}, {"1m", "99999h"},
		{"  duration", "  timeout: 100us\n  duration"},
		// Numbers, rates, shares, switches
		{"50", `"50"`}, {"50", "1_000"}, {"50", "10k"}, {"50", "0x1F"}, {"50", "fifty"}, {"50", "0"}, {"50", "2.5"},
		{"type: clients-per-test\n  clients: 50", "rate: 30/m"}, {"type: clients-per-test\n  clients: 50", "rate: 1/min"}, {"type: clients-per-test\n  clients: 50", "rate: 1/60"}, {"type: clients-per-test\n  clients: 50", "rate: 100 rps"}, {"type: clients-per-test\n  clients: 50", "rate: 50 requests per minute"}, {"type: clients-per-test\n  clients: 50", "rate: 0"},
		{"  duration", "  error_threshold: 0.5\n  duration"}, {"  duration", "  error_threshold: 50\n  duration"}, {"  duration", "  error_threshold: 50 percent\n  duration"},
		{`8080"}`, `8080", http2: no}`},
		// Status
		{"200", "20"}, {"200", "2XX"}, {"200", `"200 OK"`}, {"200", `"200, 201"`}, {"200", "200 - 299"}, {"200", "700"}, {"200", "ok"},
		// Addresses and paths
		{`"http://127.0.0.1:8080"`, "127.0.0.1:8080"}, {`"http://127.0.0.1:8080"`, "localhost"}, {`"http://127.0.0.1:8080"`, "shop.example:443"}, {"http://127", "htp://127"}, {"http://127", "http:/127"}, {"http://127", "http:127"},
		{"8080", "8080/index.php"}, {"8080", "80800"}, {`"http://127.0.0.1:8080"`, `“http://127.0.0.1:8080”`}, {`"http://127.0.0.1:8080"`, `"http://::1"`}, {`"http://127.0.0.1:8080"`, `"ftp://127.0.0.1"`}, {`"http://127.0.0.1:8080"`, `"unix:run/app.sock"`},
		{"/index.php", "/x#top"}, {"/index.php", "/100%"}, {"/index.php", "//evil.example/"}, {"/index.php", "http://u:p@h/"},
		// Thresholds
		{"p95 <", "errors <"}, {"p95 < 500ms", "errors < 1%"}, {"p95", "latency"}, {"p95", "avg"}, {"p95", "p(95)"}, {"p95 < 500ms", "rps > 100"}, {"p95 < 500ms", "throughput > 100"}, {"p95 < 500ms", "failures < 1%"}, {"<", "=<"}, {"p95 < 500ms", "error_rate = 0%"}, {"500ms", "500"}, {"500ms", "2m"}, {"p95 < 500ms", "error_rate < 0.01"}, {"p95 < 500ms", "frobnication < 1"}, {"p95", "P95"}, {"p95 < 500ms", "lost == 0"}, {"p95", "cluster.p95"},
		// Keys
		{"clients: 50", "users: 50"}, {"clients: 50", "vus: 50"}, {"clients: 50", "concurrency: 50"}, {"clients: 50", "cleints: 50"}, {"  path:", "  url:"}, {"  path:", "  uri:"}, {"expect: {status", "assert: {status"}, {"expect: {status", "expect: {code"}, {"url: \"http", "host: \"http"},
		{"targets:", "urls:"}, {"thresholds:", "slo:"}, {"name: shop", "users: 50"}, {"name: shop", "duration: 1m"}, {"name: shop", "rps: 5"}, {"name: shop", "frobnicate: 1"}, {"  duration", "  users: 60\n  duration"},
		// Words
		{"clients-per-test", "constant-vus"}, {"clients-per-test", "ramping-vus"}, {"clients-per-test", "constant-arrival-rate"}, {"clients-per-test", "clients_per_test"}, {"name: shop", "engine: http2"}, {"  duration", "  arrivals: random\n  duration"}, {"  path:", "  method: post\n  path:"},
		// Names
		{"name: shop", `name: " "`}, {"name: shop", `name: "a\nb"`}, {"name: shop", "name: " + strings.Repeat("x", 5000)}, {"name: single", "name: Single"}, {"  path:", `  name: ""` + "\n  path:"},
	} {
		src := strings.Replace(shop, slip[0], slip[1], 1)
		if src == shop {
			t.Fatalf("%q is not in the scenario", slip[0])
		}
		_, err := Parse("shop.yaml", []byte(src), Options{})
		fs := Faults(nil)
		if !errors.As(err, &fs) {
			t.Errorf("%q: no faults but %v", slip[1], err)
			continue
		}
		fmt.Fprintf(&b, "=== %s\n%s", strings.ReplaceAll(strings.ReplaceAll(shorten(slip[1]), "\n", `\n`), "\t", `\t`), fs.Render())
	}
	golden.Check(t, "testdata/messages.golden", []byte(b.String()))
}
