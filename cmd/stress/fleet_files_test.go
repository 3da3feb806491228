package main

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/fleet/lead"
	"github.com/stress-tool/stress/runlog"
)

// notOfAgents are the fields of a second that are told apart for all agents together.
var notOfAgents = []string{"requests", "addresses", "statuses", "served", "carried"}

// The document of what a fleet stores has every field of it, and so its unit and what it means that one is missing.
func TestFilesOfAFleetAreDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "fleet", "files.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range []any{
		runlog.Agent{}, runlog.Clock{}, runlog.GeneratorSecond{}, lead.Kept{},
		result.Fleet{}, result.Agent{}, result.Clock{}, result.Deviation{}, result.Generator{},
	} {
		for _, field := range reflect.VisibleFields(reflect.TypeOf(of)) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "" || name == "-" || slices.Contains(notOfAgents, name) {
				continue
			}
			if text := string(page); !strings.Contains(text, "`"+name+"`") && !strings.Contains(text, "."+name+"`") {
				t.Errorf("docs/fleet/files.md lacks %q of %T: say what it is, its unit and what it means where it is not there", name, of)
			}
		}
	}
}
