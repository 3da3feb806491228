package history

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/outfile"
	"github.com/stress-tool/stress/runlog/untrusted"
)

// NoiseFile is the file of the noise in a directory of baselines.
const NoiseFile = result.NoiseFile

// ReadNoises reads a file of the noise. One that is not there holds nothing; one that
// cannot be understood is a [*BrokenError].
func ReadNoises(file string) (*result.Noises, error) {
	f, err := untrusted.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return &result.Noises{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	n, err := result.ReadNoises(f)
	if err != nil {
		return nil, &BrokenError{file, err}
	}
	return n, nil
}

// WriteNoises writes the file anew, and makes its directory where there is none.
func WriteNoises(file string, n *result.Noises) error {
	var b bytes.Buffer
	if err := n.Write(&b); err != nil {
		return fmt.Errorf("keeping the noise: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("keeping the noise: %w", err)
	}
	return outfile.Write(file, b.Bytes(), 0o644)
}
