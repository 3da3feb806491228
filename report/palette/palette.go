// Package palette is the colours of lines in every drawing and on every page. A target has
// the same colour wherever it is drawn.
package palette

import (
	"fmt"
	"image/color"
	"strings"
)

// Color is a colour on white paper and on a dark screen.
type Color struct {
	Name        string // as a page's style sheet calls it
	Light, Dark color.RGBA
}

// Lines are the colours of lines, in the order in which targets take them. On both papers
// each has a contrast of at least 3:1 (WCAG 2.2, success criterion 1.4.11), and any two of
// them differ in lightness and for every kind of colour vision.
var Lines = []Color{
	{"blue", hex(0x0055c4), hex(0x80a4f4)},
	{"orange", hex(0xd87200), hex(0xf6dc74)},
	{"plum", hex(0x46075f), hex(0x8a60a0)},
	{"green", hex(0x00845a), hex(0x22d8a0)},
	{"red", hex(0x7c2a10), hex(0xee4c40)},
}

// Paper is what all lines are drawn on, Quiet the colour of what they are held against.
var (
	Paper = Color{"paper", hex(0xffffff), hex(0x14171a)}
	Quiet = Color{"dim", hex(0x767676), hex(0x9a9a9a)}
)

// Of is the colour of target i. Of more targets than colours, some share one.
func Of(i int) Color { return Lines[i%len(Lines)] }

// StyleSheet has every colour as a custom property of its name, by the reader's mode.
func StyleSheet() string {
	var light, dark strings.Builder
	for _, c := range append([]Color{Paper, Quiet}, Lines...) {
		fmt.Fprintf(&light, " --%s: %s;", c.Name, css(c.Light))
		fmt.Fprintf(&dark, " --%s: %s;", c.Name, css(c.Dark))
	}
	return fmt.Sprintf(":root {%s }\n@media screen and (prefers-color-scheme: dark) { :root {%s } }\n", light.String(), dark.String())
}

func css(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

func hex(rgb uint32) color.RGBA {
	return color.RGBA{uint8(rgb >> 16), uint8(rgb >> 8), uint8(rgb), 255}
}
