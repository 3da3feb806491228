//go:build mutation

package stats

import (
	"flag"
	"os"
	"testing"
)

// Under `make mutate` the tests run once per mutant, hundreds of times. A property
// that failed need not find its smallest example first, a score must not depend on
// a seed, and what takes a simulation to notice is not held by a vector: such a
// mutant counts as missed.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{
		"rapid.seed":       "1",
		"rapid.shrinktime": "0s",
		"rapid.nofailfile": "true",
		"test.skip":        "Cover|IsDetected|KeepsItsLevel|KeepTheirLevel|FalseAlarms|ChangePointPower",
	} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
