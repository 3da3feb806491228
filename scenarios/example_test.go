package scenarios_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/stress-tool/stress/scenarios"
)

// A scenario is read into plain values with every default filled in. Variables come from
// the caller.
func ExampleParse() {
	variables := map[string]string{"SHOP": "http://127.0.0.1:8080"}
	sc, err := scenarios.Parse("shop.yaml", []byte(`
load: {type: maintain-client-load, clients: 50, duration: 1m}
request: {path: /index.php, expect: {body: created}}
targets: [{name: shop, url: "${SHOP}"}]
`), scenarios.Options{Lookup: func(name string) (string, bool) { value, ok := variables[name]; return value, ok }})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: %d clients for %v at %s\n", sc.Name, sc.Loads[0].Clients, sc.Loads[0].Duration, sc.Targets[0].Address())
	fmt.Println("success is", sc.SuccessWords())
	// Output:
	// shop: 50 clients for 1m0s at http://127.0.0.1:8080
	// success is status below 400 and body contains "created"
}

// All that is wrong with a scenario comes in one error, each fault with its place and with
// what to do about it.
func ExampleParse_faults() {
	_, err := scenarios.Parse("shop.yaml", []byte(`
load: {type: maintain-client-load, clients: -3, duration: 60}
request: {path: /index.php}
target: [{name: shop, url: "http://127.0.0.1:8080"}]
`), scenarios.Options{})
	var faults scenarios.Faults
	if !errors.As(err, &faults) {
		log.Fatal(err)
	}
	for _, f := range faults {
		fmt.Println(f)
		if f.Hint != "" {
			fmt.Println("  " + f.Hint)
		}
	}
	// Output:
	// shop.yaml:2:45: load.clients: must be at least 1, got -3
	// shop.yaml:2:59: load.duration: needs a unit, got 60
	//   write 60s for seconds or 60ms for milliseconds
	// shop.yaml:4:1: target: no such key
	//   did you mean `targets`?
}
