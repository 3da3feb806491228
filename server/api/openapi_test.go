package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/attack/ownership"
	record "github.com/stress-tool/stress/fleet/calibration"
	"github.com/stress-tool/stress/fleet/roster"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/report/reporttest"
	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/notify"
	"github.com/stress-tool/stress/server/queue"
	"github.com/stress-tool/stress/server/store"
)

func described(t testing.TB) (*openapi3.T, routers.Router) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(description)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
	r, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return doc, r
}

func TestTheDescriptionHasEveryOperation(t *testing.T) {
	doc, _ := described(t)
	var written, answered []string
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			written = append(written, method+" "+path)
		}
	}
	for _, o := range new(API).routes() {
		answered = append(answered, o.pattern)
	}
	slices.Sort(written)
	slices.Sort(answered)
	if !slices.Equal(written, answered) {
		t.Errorf("described are\n%s\nanswered are\n%s", strings.Join(written, "\n"), strings.Join(answered, "\n"))
	}
}

// caller asks an API, and holds what it asks and what it gets against the description.
type caller struct {
	t      *testing.T
	api    http.Handler
	router routers.Router
	store  *store.Store
	key    string
	asked  map[string]bool
}

func called(t *testing.T) *caller {
	t.Helper()
	s, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	_, router := described(t)
	openapi3filter.RegisterBodyDecoder("text/event-stream", openapi3filter.PlainBodyDecoder)
	c := &caller{t: t, router: router, store: s, asked: map[string]bool{}}
	if c.key, err = s.AddKey(t.Context(), "test", store.By{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	keys := filepath.Join(t.TempDir(), "ownership.key")
	a := reporttest.Recorded(t, "../../report/testdata/runs")["requests"]
	c.api = (&API{
		Control: &control.Control{Store: s, Queue: queue.New(s), Guard: func() *ownership.Guard { return &ownership.Guard{KeyFile: keys} }, Mailers: &notify.Mailers{Given: new(notify.Mailer)}, Fleet: fleetOfOne()},
		Base:    "https://stress.example", Log: func(err error) { t.Error(err) },
		Judged: func(context.Context, store.Run) (*result.Analysis, error) { return a, nil },
	}).Handler()
	return c
}

// fleetOfOne is a fleet with an agent that was measured.
func fleetOfOne() *control.Fleet {
	return &control.Fleet{
		NATS: "nats://me:hidden@10.0.0.4:4222", Broker: "nats://10.0.0.4:4222", Most: 256,
		Roster: func(context.Context) (*roster.Roster, error) {
			c := record.Record{CapacityRPS: 57_000, LagP99MS: 2.5, Engine: "rawhttp", Version: "1", At: time.Now()}
			return &roster.Roster{Agents: []roster.Agent{{Name: "n1", Version: "1", CPUs: 2, Targets: []string{"10.0.0.0/8"}, MaxRate: 10, MaxClients: 5, CPU: "x", Calibrations: []record.Record{c}}, {Name: "n2", Run: "x"}}}, nil
		},
		Calibrate: func(context.Context) error { return errors.New("agent n2 is at work for another run") },
	}
}

// ask asks for an operation that is to be answered by a code, and returns the answer.
func (c *caller) ask(code int, method, path, kind, body string) []byte {
	c.t.Helper()
	r := httptest.NewRequestWithContext(c.t.Context(), method, prefix+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+c.key)
	if body != "" {
		r.Header.Set("Content-Type", kind)
	}
	found, params, err := c.router.FindRoute(r)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	o := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true}
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: found, Options: o}
	if err := openapi3filter.ValidateRequest(c.t.Context(), in); err != nil && code < 300 {
		c.t.Errorf("%s %s: the question: %v", method, path, err)
	}
	w := httptest.NewRecorder()
	c.api.ServeHTTP(w, r)
	answer := w.Body.Bytes()
	if w.Code != code {
		c.t.Fatalf("%s %s %.80s is answered by %d, want %d: %s", method, path, body, w.Code, code, answer)
	}
	err = openapi3filter.ValidateResponse(c.t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: w.Code, Header: w.Header(), Body: io.NopCloser(bytes.NewReader(answer)), Options: o,
	})
	if err != nil {
		c.t.Errorf("%s %s: the answer: %v", method, path, err)
	}
	if code < 300 {
		c.asked[method+" "+found.Path] = true
	}
	return answer
}

func (c *caller) json(code int, method, path, body string) map[string]any {
	c.t.Helper()
	var v map[string]any
	if text := c.ask(code, method, path, "application/json", body); len(text) > 0 {
		if err := json.Unmarshal(text, &v); err != nil {
			c.t.Fatal(err)
		}
	}
	return v
}

const scenario = `name: shop
load: {type: clients-per-test, clients: 1, duration: 1s}
request: {path: /, auth: {user: me, password: "${SHOP_PASSWORD}"}}
targets: [{name: shop, url: "http://127.0.0.1:1"}]
`

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// Every operation does what it says, in the words of the description, and no secret comes back.
func TestEveryOperation(t *testing.T) {
	c := called(t)
	host := c.json(201, "POST", "/hosts", `{"name":"127.0.0.1:1"}`)
	hostPath := "/hosts/" + host["id"].(string)
	c.json(200, "GET", "/hosts", "")
	c.json(200, "GET", hostPath, "")
	if h := c.json(200, "POST", hostPath+"/verify", ""); h["verified"] == nil {
		t.Errorf("after its verification the host is %v", h)
	}
	made := c.json(201, "POST", "/tests", `{"scenario":`+quoted(scenario)+`,"secrets":{"SHOP_PASSWORD":"hidden"},"secret":"hidden","callback":"http://me:hidden@ci.example/?token=hidden",
		"form":"json","tell":"change","mail":"team@shop.example","tags":["a"],"notes":"n"}`)
	test := "/tests/" + made["id"].(string)
	if got := c.json(200, "GET", test, ""); got["form"] != "json" || got["tell"] != "change" || got["mail"] != "team@shop.example" {
		t.Errorf("kept is %v", got)
	}
	other := c.json(201, "POST", "/tests", `{"scenario":`+quoted(scenario)+`,"name":"other","secrets":{"SHOP_PASSWORD":"hidden"},"scheduled_at":"2040-01-01T00:00:00Z"}`)
	exported := string(c.ask(200, "GET", test+"/scenario", "", ""))
	if !strings.Contains(exported, "${SHOP_PASSWORD}") {
		t.Errorf("the scenario is\n%s", exported)
	}
	plain := strings.Replace(exported, "${SHOP_PASSWORD}", "of-the-file", 1)
	var imported struct{ ID, Name string }
	if err := json.Unmarshal(c.ask(201, "POST", "/tests", "application/yaml", plain), &imported); err != nil || imported.Name != "shop" {
		t.Errorf("imported is %+v, %v", imported, err)
	}
	first := c.json(200, "GET", "/tests?limit=2", "")
	if items := first["items"].([]any); len(items) != 2 || first["next_offset"] != 2.0 {
		t.Errorf("the first page of two is %v", first)
	}
	if last := c.json(200, "GET", "/tests?limit=2&offset=2&status=active", ""); len(last["items"].([]any)) != 1 || last["next_offset"] != nil {
		t.Errorf("the last page is %v", last)
	}
	if got := c.json(200, "PATCH", test, `{"archived":true,"tell":"end"}`); got["archived"] == nil || got["tell"] != "end" || got["signed"] != true || got["form"] != "json" {
		t.Errorf("changed it is %v", got)
	}
	if got := c.json(200, "PATCH", test, `{"archived":false}`); got["archived"] != nil {
		t.Errorf("taken back it is %v", got)
	}
	if got := c.json(201, "POST", test+"/badge", ""); !strings.HasPrefix(got["badge"].(string), "https://stress.example/badges/") {
		t.Errorf("with a badge it is %v", got)
	}
	c.ask(204, "DELETE", test+"/badge", "", "")

	sched := c.json(201, "POST", test+"/schedules", `{"cron":"30 2 * * *","zone":"Europe/Berlin","missed":"run"}`)
	at := "/schedules/" + sched["id"].(string)
	c.json(200, "GET", at, "")
	if got := c.json(200, "PUT", at, `{"every_s":3600,"paused":true}`); got["paused"] != true || got["next"] != nil || got["zone"] != "UTC" {
		t.Errorf("paused it is %v", got)
	}
	if got := c.json(200, "GET", test+"/schedules", ""); len(got["items"].([]any)) != 1 {
		t.Errorf("the schedules are %v", got)
	}
	c.ask(204, "DELETE", at, "", "")

	var runs []string
	for range 2 {
		asked := c.json(202, "POST", test+"/runs", "")
		runs = append(runs, asked["id"].(string))
		c.end(asked["id"].(string))
	}
	c.json(200, "GET", test+"/runs?limit=1", "")
	if got := c.json(200, "GET", "/runs/"+runs[0], ""); got["verdict"] != "INCONCLUSIVE" || got["report"] == nil || got["key_figures"] == nil {
		t.Errorf("the run is %v", got)
	}
	if got := c.json(200, "GET", "/runs/"+runs[0]+"/summary", ""); got["schema"] == nil {
		t.Errorf("the summary is %.200v", got)
	}
	if text := string(c.ask(200, "GET", "/runs/"+runs[0]+"/live", "", "")); text != "event: over\ndata: {}\n\n" {
		t.Errorf("of a run that is over it tells %q", text)
	}
	if got := c.json(200, "GET", "/compare?baseline="+runs[0]+"&candidate="+runs[1], ""); got["comparisons"] == nil {
		t.Errorf("compared they are %.200v", got)
	}
	if got := c.json(200, "GET", "/fleet", ""); len(got["agents"].([]any)) != 2 || got["broker"] != "nats://10.0.0.4:4222" || strings.Contains(fmt.Sprint(got), "hidden") {
		t.Errorf("the fleet is %v", got)
	}
	c.json(202, "POST", "/fleet/calibrate", "")
	for got := map[string]any{}; got["calibration_problem"] == nil; time.Sleep(time.Millisecond) {
		if got = c.json(200, "GET", "/fleet", ""); t.Context().Err() != nil {
			t.Fatal("the calibration does not end")
		}
	}
	queued := c.json(202, "POST", test+"/runs", "")["id"].(string)
	if got := c.json(200, "GET", "/runs", ""); len(got["items"].([]any)) != 1 {
		t.Errorf("waiting are %v", got)
	}
	if got := c.json(202, "POST", "/runs/"+queued+"/stop", ""); got["state"] != "ended" || got["problem"] == nil {
		t.Errorf("stopped it is %v", got)
	}
	c.json(202, "POST", test+"/deliveries", "")
	deliveries := c.json(200, "GET", test+"/deliveries", "")["items"].([]any)
	if len(deliveries) != 8 || deliveries[0].(map[string]any)["run"] != nil { // two of each run and two pings: an address and a mail
		t.Fatalf("the deliveries are %v", deliveries)
	}
	id := deliveries[0].(map[string]any)["id"].(string)
	for n, problem := range []string{"it did not answer", ""} {
		if err := c.store.Tried(t.Context(), store.Delivery{ID: id, Tries: n + 1, Tried: time.Now(), Status: 200 * n, Problem: problem}); err != nil {
			t.Fatal(err)
		}
	}
	d := "/deliveries/" + id
	if tries := c.json(200, "GET", d, "")["attempts"].([]any); len(tries) != 2 || tries[1].(map[string]any)["problem"] != "it did not answer" {
		t.Errorf("its tries are %v", tries)
	}
	if got := c.json(202, "POST", d+"/redeliver", ""); got["due"] == nil {
		t.Errorf("to be made again it is %v", got)
	}
	c.ask(204, "DELETE", test, "", "")
	c.ask(204, "DELETE", "/hosts/"+other["host"].(string), "", "")
	for _, o := range new(API).routes() {
		if !c.asked[o.pattern] {
			t.Errorf("%s was not asked for", o.pattern)
		}
	}
}

// end ends a queued run with a summary of a recorded one.
func (c *caller) end(id string) {
	c.t.Helper()
	a := reporttest.Recorded(c.t, "../../report/testdata/runs")["requests"]
	ctx := c.t.Context()
	r, err := c.store.Take(ctx, time.Now())
	if err != nil || r.ID != id {
		c.t.Fatalf("took %+v, %v", r, err)
	}
	dir := c.store.Dir(r)
	err = errors.Join(os.MkdirAll(dir, 0o700), report.WriteAll(ctx, dir, a))
	x := result.IndexRun{Verdict: a.Verdict, Key: []result.KeyFigures{{Target: "shop"}}} // as an index has them
	if err := errors.Join(err, c.store.End(ctx, id, time.Now(), "", store.SummaryOf(a, x))); err != nil {
		c.t.Fatal(err)
	}
}

// What comes back is searched for every secret that went in.
func TestNoSecretComesBack(t *testing.T) {
	c := called(t)
	made := c.json(201, "POST", "/tests", `{"scenario":`+quoted(strings.Replace(scenario, "${SHOP_PASSWORD}", "hidden-of-the-file", 1))+`,"secret":"hidden","callback":"http://me:hidden@ci.example/?token=hidden"}`)
	test := "/tests/" + made["id"].(string)
	run := c.json(202, "POST", test+"/runs", "")["id"].(string)
	c.end(run)
	for _, path := range []string{"/tests", test, test + "/scenario", test + "/deliveries", test + "/runs", "/runs/" + run, "/hosts"} {
		if text := c.ask(200, "GET", path, "", ""); bytes.Contains(text, []byte("hidden")) {
			t.Errorf("%s has a secret: %s", path, text)
		}
	}
}

func TestWhatCannotBeAsked(t *testing.T) {
	c := called(t)
	nobody := strings.Repeat("0", 32)
	test := c.json(201, "POST", "/tests", `{"scenario":`+quoted(scenario)+`,"secrets":{"SHOP_PASSWORD":"x"}}`)["id"].(string)
	for _, o := range []struct {
		code               int
		method, path, body string
		says               string
	}{
		{404, "GET", "/hosts/" + nobody, "", "not_found"},
		{404, "GET", "/tests/" + nobody, "", "not_found"},
		{404, "GET", "/runs/" + nobody, "", "not_found"},
		{404, "GET", "/runs/" + nobody + "/summary", "", "not_found"},
		{404, "GET", "/runs/" + nobody + "/live", "", "not_found"},
		{404, "GET", "/compare?baseline=" + nobody + "&candidate=" + nobody, "", "not_found"},
		{404, "PUT", "/schedules/" + nobody, "{}", "not_found"},
		{404, "DELETE", "/schedules/" + nobody, "", "not_found"},
		{404, "POST", "/deliveries/" + nobody + "/redeliver", "", "not_found"},
		{404, "POST", "/tests/" + nobody + "/badge", "", "not_found"},
		{422, "POST", "/hosts", `{"name":"a/b"}`, "no host"},
		{400, "POST", "/hosts", `{"nam":"a"}`, "unknown field"},
		{400, "POST", "/hosts", `{"name":"a"} {}`, "more than one"},
		{400, "POST", "/hosts", `[]`, "bad_request"},
		{400, "POST", "/hosts", ``, "empty"},
		{413, "POST", "/hosts", `{"name":"` + strings.Repeat("a", mostBody) + `"}`, "too_large"},
		{422, "POST", "/tests", `{"scenario":"load: ["}`, "scenario"},
		{422, "POST", "/tests", `{"scenario":` + quoted(strings.Replace(scenario, "path: /", "path: /, body_file: /etc/passwd", 1)) + `}`, "file of the server"},
		{422, "POST", "/tests", `{"scenario":` + quoted(scenario) + `}`, "SHOP_PASSWORD"},
		{422, "PATCH", "/tests/" + test, `{"callback":"file:///etc/passwd"}`, "callback"},
		{422, "PATCH", "/tests/" + test, `{"form":"xml"}`, "form"},
		{422, "POST", "/tests/" + test + "/deliveries", "", "nobody is told"},
		{422, "PATCH", "/tests/" + test, `{"tell":"never"}`, "tell"},
		{422, "PATCH", "/tests/" + test, `{"mail":"nobody"}`, "callback_email"},
		{422, "PATCH", "/tests/" + test, `{"mail":"a@b.example\r\nBcc: c@d.example"}`, "callback_email"},
		{422, "POST", "/tests/" + test + "/schedules", `{"cron":"61 * * * *"}`, "cron"},
		{422, "POST", "/tests/" + test + "/schedules", `{"every_s":1}`, "every"},
		{422, "POST", "/tests/" + test + "/schedules", `{"cron":"@daily","zone":"Mars"}`, "zone"},
		{400, "GET", "/tests?limit=0", "", "limit"},
		{400, "GET", "/tests?limit=101", "", "limit"},
		{400, "GET", "/tests?offset=-1", "", "offset"},
		{400, "GET", "/tests?offset=x", "", "offset"},
	} {
		if text := c.ask(o.code, o.method, o.path, "application/json", o.body); !bytes.Contains(text, []byte(o.says)) {
			t.Errorf("%s %s %.60s: %s, want %q", o.method, o.path, o.body, text, o.says)
		}
	}
	c.json(201, "POST", "/hosts", `{"name":"127.0.0.1:1"}`) // a fault is that of its request alone
	c.key = nobody
	for _, o := range new(API).routes() {
		method, path, _ := strings.Cut(o.pattern, " ")
		for _, name := range []string{"{host}", "{test}", "{run}", "{schedule}", "{delivery}"} {
			path = strings.Replace(path, name, nobody, 1)
		}
		c.ask(401, method, path, "", "")
	}
	w := httptest.NewRecorder()
	c.api.ServeHTTP(w, httptest.NewRequest("GET", prefix+"/nothing", nil))
	if w.Code != 404 || !strings.Contains(w.Body.String(), `"code":"not_found"`) {
		t.Errorf("what is not there is answered by %d, %s", w.Code, w.Body)
	}
	w = httptest.NewRecorder()
	c.api.ServeHTTP(w, httptest.NewRequest("GET", "/api", nil))
	if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), description) {
		t.Errorf("the description is answered by %d", w.Code)
	}
}
