package web

import (
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/scenarios"
)

// everything is a form with something in every field.
func everything() url.Values {
	v := url.Values{}
	for id, value := range map[string]string{
		"name": "shop", "type": "maintain-client-load", "from_clients": "5", "clients": "50", "duration": "2", "unit": "m", "protocol": "http", "method": "POST",
		"host": "127.0.0.1:8080", "path": "/login", "headers": "Content-Type: application/json\nX-A: b:c", "body": `{"user": "{{email}}"}`, "user": "ana", "password": "${SHOP_PASSWORD}",
		"status": "200, 302", "expect": "welcome", "json": "$.ok = true", "capture": "csrf: match v=\"(\\w+)\"\nid: json $.id\nsid: cookie s\ntoken: header X-Token", "payload": "",
		"payload_url": "http://127.0.0.1:8080/users.csv", "payload_format": "csv", "payload_order": "random", "timeout": "5s", "pause": "1s..2s", "error_threshold": "20%",
		"thresholds": "p95 < 500ms\nerror_rate < 1%", "gate": "error_rate max 1%\np95 worse_by 10% and 5ms", "second": "127.0.0.1:8081", "rounds": "4", "warm_up": "2s", "cool_down": "1s",
		"requests": "3", "r1-method": "GET", "r1-path": "/orders/{{id}}", "r1-headers": "Authorization: Bearer {{token}}", "r1-json": "$.id = 1",
		"r2-method": "PUT", "r2-path": "/orders", "r2-body": "{}", "r2-user": "eva", "r2-password": "${SHOP_PASSWORD}",
	} {
		v.Set(id, value)
	}
	return v
}

// A form with something in every field asks for a scenario that can be run, and a clone has all of it in its fields.
func TestEveryFieldIsPartOfTheScenario(t *testing.T) {
	f := fileOf(everything())
	text, _ := f.YAML()
	_, err := scenarios.Parse("x", text, scenarios.Options{Lookup: func(string) (string, bool) { return "s3cr3t", true }})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	back, err := scenarios.Document{File: "x", Source: text}.Read(scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	v, all := fieldsOf(back)
	if !all {
		t.Errorf("the fields do not say all of\n%s", text)
	}
	v.Set("name", "shop")
	for id, want := range everything() {
		if v.Get(id) != want[0] {
			t.Errorf("%s holds %q, want %q", id, v.Get(id), want[0])
		}
	}
}

// What is wrong stands at its field, of whatever request.
func TestFaultsOfLaterRequests(t *testing.T) {
	for id, c := range map[string]struct{ value, field string }{
		"r1-headers":  {"no header", "r1-headers"},
		"r2-capture":  {"x: nowhere", "r2-capture"},
		"r1-json":     {"$[ = 1", "r1-json"},
		"capture":     {"x: nowhere", "capture"},
		"gate":        {"p95 sometimes 3", "gate"},
		"rounds":      {"-1", "rounds"},
		"warm_up":     {"soon", "warm_up"},
		"payload_url": {"file:///etc/passwd", "payload_url"},
		"second":      {"a/b c", "second"},
		"pause":       {"x", "pause"},
	} {
		v := everything()
		v.Set(id, c.value)
		text, _ := fileOf(v).YAML()
		_, err := scenarios.Parse("x", text, scenarios.Options{Lookup: func(string) (string, bool) { return "s3cr3t", true }})
		if err == nil {
			t.Errorf("%s %q is taken", id, c.value)
			continue
		}
		var at []string
		for _, f := range faultsOf(err, draft{values: v}) {
			at = append(at, f.Field)
		}
		if !strings.Contains(" "+strings.Join(at, " ")+" ", " "+c.field+" ") {
			t.Errorf("%s %q: %v stands at %v", id, c.value, err, at)
		}
	}
}

// A request without a path is left out, and those behind it take its place.
func TestRequestsAreLeftOut(t *testing.T) {
	v := everything()
	v.Set("r1-path", " ")
	f := fileOf(withoutEmpty(v))
	if len(f.Requests) != 2 || f.Requests[1].Path != "/orders" || f.Requests[1].Auth.User != "eva" || f.Requests[1].Headers != nil {
		t.Errorf("%+v", f.Requests)
	}
}

// Whatever stands in the fields, there is a scenario or a fault, and no end of the program.
func TestAnyFieldsAreRead(t *testing.T) {
	ids := []string{"requests", "r11-path"}
	for _, f := range inputsFor(url.Values{"requests": {"3"}}) {
		ids = append(ids, f.ID)
	}
	rapid.Check(t, func(t *rapid.T) {
		v := everything()
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			v.Set(rapid.SampledFrom(ids).Draw(t, "id"), rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "-1", "99999999999999999999", "\n\n:\n", ": =", "a", "0x10"})).Draw(t, "value"))
		}
		f := fileOf(withoutEmpty(v))
		text, _ := f.YAML()
		_, err := scenarios.Parse("x", text, scenarios.Options{})
		if err != nil {
			faultsOf(err, draft{values: v})
		}
	})
}
