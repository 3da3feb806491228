package lead

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/nats-io/nats.go"

	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/fleet/wire"
)

// pieces are what a run consists of, as agents fetch it: the bundle, and the files that it names. No other
// file is ever read.
type pieces struct {
	bundle []byte
	listed []wire.Piece // the bundle first
}

// serve lets agents fetch the scenario.
func (f *Fleet) serve(context.Context) error {
	var err error
	if f.pieces.bundle, err = json.Marshal(f.Bundle); err != nil {
		return err
	}
	sum := sha256.Sum256(f.pieces.bundle)
	f.pieces.listed = []wire.Piece{{Size: int64(len(f.pieces.bundle)), SHA256: hex.EncodeToString(sum[:])}}
	for _, path := range f.Bundle.Files {
		p, err := pieceOf(path)
		if err != nil {
			return err
		}
		f.pieces.listed = append(f.pieces.listed, p)
	}
	f.fetches, err = f.Conn.Subscribe(wire.FetchSubject(f.Run), func(m *nats.Msg) {
		b, err := f.piece(m.Data)
		answer := &nats.Msg{Data: b}
		if err != nil {
			answer.Header = nats.Header{wire.ErrorHeader: {err.Error()}}
		}
		_ = m.RespondMsg(answer) // an agent without an answer asks its user to try again
	})
	return err
}

// piece is what an agent asks for. The way to the broker may be another than when the run began.
func (f *Fleet) piece(asked []byte) ([]byte, error) {
	if f.discreet() && !link.Private(f.Conn) {
		return nil, errors.New("the way to the broker is not secured any more")
	}
	return f.pieces.chunk(asked)
}

// pieceOf is a file as it is listed.
func pieceOf(path string) (wire.Piece, error) {
	file, err := os.Open(path)
	if err != nil {
		return wire.Piece{}, err
	}
	defer file.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, file)
	if err == nil && n > wire.MostPiece {
		err = fmt.Errorf("%s: is too large for agents", path)
	}
	return wire.Piece{Name: path, Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, err
}

// order has an agent fetch all of it.
func (p *pieces) order(targets []string) *wire.Prepare {
	return &wire.Prepare{Lead: who(), Bundle: p.listed[0], Files: p.listed[1:], Target: targets}
}

// errUnlisted says that an agent asked for what the scenario does not name.
var errUnlisted = errors.New("the scenario does not name this file")

// chunk is what an agent asks for.
func (p *pieces) chunk(asked []byte) ([]byte, error) {
	f, err := wire.Decode[wire.Fetch](asked)
	if err != nil {
		return nil, err
	}
	if f.Name == "" {
		from := min(f.Offset, int64(len(p.bundle)))
		return p.bundle[from:min(from+wire.Chunk, int64(len(p.bundle)))], nil
	}
	for _, piece := range p.listed[1:] {
		if piece.Name != f.Name {
			continue
		}
		file, err := os.Open(f.Name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		b := make([]byte, min(wire.Chunk, max(0, piece.Size-f.Offset)))
		n, err := file.ReadAt(b, f.Offset)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return b[:n], err
	}
	return nil, errUnlisted
}
