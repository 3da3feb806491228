package result

// Verdict is the answer to what a run was asked.
type Verdict string

// The verdicts, from best to worst but one: an invalid measurement says nothing
// about the target, neither good nor bad.
const (
	Pass         Verdict = "PASS"
	Inconclusive Verdict = "INCONCLUSIVE"
	Fail         Verdict = "FAIL"
	Invalid      Verdict = "INVALID"
)

// SpreadVerdict is how the rows of a leg divide over the hosts. Its value is a stable
// name for programs; Word is what people read.
type SpreadVerdict string

// The verdicts of [Spread].
const (
	SpreadEven   SpreadVerdict = "even"
	SpreadUneven SpreadVerdict = "uneven"
	SpreadSticky SpreadVerdict = "sticky" // uneven per request, since connections stay with a host
	SpreadTooFew SpreadVerdict = "too-few"
	// SpreadChanged says that hosts came or went, and no part of the leg between could be judged.
	SpreadChanged SpreadVerdict = "hosts-changed"
	SpreadMixed   SpreadVerdict = "mixed" // rows are among them that no answer accounts for
	SpreadOneHost SpreadVerdict = "one-host"
	SpreadNothing SpreadVerdict = "nothing-written"
)

// RowsVerdict is how the answers of a leg and the rows in the ledger agree. Its value
// is a stable name for programs; Word is what people read.
type RowsVerdict string

// The verdicts of [Reconcile].
const (
	RowsReconciled    RowsVerdict = "reconciled"
	RowsLost          RowsVerdict = "lost"
	RowsExtra         RowsVerdict = "extra"
	RowsWithinUnknown RowsVerdict = "within-unknown"
	RowsComing        RowsVerdict = "still-coming" // when the wait for them was over
	RowsNotKnown      RowsVerdict = "not-known"
)

// Known reports that the rows were counted to their end, so that Rows, Lost and Extra are figures.
// A verdict that is none of the constants is not known.
func (v RowsVerdict) Known() bool {
	switch v {
	case RowsReconciled, RowsLost, RowsExtra, RowsWithinUnknown:
		return true
	}
	return false
}

// MetricVerdict is how a candidate's metric compares with the baseline's, what a whole
// comparison comes to, and which way a trend changed. Its value is a stable name for programs.
type MetricVerdict string

// The verdicts of [Metric]; a [Change] is better or worse.
const (
	Better     MetricVerdict = "better"
	Worse      MetricVerdict = "worse"
	Same       MetricVerdict = "same"
	CannotTell MetricVerdict = "inconclusive"
	// Mixed is of a [Comparison] alone: better in some metrics, worse in others.
	Mixed MetricVerdict = "mixed"
)

// Tone is how a reader should take a verdict, whatever its words are. A verdict that is
// none of the constants is neutral.
type Tone int

// The tones. The zero value is neither good nor bad, nor in doubt.
const (
	Neutral Tone = iota
	Good
	Bad
	Doubtful
)

// Tone of an inconclusive or invalid run is doubtful: the question stays open.
func (v Verdict) Tone() Tone {
	switch v {
	case Pass:
		return Good
	case Fail:
		return Bad
	}
	return Doubtful
}

// Tone of one host is neutral: there is nothing to divide.
func (v SpreadVerdict) Tone() Tone {
	switch v {
	case SpreadEven:
		return Good
	case SpreadUneven, SpreadNothing:
		return Bad
	case SpreadSticky, SpreadTooFew, SpreadMixed, SpreadChanged:
		return Doubtful
	}
	return Neutral
}

// Tone of extra rows is bad like that of lost ones: someone wrote twice.
func (v RowsVerdict) Tone() Tone {
	switch v {
	case RowsReconciled:
		return Good
	case RowsLost, RowsExtra:
		return Bad
	case RowsWithinUnknown, RowsComing, RowsNotKnown:
		return Doubtful
	}
	return Neutral
}

// Tone of the same figure is neutral.
func (v MetricVerdict) Tone() Tone {
	switch v {
	case Better:
		return Good
	case Worse:
		return Bad
	case CannotTell, Mixed:
		return Doubtful
	}
	return Neutral
}
