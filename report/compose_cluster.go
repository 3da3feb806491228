package report

import (
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
)

// cluster shows what happened to the cluster behind the targets, a table per leg in which
// anything did.
func (c *composer) cluster() {
	var blocks []block
	for i := range c.a.Legs {
		l := &c.a.Legs[i]
		switch {
		case l.Cluster == nil:
		case len(l.Cluster.Happenings) == 0:
			blocks = append(blocks, block{Text: legName(c.a, l) + ": nothing."})
		default:
			blocks = append(blocks, block{Table: happenings(legName(c.a, l), l.Cluster.Happenings)})
		}
	}
	c.add("What happened to the cluster", blocks...)
}

func happenings(caption string, list []result.Happening) *table {
	t := &table{Caption: caption, Columns: []column{
		right("at"), left("what"), left("task"), left("node"), left("host"), left("new host"), right("replaced after"),
	}}
	for _, h := range list {
		replaced := cell{Text: "–"}
		if h.ReplacedS != nil {
			replaced = textCell(seconds(*h.ReplacedS))
		}
		t.Rows = append(t.Rows, []cell{
			textCell(seconds(h.AtS)), textCell(plain.Line(h.What)), nameCell(h.Task), nameCell(h.Node), nameCell(h.Host), nameCell(h.NewHost), replaced,
		})
	}
	return t
}

// nameCell is a name that others gave; a dash for none.
func nameCell(name string) cell {
	if name == "" {
		return cell{Text: "–"}
	}
	return textCell(plain.Name(name))
}
