package palette

import (
	"fmt"
	"image/color"
	"math"
	"strings"
	"testing"
)

// linear is a colour's share of red, green and blue light, 0 to 1.
func linear(c color.RGBA) (rgb [3]float64) {
	for i, v := range []uint8{c.R, c.G, c.B} {
		s := float64(v) / 255
		if s <= 0.04045 {
			rgb[i] = s / 12.92
		} else {
			rgb[i] = math.Pow((s+0.055)/1.055, 2.4)
		}
	}
	return rgb
}

type matrix [3][3]float64

func (m matrix) times(v [3]float64) (out [3]float64) {
	for i, row := range m {
		for j, f := range row {
			out[i] += f * v[j]
		}
	}
	return out
}

// visions are what each kind of colour vision leaves of light: Machado, Oliveira and
// Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency"
// (2009), at full severity.
var visions = map[string]matrix{
	"any colour": {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"no red":     {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"no green":   {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"no blue":    {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// lab is a colour in CIELAB under D65, where equal distances look about equal.
func lab(rgb [3]float64) (out [3]float64) {
	xyz := matrix{{0.4124, 0.3576, 0.1805}, {0.2126, 0.7152, 0.0722}, {0.0193, 0.1192, 0.9505}}.times(rgb)
	var f [3]float64
	for i, white := range [3]float64{0.9505, 1, 1.089} {
		if t := max(0, xyz[i]/white); t > 216./24389 {
			f[i] = math.Cbrt(t)
		} else {
			f[i] = t*841/108 + 4./29
		}
	}
	return [3]float64{116*f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])}
}

// contrast is that of WCAG 2.2.
func contrast(a, b color.RGBA) float64 {
	luminance := func(c color.RGBA) float64 {
		l := linear(c)
		return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2]
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

var modes = map[string]func(Color) color.RGBA{
	"light": func(c Color) color.RGBA { return c.Light },
	"dark":  func(c Color) color.RGBA { return c.Dark },
}

func TestEveryLineStandsOutFromItsPaper(t *testing.T) {
	for mode, of := range modes {
		for _, c := range append([]Color{Quiet}, Lines...) {
			if got := contrast(of(c), of(Paper)); got < 3 {
				t.Errorf("%s %s has a contrast of %.2f", mode, c.Name, got)
			}
		}
	}
	if black := contrast(color.RGBA{A: 255}, Paper.Light); math.Abs(black-21) > 1e-9 {
		t.Errorf("black on white is %.2f: the test is wrong", black)
	}
}

func TestLinesAreToldApart(t *testing.T) {
	const (
		lightness = 8  // in a grey print
		distance  = 20 // ten times what is just seen side by side
	)
	for mode, of := range modes {
		for i, a := range Lines {
			for _, b := range Lines[i+1:] {
				if d := math.Abs(lab(linear(of(a)))[0] - lab(linear(of(b)))[0]); d < lightness {
					t.Errorf("%s: %s and %s differ by %.1f in grey", mode, a.Name, b.Name, d)
				}
				for vision, m := range visions {
					p, q := lab(m.times(linear(of(a)))), lab(m.times(linear(of(b))))
					if d := math.Hypot(math.Hypot(p[0]-q[0], p[1]-q[1]), p[2]-q[2]); d < distance {
						t.Errorf("%s: %s and %s differ by %.1f for who sees %s", mode, a.Name, b.Name, d, vision)
					}
				}
			}
		}
	}
}

func TestStyleSheet(t *testing.T) {
	sheet := StyleSheet()
	for _, c := range Lines {
		for _, v := range []color.RGBA{c.Light, c.Dark} {
			if want := fmt.Sprintf("--%s: #%02x%02x%02x;", c.Name, v.R, v.G, v.B); !strings.Contains(sheet, want) {
				t.Errorf("%s is not in it", want)
			}
		}
	}
}
