package report

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/stress-tool/stress/analyze"
)

// JSON writes summary.json: the analysis itself, indented.
func JSON(w io.Writer, a *analyze.Analysis, _ Options) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(a); err != nil {
		return fmt.Errorf("analysis as JSON: %w", err)
	}
	return nil
}
