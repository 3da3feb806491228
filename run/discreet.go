package run

import "github.com/stress-tool/stress/scenarios"

// discreetError is an error whose text holds no secret of the scenario. What it wraps
// is for errors.As alone.
type discreetError struct {
	text string
	err  error
}

func (e *discreetError) Error() string { return e.text }
func (e *discreetError) Unwrap() error { return e.err }

// discreet is an error for people to read: targets, databases and libraries repeat what
// they were sent.
func discreet(sc *scenarios.Scenario, err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if told := sc.Secrets().Blot(text); told != text {
		return &discreetError{told, err}
	}
	return err
}
