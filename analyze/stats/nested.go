package stats

import "gonum.org/v1/gonum/mathext"

// Nested is how units of several classes lie in clusters, as far as sums tell: in cluster i
// there are mᵢ units, cᵢⱼ of them of class j. The zero value is no units.
type Nested struct {
	Squares float64       // Σᵢ mᵢ²
	Classes []NestedClass // those with units; the order says nothing
}

// NestedClass are the sums of one class j over all clusters.
type NestedClass struct {
	Units   float64 // Σᵢ cᵢⱼ
	Squares float64 // Σᵢ cᵢⱼ²
}

// Units is their number.
func (n Nested) Units() float64 {
	var sum float64
	for _, c := range n.Classes {
		sum += c.Units
	}
	return sum
}

// Clusters is how many clusters of equal size these are worth, (Σm)² ÷ Σm²: the number of
// clusters where all have the same size, and fewer elsewhere. 0 without units.
//
// Source: Kish, Survey Sampling (1965) §11.2C.
func (n Nested) Clusters() float64 {
	units := n.Units()
	if n.Squares == 0 {
		return 0
	}
	return units * units / n.Squares
}

// scatter is Σᵢ Σⱼ (cᵢⱼ − mᵢpⱼ)² ÷ pⱼ, with pⱼ the share of class j.
func (n Nested) scatter() float64 {
	units := n.Units()
	var sum float64
	for _, c := range n.Classes {
		sum += c.Squares / c.Units * units
	}
	return max(0, sum-n.Squares)
}

// Pure reports that every cluster has units of one class only. It is exact up to 2⁵³.
func (n Nested) Pure() bool {
	var squares float64
	for _, c := range n.Classes {
		squares += c.Squares
	}
	return squares == n.Squares
}

// Association is how far units of one cluster are of one class more often than chance has it, given
// the sizes of all clusters and classes. For clusters of equal size x2 is Pearson's of the table of
// clusters by classes; for others the scatter about the classes' shares is divided by the cluster
// that a unit lies in on average, Σm² ÷ Σm, and df counts as many clusters as they are worth.
// With fewer than two clusters or classes both are 0.
func (n Nested) Association() (x2, df float64) {
	clusters, classes := n.Clusters(), len(n.Classes)
	if clusters < 1.5 || classes < 2 {
		return 0, 0
	}
	return n.scatter() / (n.Squares / n.Units()), (clusters - 1) * float64(classes-1)
}

// Drawn are the chances of as little and of as much association where classes are drawn for so
// many units of a cluster at a time: 1 where each unit has its own, Σm² ÷ Σm where a cluster's have
// one. Both are 1 where there can be no association.
func (n Nested) Drawn(together float64) (little, much float64) {
	x2, df := n.Association()
	if df == 0 {
		return 1, 1
	}
	x2 /= together
	return mathext.GammaIncReg(df/2, x2/2), chiSquareSurvival(x2, df)
}

// DesignEffect is the variance of the classes' shares, as the clusters show it, over that of
// units drawn one by one, and at least 1: the generalised design effect, by which Pearson's X² of
// the classes is too large. Where every cluster has units of one class it is Σm² ÷ Σm, where
// clusters say nothing it is about 1. With fewer than two clusters or classes nothing can be
// seen, and it is 1.
//
// Source: J. N. K. Rao and A. J. Scott, JASA 76 (1981) 221.
func (n Nested) DesignEffect() float64 {
	x2, df := n.Association()
	switch {
	case df == 0:
		return 1
	case n.Pure():
		return n.Squares / n.Units()
	}
	return max(1, x2/df)
}

// FSurvival is P(X ≥ x) for a variable of Fisher's F with d1 and d2 degrees of freedom, above 0.
func FSurvival(x, d1, d2 float64) float64 {
	// Of the two sides the one whose share is not rounded off.
	if d1*x < d2 {
		return 1 - mathext.RegIncBeta(d1/2, d2/2, d1*x/(d1*x+d2))
	}
	return mathext.RegIncBeta(d2/2, d1/2, d2/(d1*x+d2))
}
