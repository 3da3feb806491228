package main

import (
	"bytes"
	"errors"
	"io"

	"github.com/stress-tool/stress/internal/outfile"
	"github.com/stress-tool/stress/report"
)

// stdoutName names the standard output where a file is asked for.
const stdoutName = "-"

// output writes to a file, or to the standard output: "" is that too.
func output(w environment, file string, write func(out io.Writer, toTerminal bool) error) error {
	if file == "" || file == stdoutName {
		return write(w.stdout, true)
	}
	return writeFile(w, file, func(out io.Writer) error { return write(out, false) })
}

// toFile is [output] for text, which has colours only on the standard output.
func toFile(w environment, file string, show func(io.Writer, report.Options) error) error {
	return output(w, file, func(out io.Writer, toTerminal bool) error {
		o := report.Options{Full: true, Link: linksFrom(file, ".")}
		if toTerminal {
			o.Color, o.Width = w.color(), w.terminal.width
		}
		return show(out, o)
	})
}

// writeFile writes a file that the user named. Where the content cannot be made, the file stays
// as it was.
func writeFile(w environment, path string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	if path == stdoutName {
		_, err := w.stdout.Write(b.Bytes())
		return err
	}
	return outfile.Write(path, b.Bytes(), 0o644)
}

// createFile writes a file that the user named and that is not there yet.
func createFile(path string, text []byte) error {
	err := outfile.Create(path, text, 0o644)
	if errors.Is(err, outfile.ErrExists) {
		return usage("%w", err)
	}
	return err
}

// differentFiles refuses two names of one file: the second write would replace the first.
func differentFiles(flag, file, otherFlag, other string) error {
	if file == stdoutName || file == "" || !outfile.Same(file, other) {
		return nil
	}
	return usage("%s and %s would both write %s: name two files", otherFlag, flag, file)
}
