package attack

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"os"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// resultReader reads a recording one result at a time.
type resultReader struct {
	file   *os.File
	dec    vegeta.Decoder
	result vegeta.Result
	read   int
}

func openResults(path string) (*resultReader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &resultReader{file: f, dec: vegeta.NewDecoder(bufio.NewReaderSize(f, 1<<16))}, nil
}

// next reads the next result, and reports whether there was one.
func (r *resultReader) next() (bool, error) {
	r.result = vegeta.Result{}
	err := r.dec.Decode(&r.result)
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	r.read++
	return err == nil, err
}

// resultWriter writes a recording and numbers its results.
type resultWriter struct {
	file   *os.File
	buf    *bufio.Writer
	enc    vegeta.Encoder
	seq    uint64
	newest vegeta.Result
}

func newResultWriter(dir string) (*resultWriter, error) {
	f, err := os.CreateTemp(dir, "")
	if err != nil {
		return nil, err
	}
	w := &resultWriter{file: f, buf: bufio.NewWriterSize(f, 1<<16)}
	w.enc = vegeta.NewEncoder(w.buf)
	return w, f.Chmod(0o644)
}

func (w *resultWriter) write(r vegeta.Result) error {
	r.Seq = w.seq
	w.seq++
	w.newest = r
	return w.enc.Encode(&r)
}

// isLate reports that a result is earlier than the last one written.
func (w *resultWriter) isLate(r vegeta.Result) bool {
	return w.seq > 0 && r.Timestamp.Before(w.newest.Timestamp)
}

func (w *resultWriter) close() error { return errors.Join(w.buf.Flush(), w.file.Close()) }

// pendingResult is a result in memory, with the number of its sorted run, and its number in the file (split)
// or the number of its file (merge).
type pendingResult struct {
	vegeta.Result
	run, from int
}

// resultHeap is a heap with the earliest result of the first run on top.
type resultHeap []pendingResult

func (h resultHeap) Len() int      { return len(h) }
func (h resultHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *resultHeap) Push(x any)   { *h = append(*h, x.(pendingResult)) }

func (h resultHeap) Less(i, j int) bool {
	a, b := &h[i], &h[j]
	return cmp.Or(cmp.Compare(a.run, b.run), a.Timestamp.Compare(b.Timestamp), cmp.Compare(a.from, b.from)) < 0
}

func (h *resultHeap) Pop() any {
	last := len(*h) - 1
	r := (*h)[last]
	(*h)[last] = pendingResult{}
	*h = (*h)[:last]
	return r
}
