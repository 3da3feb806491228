package feed

import (
	"bufio"
	"encoding/binary"
	"os"
)

// stride is how many rows share an entry of the index: those between are passed over by their lengths.
const stride = 16

// rows are the rows of a table: of each the length of all that follows, then of each column the length
// and the text. Lengths are varints.
type rows struct {
	count uint64
	index []uint64 // where each stride begins
	data  mapped
}

func (r *rows) close() error { return r.data.close() }

// append appends the text of a column of a row.
func (r *rows) append(b []byte, row uint64, column int) []byte {
	at := r.data.bytes[r.index[row/stride]:]
	for range row % stride {
		length, n := binary.Uvarint(at)
		at = at[uint64(n)+length:]
	}
	_, n := binary.Uvarint(at)
	for at = at[n:]; ; column-- {
		length, n := binary.Uvarint(at)
		if at = at[n:]; column == 0 {
			return append(b, at[:length]...)
		}
		at = at[length:]
	}
}

// rowWriter writes rows into a file that has no name, so that nobody else reads it and nothing of it is
// left when the process ends, however that does.
type rowWriter struct {
	rows rows
	file *os.File
	out  *bufio.Writer
	size uint64
	row  []byte
}

func newRowWriter() (*rowWriter, error) {
	f, err := temporary()
	if err != nil {
		return nil, err
	}
	return &rowWriter{file: f, out: bufio.NewWriterSize(f, 1<<16)}, nil
}

// add adds a row.
func (w *rowWriter) add(values []string) error {
	w.row = w.row[:0]
	for _, v := range values {
		w.row = binary.AppendUvarint(w.row, uint64(len(v)))
		w.row = append(w.row, v...)
	}
	if w.rows.count%stride == 0 {
		w.rows.index = append(w.rows.index, w.size)
	}
	w.rows.count++
	var head [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(head[:], uint64(len(w.row)))
	w.size += uint64(n + len(w.row))
	_, err := w.out.Write(head[:n])
	if err == nil {
		_, err = w.out.Write(w.row)
	}
	return err
}

// end makes the rows readable, of which there is at least one.
func (w *rowWriter) end() (*rows, error) {
	defer w.file.Close()
	if err := w.out.Flush(); err != nil {
		return nil, err
	}
	var err error
	w.rows.data, err = mapFile(w.file, int(w.size))
	return &w.rows, err
}

// abandon gives up what was written.
func (w *rowWriter) abandon() { w.file.Close() }
