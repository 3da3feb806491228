package report_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"maps"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/runlog"
)

// A run has every form that its user may ask for by name.
func ExampleFormat() {
	stored, err := runlog.Open("testdata/runs/pair")
	if err != nil {
		log.Fatal(err)
	}
	analysis, err := analyze.Analyze(context.Background(), stored)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(slices.Sorted(maps.Keys(report.Formats)))
	var page bytes.Buffer
	if err := report.Formats["md"](&page, analysis, report.Options{Full: true}); err != nil {
		log.Fatal(err)
	}
	title, _, _ := strings.Cut(page.String(), "\n")
	fmt.Println(title)
	// Output:
	// [benchfmt csv html json junit md text]
	// # INCONCLUSIVE, cannot tell cluster from single: single container against the cluster
}
