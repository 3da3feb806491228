package result

// How the intervals of a leg were made, in a sentence each. docs/statistics.md has their
// formulas, sources and limits.
const (
	MethodPercentile = "Order statistics by the binomial distribution, exact for as many independent requests as the seconds of the leg show these to be worth."
	MethodRate       = "The mean of the seconds of the load with Student's t, widened where its level lasts from second to second."
	MethodErrorRate  = "Wilson's score interval, for as many independent requests as the seconds of the leg show these to be worth."
)
