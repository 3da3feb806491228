package main

import (
	"bytes"
	"io"

	"github.com/stress-tool/stress/internal/outfile"
	"github.com/stress-tool/stress/report"
)

// output writes to a file, or to the standard output.
func output(w world, file string, write func(out io.Writer, toTerminal bool) error) error {
	if file == "" {
		return write(w.stdout, true)
	}
	return writeFile(file, func(out io.Writer) error { return write(out, false) })
}

// toFile is [output] for what may have a terminal's colours only on the standard output.
func toFile(w world, file string, show func(io.Writer, report.Options) error) error {
	return output(w, file, func(out io.Writer, toTerminal bool) error {
		o := report.Options{Full: true}
		if toTerminal {
			o.Color, o.Width = w.color(), w.terminal.width
		}
		return show(out, o)
	})
}

// writeFile writes a file that the user named. What cannot be put into words or drawn
// leaves it as it was.
func writeFile(path string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	return outfile.Write(path, b.Bytes(), 0o644)
}
