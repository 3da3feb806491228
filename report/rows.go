package report

import (
	"fmt"
	"io"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
)

// Rows writes a table of hosts and their rows as text, under a title.
func Rows(w io.Writer, title string, hosts []result.Host, o Options) error {
	t := &terminal{color: o.Color, width: max(o.Width, defaultWidth)}
	t.line(t.bold(plain.Clip(plain.Line(title), t.width)))
	tab := &table{Columns: []column{left("host"), right("rows"), right("share")}}
	for _, h := range hosts {
		tab.Rows = append(tab.Rows, []cell{textCell(plain.Name(h.Host)), textCell(count(h.Rows)), textCell(percent(h.Share))})
	}
	if len(hosts) == 0 {
		tab.Rows = append(tab.Rows, []cell{missing(), textCell("0"), textCell("–")})
	}
	if err := t.table(tab); err != nil {
		return fmt.Errorf("rows as text: %w", err)
	}
	_, err := w.Write(t.b.Bytes())
	return err
}
