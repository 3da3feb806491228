package result

import (
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
)

// Code is the kind of a finding. Codes are stable: some may be added, none is renamed
// or gets another meaning.
type Code string

// The codes; [Codes] explains them.
const (
	CodeAccounting        Code = "accounting"
	CodeGeneratorLimited  Code = "generator-limited"
	CodeGeneratorFailures Code = "generator-failures"
	CodeAgentLost         Code = "agent-lost"
	CodeNotJudged         Code = "not-judged"
	CodeGeneratorDelay    Code = "generator-delay"

	CodeAborted          Code = "aborted"
	CodeNothingSucceeded Code = "nothing-succeeded"
	CodeOutage           Code = "outage"
	CodeTaskUnasked      Code = "task-never-asked"
	CodeHostGone         Code = "host-gone"
	CodeReplicasShort    Code = "replicas-short"
	CodeAgentDeviates    Code = "agent-deviates"
	CodeRowsDoubled      Code = "rows-doubled"
	CodeThresholdNotMet  Code = "threshold-not-met"
	CodeLimitNotMet      Code = "limit-not-met"
	CodeBaselineWorse    Code = "worse-than-baseline"
	CodeRowsLost         Code = "rows-lost"
	CodeRowsExtra        Code = "rows-extra"
	CodeTargetsDiffer    Code = "identical-targets-differ"

	CodePartialRun       Code = "partial-run"
	CodeEmptySample      Code = "empty-sample"
	CodeTooFewRequests   Code = "too-few-requests"
	CodeTooFewRounds     Code = "too-few-rounds"
	CodeSpansLimit       Code = "interval-spans-limit"
	CodeMaybeChance      Code = "maybe-chance"
	CodeUnconfirmed      Code = "not-confirmed"
	CodeNoBaseline       Code = "no-baseline"
	CodeLedgerUnknown    Code = "ledger-unknown"
	CodeRowsComing       Code = "rows-still-coming"
	CodeRowsHidden       Code = "rows-hidden"
	CodeRowsMixed        Code = "rows-mixed"
	CodeNothingToCompare Code = "nothing-to-compare"
	CodeWitnessDisagrees Code = "witness-disagrees"

	CodeLevelLasts  Code = "level-lasts"
	CodeLegTooShort Code = "leg-too-short"

	CodeSetByPlan     Code = "set-by-plan"
	CodeThresholdsMet Code = "thresholds-met"
	CodeNoThreshold   Code = "no-threshold"
	CodeChecksHold    Code = "checks-hold"
)

// CodeInfo explains a code.
type CodeInfo struct {
	Code  Code
	About string // one line
	// Remedy is what to do about it; "" where every finding says so itself.
	Remedy string
}

// Codes are all codes, those of an invalid measurement first and those of a pass last.
func Codes() []CodeInfo { return slices.Clone(codes) }

var codes = []CodeInfo{
	{CodeAccounting, "the counts of a leg do not add up, so no figure of it can be trusted",
		"measure again; if it comes back, report it with the run directory"},
	{CodeGeneratorLimited, "the generator or its machine, not the target, set the figures",
		"give stress a machine of its own, away from the target and from other programs, ask for less load, or divide it among agents on several machines (docs/fleet.md); of 6 rounds and more one in five may be limited, which is left out and measured anew"},
	{CodeGeneratorFailures, "requests failed at a limit of the generator's own, such as open files or ports", ""},
	{CodeAgentLost, "one of several generators was lost, so the load was not the one that was asked for",
		"look at that machine and run it again; generators.tolerate_loss: true judges such a run by the load that there was"},
	{CodeGeneratorDelay, "a threshold or a comparison comes out another way without the generator's own delays",
		"give stress a machine of its own, away from the target and from other programs, and measure again; more rounds show whether it was one moment"},
	{CodeNotJudged, "a check was not judged, since the measurement is invalid", ""},

	{CodeAborted, "a leg was ended because too many requests failed", ""},
	{CodeNothingSucceeded, "a leg had answers, and none was a success", ""},
	{CodeOutage, "for a while nothing succeeded, longer than a second and than twenty of the usual gaps between successes; a FAIL where it is longer than the scenario allows", ""},
	{CodeTaskUnasked, "a task of the cluster ran and wrote no row; no verdict by itself", ""},
	{CodeHostGone, "a host that wrote is no task any more, and nobody who writes took its place; no verdict by itself", ""},
	{CodeReplicasShort, "at the end of a leg fewer replicas ran than were asked for; no verdict by itself", ""},
	{CodeAgentDeviates, "the times or failures of one of several generators differ from the others' by more than chance, and by enough to matter: its network or its machine; no verdict by itself", ""},
	{CodeRowsDoubled, "rows are there twice, of requests that were sent again: by their names, or as many as were under way when a task ended; no verdict by itself", ""},
	{CodeThresholdNotMet, "a threshold of the scenario was not met", ""},
	{CodeLimitNotMet, "the interval of a figure lies beyond the bound of a gate", ""},
	{CodeBaselineWorse, "a metric is worse than the baseline's by more than the gate allows", ""},
	{CodeRowsLost, "successful answers wrote no row, and a threshold or limit asks about it", ""},
	{CodeRowsExtra, "there are more rows than answers account for, and a threshold or limit asks about it", ""},
	{CodeTargetsDiffer, "identical targets differ by more than chance, in an A/A measurement", ""},

	{CodePartialRun, "the run or a leg did not come to its end, or a target has no leg",
		"run it again, to its end"},
	{CodeEmptySample, "there was nothing to judge: no request, no leg, no check",
		"see first whether the target answers at its address; stress check asks it"},
	{CodeTooFewRequests, "the requests are too few for an interval of the figure",
		"ask for more requests, with a longer load or more clients"},
	{CodeTooFewRounds, "the rounds are too few for an interval, or for one that tells",
		"measure more rounds (compare.rounds)"},
	{CodeSpansLimit, "the interval reaches to both sides of what is allowed", ""},
	{CodeMaybeChance, "beyond what is allowed, but one of so many checks comes out so by chance", ""},
	{CodeUnconfirmed, "beyond what is allowed at the first of several looks, which fails nothing", ""},
	{CodeNoBaseline, "there is no baseline that the metric can be held against", ""},
	{CodeLedgerUnknown, "the rows of the service are not known: no ledger, or it could not be counted", ""},
	{CodeRowsComing, "rows were still coming when the wait for them was over", ""},
	{CodeRowsHidden, "rows of requests without a clear answer may stand in the place of rows that are lost", ""},
	{CodeRowsMixed, "the table holds rows that are written twice or by others, so the rows of these requests are not known",
		"give the run a table that nobody else writes, or have rows name the requests that wrote them (ledger.claim)"},
	{CodeWitnessDisagrees, "a generator that is never busy had shorter times than the others: delays of their own may be in the times",
		"look at the machines of the agents, or give them more of these, until the witness agrees"},
	{CodeNothingToCompare, "a side has no figure above zero, so there is no ratio", ""},

	{CodeLevelLasts, "neighbouring stretches of a leg resemble each other: the interval beside the figure is widened, and may still be too narrow", ""},
	{CodeLegTooShort, "the stretches of a leg differ by more than chance, and are too few to show for how long: the interval beside the figure may be too narrow", ""},

	{CodeSetByPlan, "the plan sets the metric, not the target", ""},
	{CodeThresholdsMet, "every threshold was met", ""},
	{CodeNoThreshold, "no threshold was set, and the run came to its end", ""},
	{CodeChecksHold, "every check of the gate holds", ""},
}

// NotMet is the code of a threshold or limit on a metric that was not met: rows have
// their own, whoever asked for them.
func NotMet(m metric.Metric, other Code) Code {
	switch m {
	case metric.Lost:
		return CodeRowsLost
	case metric.Extra:
		return CodeRowsExtra
	}
	return other
}
