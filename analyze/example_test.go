package analyze_test

import (
	"context"
	"fmt"
	"log"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/runlog"
)

// A run is judged from its directory alone, today or in a year.
func ExampleAnalyze() {
	stored, err := runlog.Open("../report/testdata/runs/pair")
	if err != nil {
		log.Fatal(err)
	}
	analysis, err := analyze.Analyze(context.Background(), stored)
	if err != nil {
		log.Fatal(err)
	}
	for _, leg := range analysis.Legs {
		fmt.Printf("%s: %d of %d requests succeeded\n", leg.Target, leg.Outcomes.Success, leg.Sent)
	}
	for _, finding := range analysis.Findings {
		fmt.Println(finding.Verdict, finding.Code)
	}
	// Output:
	// single: 244 of 244 requests succeeded
	// cluster: 237 of 237 requests succeeded
	// INCONCLUSIVE interval-spans-limit
	// INCONCLUSIVE interval-spans-limit
}
