package reporttest

import (
	"fmt"
	"maps"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/analyze/result"
)

// Rounds is [Closed] in three rounds, made anew.
func Rounds() *result.Analysis {
	a := Closed()
	a.Legs = nil
	for r := 1; r <= 3; r++ {
		one := profile{perSecond: 400 + 10*float64(r), median: 108 + 4*float64(r), spread: .22, seconds: 10, clients: 50, seed: 10 + uint64(r)}.leg("single", r)
		three := profile{perSecond: 1100, median: 40 + float64(r), spread: .35, seconds: 10, clients: 50, seed: 20 + uint64(r)}.leg("cluster", r)
		serve(&one, 1, map[string]float64{"0c3e5b7a9d11": 1})
		serve(&three, 3, clusterHosts)
		a.Legs = append(a.Legs, one, three)
	}
	a.Comparison.Rounds = 3
	return a
}

// TenTargets is a run of as many targets, one with a long name, with nothing to compare.
func TenTargets() *result.Analysis {
	a := Closed()
	a.Name, a.Legs, a.Comparison, a.Thresholds = "ten targets", nil, nil, nil
	a.Headline, a.Findings = "target-1: 359 of 359 requests succeeded, p95 65.9 ms.", a.Findings[:1]
	for i := range 10 {
		name := fmt.Sprintf("target-%d", i+1)
		if i == 1 {
			name = "a-target-with-a-rather-long-name.example.internal"
		}
		l := profile{perSecond: 60 + 10*float64(i), median: 40, spread: .3, seconds: 6, clients: 8, seed: 70 + uint64(i)}.leg(name, 1)
		serve(&l, 3, clusterHosts)
		a.Legs = append(a.Legs, l)
	}
	a.Key = analyze.KeyFigures(a)
	return a
}

// TenRounds is a run of two targets, the times of one of them multiplied.
func TenRounds(factor float64) *result.Analysis {
	a := Closed()
	a.Name, a.Legs = "ten rounds", nil
	for r := 1; r <= 10; r++ {
		one := profile{perSecond: 120, median: 40, spread: .3, seconds: 4, clients: 8, seed: 50}.leg("single", r)
		two := profile{perSecond: 120, median: 40, spread: .3, seconds: 4, clients: 8, seed: 60}.leg("cluster", r)
		l := &two.Service
		l.Mean *= factor
		l.Quantiles = maps.Clone(l.Quantiles)
		for name := range l.Quantiles {
			l.Quantiles[name] *= factor
		}
		a.Legs = append(a.Legs, one, two)
	}
	return a
}
