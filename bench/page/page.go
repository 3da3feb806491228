// Package page writes the figures of a bench as Markdown: tables, and the place in a
// document where the next run replaces them.
package page

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/stress-tool/stress/internal/outfile"
)

// Table lays out rows under their heads, columns aligned in the source too. The
// first column is text, the others stand to the right. A row that is short ends in
// empty cells.
func Table(head []string, rows [][]string) string {
	width := make([]int, len(head))
	for _, r := range append([][]string{head}, rows...) {
		for i := range min(len(r), len(head)) {
			width[i] = max(width[i], utf8.RuneCountInString(r[i]), 3)
		}
	}
	var b strings.Builder
	line := func(r []string) {
		for i, w := range width {
			cell := ""
			if i < len(r) {
				cell = r[i]
			}
			pad := strings.Repeat(" ", w-utf8.RuneCountInString(cell))
			if i == 0 {
				b.WriteString("| " + cell + pad + " |")
			} else {
				b.WriteString(" " + pad + cell + " |")
			}
		}
		b.WriteByte('\n')
	}
	line(head)
	for i, w := range width {
		if i == 0 {
			b.WriteString("|" + strings.Repeat("-", w+2) + "|")
		} else {
			b.WriteString(strings.Repeat("-", w+1) + ":|")
		}
	}
	b.WriteByte('\n')
	for _, r := range rows {
		line(r)
	}
	return b.String()
}

// Replace puts content between the two markers of name in doc:
//
//	<!-- name: begin -->
//	<!-- name: end -->
//
// A document without them, or with them more than once, is an error.
func Replace(doc []byte, name, content string) ([]byte, error) {
	begin, end := []byte("<!-- "+name+": begin -->\n"), []byte("<!-- "+name+": end -->")
	if bytes.Count(doc, begin) != 1 || bytes.Count(doc, end) != 1 {
		return nil, fmt.Errorf("the markers %q and %q must stand in the document once each", bytes.TrimSpace(begin), end)
	}
	head, rest, _ := bytes.Cut(doc, begin)
	_, tail, ok := bytes.Cut(rest, end)
	if !ok {
		return nil, fmt.Errorf("the marker %q stands before %q", end, bytes.TrimSpace(begin))
	}
	var b bytes.Buffer
	b.Write(head)
	b.Write(begin)
	b.WriteString("\n" + strings.TrimSpace(content) + "\n\n")
	b.Write(end)
	b.Write(tail)
	return b.Bytes(), nil
}

// Update is [Replace] in the file of that name.
func Update(file, name, content string) error {
	doc, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if doc, err = Replace(doc, name, content); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return outfile.Write(file, doc, 0o644)
}
