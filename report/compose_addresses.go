package report

// addressesShown is how many addresses of a leg a table lists.
const addressesShown = 50

// addresses shows where the answers came from, of targets that have several addresses.
func (c *composer) addresses() {
	t := &table{Columns: []column{left("leg"), left("address"), right("answers"), right("share")}}
	for i := range c.a.Legs {
		l := &c.a.Legs[i]
		if !c.a.SeveralAddresses(l.Target) {
			continue
		}
		shown := l.Addresses[:min(len(l.Addresses), addressesShown)]
		for _, a := range shown {
			t.Rows = append(t.Rows, []cell{textCell(legName(c.a, l)), textCell(a.Address), textCell(count(a.Answers)), textCell(percent(a.Share))})
		}
		if more := l.Addresses[len(shown):]; len(more) > 0 {
			var answers uint64
			var share float64
			for _, a := range more {
				answers, share = answers+a.Answers, share+a.Share
			}
			t.Rows = append(t.Rows, []cell{textCell(legName(c.a, l)), textCell(count(len(more)) + " more"), textCell(count(answers)), textCell(percent(share))})
		}
	}
	c.add("Answers per address", block{Table: t})
}
