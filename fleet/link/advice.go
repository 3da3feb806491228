package link

import (
	"crypto/tls"
	"crypto/x509"
	"errors"

	"github.com/nats-io/nats.go"
)

// AdvisedError is why a broker cannot be reached, with what to do.
type AdvisedError struct {
	Err  error
	What string // to do
}

func (e *AdvisedError) Error() string { return e.Err.Error() + ": " + e.What }

// Unwrap is why.
func (e *AdvisedError) Unwrap() error { return e.Err }

// advised is why a broker cannot be reached, with what to do.
func advised(err error) error {
	var unknown x509.UnknownAuthorityError
	var other x509.HostnameError
	var invalid x509.CertificateInvalidError
	what := ""
	switch {
	case errors.Is(err, nats.ErrNoServers), errors.Is(err, nats.ErrTimeout):
		what = "look whether it is up, and reached at that address from here; `stress fleet broker` is one"
	case errors.Is(err, nats.ErrAuthorization):
		what = "give the user and the password, or the key, that the broker lets in: `stress fleet key` prints the public part of a new one, which is for its --nkey"
	case errors.Is(err, nats.ErrNkeysNotSupported):
		what = "the broker knows no keys: start it with --nkey, or leave the key out"
	case errors.Is(err, nats.ErrSecureConnWanted):
		what = "the broker has no TLS: name it as nats://HOST:PORT, or give it a certificate"
	case errors.As(err, &unknown):
		what = "name who has signed the broker's certificate: --tls-ca, or generators.ca of a scenario"
	case errors.As(err, &other):
		what = "name the broker as its certificate does"
	case errors.As(err, &invalid):
		what = "give the broker a certificate that holds, and look at the clocks of both machines"
	}
	if what == "" {
		return err
	}
	return &AdvisedError{err, what}
}

// stranger says that an error is about a broker that is not who it should be. That does not pass by waiting, and who
// waited would not be told.
func stranger(err error) bool {
	var not *tls.CertificateVerificationError
	return errors.As(err, &not)
}
