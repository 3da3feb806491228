package reporttest

import (
	"github.com/stress-tool/stress/analyze/capacity"
	"github.com/stress-tool/stress/analyze/queueing"
	"github.com/stress-tool/stress/analyze/result"
)

// Forecasts are one of what formulas know exactly, one of a system that is too small, and one of
// a name that tries to break the report.
func Forecasts() map[string]*result.Forecast {
	service := queueing.Exponential(0.05)
	return map[string]*result.Forecast{
		"forecast":         capacity.Forecast("cluster", service, 400, capacity.Forecasted{Replicas: 3, Workers: 1, RateRPS: 30, SLOMS: 250}),
		"forecast-small":   capacity.Forecast("single", service, 400, capacity.Forecasted{Replicas: 1, Workers: 1, RateRPS: 30}),
		"forecast-tainted": capacity.Forecast(failing, service, 400, capacity.Forecasted{Replicas: 1, Workers: 1, RateRPS: 10}),
	}
}
