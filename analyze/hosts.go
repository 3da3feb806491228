package analyze

import (
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// CountedHosts are the hosts of a table whose rows were counted once, most rows first, with
// each host's share of them. No interval goes with the shares: everything there is was counted.
func CountedHosts(rows map[string]int64) []result.Host {
	return hostRows(&runlog.Record{Ledger: &runlog.Ledger{Before: map[string]int64{}, After: rows}})
}
