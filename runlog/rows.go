package runlog

import "github.com/stress-tool/stress/runlog/untrusted"

// Rows is one line of rows.jsonl: a count of the rows per host while load was put on. So the
// first and the last row of a host have a time, which is known as exactly as the lines lie apart.
type Rows struct {
	// AtS is when it was counted, in seconds since the leg began, and TookS how long that took.
	AtS   float64 `json:"at_s"`
	TookS float64 `json:"took_s"`
	// Hosts are the rows since the leg began of the hosts that wrote since the line before.
	Hosts map[string]int64 `json:"hosts"`
}

func (r Rows) check() error { return untrusted.Check(&r) }

// Rows appends a count. The first one creates the file.
func (l *LegWriter) Rows(r Rows) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rows == nil {
		var err error
		if l.rows, err = newFile(l.dir, RowsFile); err != nil {
			return err
		}
	}
	return appendJSON(l.rows, r)
}
