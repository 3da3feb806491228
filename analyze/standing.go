package analyze

import (
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// Standing is the rows of a table as they stand, most first, with each host's share
// of them. No interval goes with the shares: everything there is was counted.
func Standing(rows map[string]int64) []result.Host {
	return hostRows(&runlog.Record{Ledger: &runlog.Ledger{Before: map[string]int64{}, After: rows}})
}
