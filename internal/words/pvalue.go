package words

// PValue is a p with its relation: "< 0.001", "= 0.034", "> 0.999".
func PValue(p float64) string {
	switch {
	case p < 0.001:
		return "< 0.001"
	case p > 0.999:
		return "> 0.999"
	}
	return "= " + Significant(p, 2)
}
