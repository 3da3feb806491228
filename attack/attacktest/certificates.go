package attacktest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"testing"
	"time"
)

// secured are the ways to secure a server, by name: both versions of TLS in use, and both kinds of
// keys.
func secured(t *testing.T) map[string]*tls.Config {
	t.Helper()
	return map[string]*tls.Config{
		"TLS 1.3, ECDSA": {Certificates: []tls.Certificate{*certificate(t, elliptical(t), time.Hour)}, MinVersion: tls.VersionTLS13},
		"TLS 1.2, RSA":   {Certificates: []tls.Certificate{*certificate(t, modular(t), time.Hour)}, MaxVersion: tls.VersionTLS12},
	}
}

func elliptical(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func modular(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// certificate is for the servers shop.test and internal.test, and for a client. Its own key has
// signed it. It expires after a time, which may be negative.
func certificate(t *testing.T, key crypto.Signer, expires time.Duration) *tls.Certificate {
	t.Helper()
	now := time.Now()
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(expires), DNSNames: []string{"shop.test", "internal.test"},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// trusting are the authorities of a client that trusts one certificate.
func trusting(c *tls.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(c.Leaf)
	return p
}
