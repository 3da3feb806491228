package report

import (
	"encoding/json"
	"fmt"
	"io"
)

// writeJSON writes what was found as it is, indented: summary.json of a run, gate.json of a
// gate.
func writeJSON[Found any](w io.Writer, found Found, _ Options) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(found); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}
