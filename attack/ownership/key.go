package ownership

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// keySize is the length of a user's secret, in bytes. The file holds it in hexadecimal.
const keySize = 32

type key []byte

// loadKey reads the key from a file, and creates the file if it does not exist.
func loadKey(path string) (key, error) {
	if path == "" {
		return nil, errors.New("there is no directory to keep its key in: set HOME or XDG_CONFIG_HOME")
	}
	k, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if err := createKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("creating the key file: %w", err)
	}
	return readKey(path)
}

func readKey(path string) (key, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the key file: %w", err)
	}
	k, err := hex.DecodeString(string(bytes.TrimSpace(b)))
	if err != nil || len(k) != keySize {
		return nil, fmt.Errorf("%s holds no key of %d hexadecimal digits: remove it to have a new one made, which changes every token", path, 2*keySize)
	}
	return k, nil
}

// createKey writes a file beside path and then links it to path. If two processes do so at once, the
// second one gets [fs.ErrExist] and uses the key of the first.
func createKey(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	k := make([]byte, keySize)
	rand.Read(k) // never fails
	_, err = fmt.Fprintf(f, "%x\n", k)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}

// TokenPrefix is the beginning of every token, as at loader.io; 32 hexadecimal digits follow.
const TokenPrefix = "loaderio-"

// token returns loaderio- and the first 16 bytes of HMAC-SHA256(key, host). It is derived and not
// random, so that no list of hosts has to be kept.
func (k key) token(host string) string {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte(host))
	return TokenPrefix + hex.EncodeToString(mac.Sum(nil)[:16])
}

// randomToken returns a token that belongs to nobody.
func randomToken() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return TokenPrefix + hex.EncodeToString(b[:])
}
