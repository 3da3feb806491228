package runlog_test

import (
	"testing"

	"github.com/stress-tool/stress/runlog"
)

// What a directory says of loads must fit together.
func TestLoadsThatDoNotFit(t *testing.T) {
	named := func(names ...string) (out []runlog.NamedLoad) {
		for _, name := range names {
			out = append(out, runlog.NamedLoad{Load: runlog.Load{Name: name}})
		}
		return out
	}
	for name, m := range map[string]runlog.Manifest{
		"two of one name": {Loads: named("a", "a")},
		"no name":         {Loads: named("")},
		"no file name":    {Loads: named("../a")},
		"a leg of none":   {Loads: named("a"), Legs: []runlog.Leg{{Dir: "legs/01-x", Target: "x", Round: 1}}},
		"another's leg":   {Loads: named("a"), Legs: []runlog.Leg{{Dir: "legs/01-x", Target: "x", Round: 1, Load: &runlog.Load{Name: "b"}}}},
	} {
		if _, err := runlog.Create(t.TempDir(), m); err == nil {
			t.Errorf("%s: is written", name)
		}
	}
}
