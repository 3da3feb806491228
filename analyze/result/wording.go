package result

import "cmp"

// What people read of the verdicts. No program reads these words: they may change.
var (
	spreadWords = map[SpreadVerdict]string{
		SpreadEven: "even", SpreadUneven: "uneven", SpreadSticky: "sticky",
		SpreadTooFew: "too few to tell", SpreadMixed: "not known", SpreadChanged: "not judged", SpreadOneHost: "one host", SpreadNothing: "nothing written",
	}
	rowsWords = map[RowsVerdict]string{
		RowsReconciled: "reconciled", RowsLost: "lost", RowsExtra: "extra",
		RowsWithinUnknown: "within the unknown", RowsComing: "still coming", RowsNotKnown: "not known",
	}
	metricWords = map[MetricVerdict]string{
		Better: "better", Worse: "worse", Same: "same", CannotTell: "cannot tell", Mixed: "mixed",
	}
)

// Word is the verdict for people; a value that is none of the constants stands as it is.
func (v SpreadVerdict) Word() string { return cmp.Or(spreadWords[v], string(v)) }

// Word is the verdict for people; a value that is none of the constants stands as it is.
func (v RowsVerdict) Word() string { return cmp.Or(rowsWords[v], string(v)) }

// Word is the verdict for people; a value that is none of the constants stands as it is.
func (v MetricVerdict) Word() string { return cmp.Or(metricWords[v], string(v)) }
