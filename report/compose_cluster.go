package report

import (
	"fmt"

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
		if l.Cluster != nil && len(l.Cluster.Replicas) > 1 {
			blocks = append(blocks, block{Table: replicas(legName(c.a, l), l.Cluster.Replicas)})
		}
	}
	c.add("What happened to the cluster", blocks...)
}

func happenings(caption string, list []result.Happening) *table {
	t := &table{Caption: caption, Columns: []column{
		right("at"), left("what"), left("task"), left("node"), left("host → new host"), right("replaced after"), right("first row after"),
	}}
	for _, h := range list {
		replaced := cell{Text: "–"}
		if h.ReplacedS != nil {
			replaced = textCell(seconds(*h.ReplacedS))
		}
		t.Rows = append(t.Rows, []cell{
			textCell(seconds(h.AtS)), textCell(plain.Line(h.What)), nameCell(h.Task), nameCell(h.Node), hosts(h), replaced, firstRow(h),
		})
	}
	return t
}

// replicas shows how many replicas there were from each change on.
func replicas(caption string, list []result.Replicas) *table {
	t := &table{Caption: "Replicas of " + caption, Columns: []column{right("from"), right("asked for"), right("running"), right("serving")}}
	number := func(n int) cell {
		if n < 0 {
			return cell{Text: "–"}
		}
		return textCell(count(uint64(n)))
	}
	for _, r := range list {
		t.Rows = append(t.Rows, []cell{textCell(seconds(r.AtS)), number(r.Desired), number(r.Running), number(r.Serving)})
	}
	return t
}

// firstRow is how long after a happening the new host wrote its first row: between two counts of the
// rows.
func firstRow(h result.Happening) cell {
	if h.FirstRow == nil {
		return cell{Text: "–"}
	}
	return textCell(fmt.Sprintf("%.1f–%.1f%ss", max(0, h.FirstRow.FromS-h.AtS), max(0, h.FirstRow.ToS-h.AtS), thin))
}

// hosts are the host of a task and the one that took its place.
func hosts(h result.Happening) cell {
	out := nameCell(h.Host)
	if h.NewHost != "" {
		out.Sub = "→ " + plain.Name(h.NewHost)
	}
	return out
}

// nameCell is a name that others gave; a dash for none.
func nameCell(name string) cell {
	if name == "" {
		return cell{Text: "–"}
	}
	return textCell(plain.Name(name))
}
