package metric

import "github.com/stress-tool/stress/internal/words"

// Unit is what a metric is counted in, as files have it. The zero value is a bare number.
type Unit string

// The units of the table.
const (
	Milliseconds Unit = "ms"
	PerSecond    Unit = "/s"
	Share        Unit = "share" // of 1
	Rows         Unit = "rows"
	Requests     Unit = "requests"
	Hosted       Unit = "hosts"
)

// Class is a kind of unit: what its values look like and what may be asked of them.
type Class int

// The classes.
const (
	Counts Class = iota
	Times
	Rates
	Shares
)

// Classes are all of them.
var Classes = []Class{Times, Rates, Shares, Counts}

// Class is the unit's. Of a unit that is not in the table, from a file of another version,
// it is [Counts]: the number is shown before its unit.
func (u Unit) Class() Class {
	switch u {
	case Milliseconds:
		return Times
	case PerSecond:
		return Rates
	case Share:
		return Shares
	}
	return Counts
}

func (u Unit) write(v float64, in words.Style) string {
	switch u.Class() {
	case Times:
		return in.Millis(v)
	case Shares:
		return in.Percent(v)
	case Rates:
		return in.Number(v) + string(u)
	}
	return in.Counted(v, string(u))
}

// Say writes a value with its unit for a sentence: "31.4 ms", "54 %", "2 980/s", "1 row".
func (u Unit) Say(v float64) string { return u.write(v, words.Prose) }

// Cell is [Unit.Say] for a table.
func (u Unit) Cell(v float64) string { return u.write(v, words.Table) }

// SayDifference writes a difference of two values for a sentence: "5 ms", of shares
// "2 points".
func (u Unit) SayDifference(d float64) string { return u.difference(d, words.Prose) }

// DifferenceCell is [Unit.SayDifference] for a table.
func (u Unit) DifferenceCell(d float64) string { return u.difference(d, words.Table) }

func (u Unit) difference(d float64, in words.Style) string {
	if u.Class() == Shares {
		return in.Points(d)
	}
	return u.write(d, in)
}
