package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
)

// runMarkdown writes the report for GitHub: its tables, its footing as a list.
func runMarkdown(w io.Writer, a *result.Analysis, o Options) error {
	return writeMarkdown(w, compose(a, o.Full))
}

func writeMarkdown(w io.Writer, d *document) error {
	var b bytes.Buffer
	markdownDocument(&b, d, "#")
	_, err := w.Write(b.Bytes())
	return err
}

// markdownOpening writes what stands first: a paragraph for each claim, the key figures, and a
// line for each target on who served.
func markdownOpening(b *bytes.Buffer, o *opening) {
	var paragraphs []string
	for _, c := range o.Claims {
		var said string
		if c.Word != "" {
			said = "**" + escapeMarkdown(c.Said()) + "** "
		}
		paragraphs = append(paragraphs, strings.TrimSpace(said+escapeMarkdown(words.Join(" ", c.Text, c.More))))
	}
	for _, s := range o.Next {
		paragraphs = append(paragraphs, escapeMarkdown(s))
	}
	b.WriteString(strings.Join(paragraphs, "\n\n") + "\n")
	if len(o.Reasons) > 0 {
		b.WriteString("\n")
		markdownList(b, o.Reasons)
	}
	if o.Key != nil {
		b.WriteString("\n")
		markdownTable(b, o.Key)
	}
	if len(o.Served) > 0 {
		b.WriteString("\n")
	}
	for _, s := range o.Served {
		fmt.Fprintf(b, "- **%s**: %s\n", escapeMarkdown(s.Target), escapeMarkdown(words.Join(" ", sentence(s.Shares()), s.Words, s.Rows)))
	}
}

// markdownDocument writes a document below a title of a level, "#" or "##".
func markdownDocument(b *bytes.Buffer, d *document, level string) {
	title := escapeMarkdown(d.Title)
	if d.Verdict != "" {
		title = escapeMarkdown(d.Answers()) + ": " + title
	}
	fmt.Fprintf(b, "%s %s\n\n", level, title)
	markdownOpening(b, &d.opening)
	lead, details := d.terse().parted()
	for _, s := range lead {
		markdownSection(b, s, level+"#")
	}
	for _, load := range d.Loads {
		b.WriteString("\n")
		markdownDocument(b, load, level+"#")
	}
	for _, s := range details {
		markdownSection(b, s, level+"#")
	}
	markdownNotes(b, d, level+"#")
}

func markdownSection(b *bytes.Buffer, s section, level string) {
	if s.Folded {
		fmt.Fprintf(b, "\n<details><summary>%s</summary>\n", escapeMarkdown(s.Title))
		defer b.WriteString("\n</details>\n")
	} else {
		fmt.Fprintf(b, "\n%s %s\n", level, escapeMarkdown(s.Title))
	}
	for _, blk := range s.Blocks {
		b.WriteString("\n")
		switch {
		case blk.Table != nil:
			markdownTable(b, blk.Table)
		case len(blk.List) > 0:
			markdownList(b, blk.List)
		default:
			fmt.Fprintf(b, "%s\n", escapeMarkdown(blk.Text))
		}
	}
}

func markdownNotes(b *bytes.Buffer, d *document, level string) {
	if len(d.Notes)+len(d.Warnings) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s Notes\n\n", level)
	markdownList(b, d.Warnings)
	for i, n := range d.Notes {
		fmt.Fprintf(b, "- %s %s\n", mark(i), escapeMarkdown(n))
	}
}

func markdownList(b *bytes.Buffer, items []string) {
	for _, s := range items {
		fmt.Fprintf(b, "- %s\n", escapeMarkdown(s))
	}
}

func markdownTable(b *bytes.Buffer, t *table) {
	if t.Caption != "" {
		fmt.Fprintf(b, "**%s**\n\n", escapeMarkdown(t.Caption))
	}
	heads, rules := "|", "|"
	for _, c := range t.Columns {
		heads += " " + escapeMarkdown(c.Title) + " |"
		if c.Right {
			rules += " ---: |"
		} else {
			rules += " :--- |"
		}
	}
	fmt.Fprintf(b, "%s\n%s\n", heads, rules)
	for _, row := range t.Rows {
		b.WriteString("|")
		for _, c := range row {
			b.WriteString(" " + markdownCell(c) + " |")
		}
		b.WriteString("\n")
	}
}

func markdownCell(c cell) string {
	s := escapeMarkdown(c.Text) + c.Mark.String()
	if c.Tone == good || c.Tone == bad || c.Tone == unsure {
		s = "**" + s + "**"
	}
	for _, below := range c.Below() {
		s += "<br>" + escapeMarkdown(below)
	}
	return s
}

// escapeMarkdown makes text mean only itself: no markup, no HTML, no table cell, no
// link or mention that GitHub would find by itself, no command to its runner.
func escapeMarkdown(s string) string {
	s = markdownEscapes.Replace(strings.TrimSpace(plain.Line(s)))
	if s != "" && strings.ContainsAny(s[:1], "#+-=") {
		return `\` + s
	}
	return s
}

var markdownEscapes = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`,
	"<", "&lt;", ">", "&gt;", "&", "&amp;", "|", `\|`, "~", `\~`, "$", `\$`,
	"://", ":&#47;&#47;", "::", "&#58;:", "www.", "www&#46;", "@", "&#64;",
)
