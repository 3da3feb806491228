package analyze

// storedName is a metric's name in every file that a run or a gate writes: "p95_ms",
// "error_rate". Scenarios and the command line leave the unit out.
func storedName(metric string) string {
	if (Threshold{Metric: metric}).unit() == unitTime {
		return metric + "_ms"
	}
	return metric
}

// storedUnit is a metric's unit in these files. Shares are of 1, though thresholds are
// written in percent.
func storedUnit(metric string) string {
	switch u := (Threshold{Metric: metric}).unit(); u {
	case unitShare:
		return "share"
	case unitCount:
		return map[string]string{"hosts": "hosts", "dropped": "requests", "lost": "rows", "extra": "rows"}[metric]
	default:
		return string(u)
	}
}

// stored is a value of the threshold's metric, in percent where that is a share, as
// files have it.
func (t Threshold) stored(v float64) float64 {
	if t.unit() == unitShare {
		return v / 100
	}
	return v
}
