package analyze

import (
	"fmt"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// ownLimit says that the generator ran out of something: so many requests failed of
// which the target knows nothing that the rest is not the load that was asked for, or
// they ended the leg.
func ownLimit(rec *runlog.Record, load runlog.Load, all runlog.Outcomes, own uint64) []string {
	n, failed := result.Ended(all), all.Failed()
	atLimit := func(failed uint64) bool {
		return load.ErrorThreshold > 0 && float64(failed) >= load.ErrorThreshold*float64(n)
	}
	if own > 0 && aborted(rec) && atLimit(failed) && !atLimit(failed-min(own, failed)) {
		return []string{ownWords(rec, own, n) + "; without them the error threshold would not have ended the leg"}
	}
	if own < fewestLate || float64(own) <= badShare*float64(n) {
		return nil
	}
	return []string{ownWords(rec, own, n)}
}

// ownWords say how many of n requests failed at which limits of the generator's own,
// and what to do.
func ownWords(rec *runlog.Record, own, n uint64) string {
	var kinds []string
	for _, f := range rec.Failures {
		if f.Own && !slices.Contains(kinds, f.Reason) {
			kinds = append(kinds, f.Reason)
		}
	}
	text := fmt.Sprintf("%s of %s (%s) failed at a limit of the generator's own, not at the target",
		words.Number(own), words.Counted(n, "request"), words.Percent(float64(own)/float64(max(n, 1))))
	if len(kinds) > 0 {
		text += ": " + words.List(kinds, len(kinds))
	}
	return text
}
