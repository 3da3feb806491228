package run_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/scenarios"
)

// A program starts a run, follows it, and reads what it means. What is on this machine may
// be loaded without a proof of ownership.
func ExampleStart() {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	defer page.Close()
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	sc, err := scenarios.Parse("page.yaml", []byte(`
load: {type: clients-per-test, clients: 20, duration: 200ms}
request: {path: /}
targets: [{name: page, url: "`+page.URL+`"}]
`), scenarios.Options{})
	if err != nil {
		log.Fatal(err)
	}

	running, err := run.Start(context.Background(), sc, run.Options{Dir: filepath.Join(dir, "run"), Guard: &ownership.Guard{}})
	if err != nil {
		log.Fatal(err) // nothing was made, and nothing was sent
	}
	for event := range running.Events {
		switch e := event.(type) {
		case run.LegStarted:
			fmt.Printf("%s gets %d requests in %v\n", e.Target, e.Planned, e.Duration)
		case run.LegEnded:
			fmt.Printf("%d of them succeeded\n", e.Outcomes.Success)
		}
	}
	analysis, err := running.Wait()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d leg in %s\n", len(analysis.Legs), filepath.Base(running.Dir))
	// Output:
	// page gets 20 requests in 200ms
	// 20 of them succeeded
	// 1 leg in run
}
