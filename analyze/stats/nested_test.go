package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// nested are the sums of a table of clusters by classes.
func nested(table [][]float64) Nested {
	var n Nested
	classes := make([]NestedClass, len(table[0]))
	for _, cluster := range table {
		var m float64
		for j, c := range cluster {
			m += c
			classes[j].Units += c
			classes[j].Squares += c * c
		}
		n.Squares += m * m
	}
	for _, c := range classes {
		if c.Units > 0 {
			n.Classes = append(n.Classes, c)
		}
	}
	return n
}

// Pearson's X² of two clusters of 25 units is 2·(3.5²/8.5 + 1²/8 + 2.5²/8.5), and p of two degrees of
// freedom exp(−X²/2).
func TestNestedIsPearsonForEqualClusters(t *testing.T) {
	n := nested([][]float64{{12, 7, 6}, {5, 9, 11}})
	x2, df := n.Association()
	_, much := n.Drawn(1)
	const want = 2 * (3.5*3.5/8.5 + 1./8 + 2.5*2.5/8.5)
	if math.Abs(x2-want) > 1e-12 || df != 2 || math.Abs(much-math.Exp(-want/2)) > 1e-12 || n.Clusters() != 2 || n.Pure() {
		t.Errorf("x2 %v, df %v, p %v, %v clusters", x2, df, much, n.Clusters())
	}
	if got := n.DesignEffect(); math.Abs(got-want/2) > 1e-12 {
		t.Errorf("design effect %v", got)
	}
}

func TestNestedBorders(t *testing.T) {
	pure := nested([][]float64{{40, 0, 0}, {0, 40, 0}, {40, 0, 0}, {0, 0, 20}})
	if !pure.Pure() || pure.DesignEffect() != (3*1600+400)/140. {
		t.Errorf("each cluster of one class: %v", pure.DesignEffect())
	}
	if little, much := pure.Drawn(pure.DesignEffect()); little < 0.5 || much < 0.05 {
		t.Errorf("drawn a cluster at a time: %v, %v", little, much)
	}
	if little, much := pure.Drawn(1); little < 0.999 || much > 1e-9 {
		t.Errorf("drawn one by one: %v, %v", little, much)
	}
	for name, n := range map[string]Nested{
		"nothing": {}, "one cluster": nested([][]float64{{5, 5}}), "one class": nested([][]float64{{5}, {7}}),
	} {
		x2, df := n.Association()
		little, much := n.Drawn(1)
		if x2 != 0 || df != 0 || little != 1 || much != 1 || n.DesignEffect() != 1 {
			t.Errorf("%s: %v, %v, %v, %v", name, x2, df, little, much)
		}
	}
	if got := (Nested{}).Clusters(); got != 0 {
		t.Errorf("%v clusters of nothing", got)
	}
	// As many units each, but for one cluster that nobody uses.
	if got := nested([][]float64{{10, 10}, {20, 0}, {0, 0}}).Clusters(); got != 2 {
		t.Errorf("%v clusters", got)
	}
}

func TestFSurvival(t *testing.T) {
	if got := FSurvival(3.2, 2, 30); math.Abs(got-math.Pow(1+2*3.2/30, -15)) > 1e-12 {
		t.Errorf("%v", got) // for d1 = 2 there is a closed form
	}
}

func TestNestedProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		classes := rapid.IntRange(1, 5).Draw(t, "classes")
		table := rapid.SliceOfN(rapid.SliceOfN(rapid.Float64Range(0, 1e6), classes, classes), 1, 20).Draw(t, "table")
		for _, cluster := range table {
			for j := range cluster {
				cluster[j] = math.Floor(cluster[j])
			}
		}
		n := nested(table)
		x2, df := n.Association()
		little, much := n.Drawn(1)
		for _, v := range []float64{x2, df, little, much, n.DesignEffect(), n.Clusters()} {
			if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
				t.Fatalf("x2 %v, df %v, p %v and %v, effect %v", x2, df, little, much, n.DesignEffect())
			}
		}
		if c := n.Clusters(); c > float64(len(table))+1e-6 || little+much < 0.999 {
			t.Fatalf("%v clusters of %d, %v and %v", c, len(table), little, much)
		}
		table = append(table, table...)
		if twice := nested(table); math.Abs(twice.Clusters()-2*n.Clusters()) > 1e-6*(1+n.Clusters()) {
			t.Fatalf("%v clusters, twice as many are %v", n.Clusters(), twice.Clusters())
		}
	})
}
