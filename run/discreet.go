package run

import "github.com/stress-tool/stress/scenarios"

// blottedError is an error whose text holds no secret of the scenario. What it wraps
// is for errors.As alone.
type blottedError struct {
	text string
	err  error
}

func (e *blottedError) Error() string { return e.text }
func (e *blottedError) Unwrap() error { return e.err }

// withoutSecrets is an error for people: targets, databases and libraries repeat what they were
// sent, and that may be a secret.
func withoutSecrets(sc *scenarios.Scenario, err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if told := sc.Secrets().Blot(text); told != text {
		return &blottedError{told, err}
	}
	return err
}
