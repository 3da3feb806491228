package figure

import (
	"fmt"
	"html"
	"strconv"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"

	"github.com/stress-tool/stress/internal/lazy"
)

var (
	styleAttribute = lazy.Regexp(`\s*style="([^"]*)"`)
	textElement    = lazy.Regexp(`(<text [^>]*)>([^<]*)</text>`)
)

// portable makes the SVG of the plot library fit for any viewer and any page. A style
// attribute is forbidden where a page has a strict Content-Security-Policy; the same
// properties as attributes of their own are not. A viewer without the Liberation fonts
// takes another sans serif, and gives each text the length it was laid out with, so that no
// text is cut. Text in the figure cannot match: the library escapes its quotes.
func portable(svg []byte) []byte {
	svg = styleAttribute().ReplaceAllFunc(svg, func(style []byte) []byte {
		var b strings.Builder
		for property := range strings.SplitSeq(string(styleAttribute().FindSubmatch(style)[1]), ";") {
			name, value, _ := strings.Cut(property, ":")
			switch {
			case value == "normal" || name == "":
				continue // what an element has anyhow
			case name == "font-family":
				value = "'Liberation Sans',Arial,Helvetica,sans-serif"
			}
			fmt.Fprintf(&b, ` %s="%s"`, name, value)
		}
		return []byte(b.String())
	})
	return textElement().ReplaceAllFunc(svg, func(text []byte) []byte {
		m := textElement().FindSubmatch(text)
		if width := textWidth(string(m[1]), html.UnescapeString(string(m[2]))); width > 0 {
			return fmt.Appendf(nil, `%s textLength="%.2f" lengthAdjust="spacingAndGlyphs">%s</text>`, m[1], width, m[2])
		}
		return text
	})
}

var svgFontSize = lazy.Regexp(`font-size="([0-9.]+)px"`)

// textWidth is how wide the plot library takes a text of an element to be, in the units of
// the figure; 0 where the element has no size of its own.
func textWidth(element, text string) float64 {
	m := svgFontSize().FindStringSubmatch(element)
	if m == nil {
		return 0
	}
	size, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return 0
	}
	f := textStyle(vg.Length(size), ink).Font
	if strings.Contains(element, `font-weight="bold"`) {
		f.Weight = xfont.WeightBold
	}
	face := font.DefaultCache.Lookup(f, f.Size)
	return face.Width(text).Points()
}
