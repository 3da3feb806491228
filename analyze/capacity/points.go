package capacity

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/internal/spell"
)

// Measured is the throughput of a system at one of its sizes.
type Measured struct {
	N          float64 // replicas, processors, or clients; > 0
	Throughput float64 // requests per second, > 0
	MeanMS     float64 // mean response time in milliseconds; 0 where it was not measured
}

// The bounds of what is read: files come from anyone.
const (
	mostPoints = 10_000
	mostBytes  = 1 << 20
	largest    = 1e12
)

// The names of the columns.
var (
	sizeColumn, throughputColumn, meanColumn = "n", "throughput", metric.Mean.Key

	needed  = []string{sizeColumn, throughputColumn}
	columns = append(needed[:2:2], meanColumn)
)

// ReadPoints reads points from CSV. The first line names the columns: n, throughput and, if
// known, mean_ms, in any order. Lines that begin with # are left out. Errors begin with the name
// given, the line and the column.
func ReadPoints(r io.Reader, name string) ([]Measured, error) {
	text, err := io.ReadAll(io.LimitReader(r, mostBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case len(text) > mostBytes:
		return nil, fmt.Errorf("%s: is larger than %d bytes: give the throughputs, one line for each size", name, mostBytes)
	}
	in := pointReader{csv.NewReader(bytes.NewReader(text)), name, nil}
	in.csv.Comment, in.csv.TrimLeadingSpace, in.csv.ReuseRecord = '#', true, true
	if err := in.header(); err != nil {
		return nil, err
	}
	var points []Measured
	for {
		p, err := in.next()
		switch {
		case errors.Is(err, io.EOF) && len(points) == 0:
			return nil, fmt.Errorf("%s: has no points: below the first line, write one line for each size", name)
		case errors.Is(err, io.EOF):
			return points, nil
		case err != nil:
			return nil, err
		case len(points) == mostPoints:
			return nil, fmt.Errorf("%s: has more than %d points", name, mostPoints)
		}
		points = append(points, p)
	}
}

type pointReader struct {
	csv   *csv.Reader
	name  string
	order []string // the names of the columns
}

// fault is an error about a field of the record that was read last.
func (r *pointReader) fault(field int, format string, args ...any) error {
	line, column := r.csv.FieldPos(field)
	return fmt.Errorf("%s:%d:%d: %s", r.name, line, column, fmt.Sprintf(format, args...))
}

// unreadable is an error of the CSV itself.
func (r *pointReader) unreadable(err error) error {
	at := (*csv.ParseError)(nil)
	if !errors.As(err, &at) {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	if errors.Is(err, csv.ErrFieldCount) {
		return fmt.Errorf("%s:%d:1: must have as many fields as the first line, %d", r.name, at.Line, len(r.order))
	}
	return fmt.Errorf("%s:%d:%d: %w", r.name, at.Line, at.Column, at.Err)
}

func (r *pointReader) header() error {
	const how = "the first line must name the columns: n,throughput or n,throughput,mean_ms"
	record, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: is empty: %s", r.name, how)
	}
	if err != nil {
		return r.unreadable(err)
	}
	for i, field := range record {
		field = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(field, "\ufeff")))
		switch near := spell.Nearest(field, columns); {
		case slices.Contains(r.order, field):
			return r.fault(i, "column %s is there twice", field)
		case slices.Contains(columns, field):
		case near != "":
			return r.fault(i, "no column %q: did you mean %s?", field, near)
		default:
			return r.fault(i, "no column %q: %s", field, how)
		}
		r.order = append(r.order, field)
	}
	for _, c := range needed {
		if !slices.Contains(r.order, c) {
			return fmt.Errorf("%s:1:1: has no column %s: %s", r.name, c, how)
		}
	}
	return nil
}

// next is the point of the next record, io.EOF behind the last.
func (r *pointReader) next() (p Measured, err error) {
	record, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return p, err
	}
	if err != nil {
		return p, r.unreadable(err)
	}
	to := map[string]*float64{sizeColumn: &p.N, throughputColumn: &p.Throughput, meanColumn: &p.MeanMS}
	for i, field := range record {
		field = strings.TrimSpace(field)
		v, err := strconv.ParseFloat(field, 64)
		switch {
		case field == "" && r.order[i] == meanColumn:
			continue
		case err != nil || math.IsNaN(v):
			return p, r.fault(i, "%s: must be a number, got %q", r.order[i], field)
		case v <= 0:
			return p, r.fault(i, "%s: must be greater than 0, got %s", r.order[i], field)
		case v > largest:
			return p, r.fault(i, "%s: must be at most %g, got %s", r.order[i], float64(largest), field)
		}
		*to[r.order[i]] = v
	}
	return p, nil
}
