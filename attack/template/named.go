package template

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// errNamed says which values have a name.
var errNamed = errors.New("holds {{$ that begins no value: there are {{$client}}, {{$pass}}, {{$uuid}} and {{$random:1:100}}, and {{$$ for the text itself")

// parseNamed reads {{$name}} or {{$name:parameters}}; parameters begin with a colon each.
func parseNamed(name, parameters string) (Value, error) {
	var v Value
	switch name {
	case "client":
		v = client{}
	case "pass":
		v = pass{}
	case "uuid":
		v = uuid{}
	case "random":
		least, most, two := strings.Cut(strings.TrimPrefix(parameters, ":"), ":")
		if !two {
			return nil, errors.New("holds {{$random without two bounds: write {{$random:1:100}} for a whole number from 1 to 100")
		}
		return parseRandom(least, most)
	}
	if v == nil || parameters != "" {
		return nil, errNamed
	}
	return v, nil
}

// client is the number of the client, pass that of its pass.
type (
	client struct{}
	pass   struct{}
)

func (client) Append(b []byte, t Turn, _ uint64) []byte { return strconv.AppendUint(b, t.Client, 10) }
func (pass) Append(b []byte, t Turn, _ uint64) []byte   { return strconv.AppendUint(b, t.Pass, 10) }

// random is a whole number from least to most, each as likely as another.
type random struct{ least, most int64 }

func parseRandom(least, most string) (random, error) {
	from, err1 := parseWhole(least)
	to, err2 := parseWhole(most)
	switch {
	case err1 != nil || err2 != nil:
		return random{}, fmt.Errorf("holds a random value whose bounds are not whole numbers up to %d", math.MaxInt64)
	case from > to:
		return random{}, errors.New("holds a random value whose first bound is above the second")
	}
	return random{from, to}, nil
}

// Append draws from 2¹²⁸ values, so that each number of the widest range comes equally often but for one
// in 10¹⁹.
func (v random) Append(b []byte, t Turn, place uint64) []byte {
	drawn := bits.Rem64(t.Random(place, 1), t.Random(place, 0), uint64(v.most-v.least)+1)
	return strconv.AppendInt(b, v.least+int64(drawn), 10)
}

// uuid is a UUID of version 4 (RFC 9562 §5.4).
type uuid struct{}

func (uuid) Append(b []byte, t Turn, place uint64) []byte {
	high, low := t.Random(place, 0), t.Random(place, 1)
	var id [16]byte
	for i := range 8 {
		id[i], id[8+i] = byte(high>>(8*i)), byte(low>>(8*i))
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	b = append(hex.AppendEncode(b, id[:4]), '-')
	b = append(hex.AppendEncode(b, id[4:6]), '-')
	b = append(hex.AppendEncode(b, id[6:8]), '-')
	b = append(hex.AppendEncode(b, id[8:10]), '-')
	return hex.AppendEncode(b, id[10:])
}

// Random is the random number of a turn for a place, as [Value.Append] has it; nth numbers those of one
// place.
func (t Turn) Random(place, nth uint64) uint64 {
	return Mix(Mix(Mix(Mix(t.Seed, t.Client), t.Pass), place), nth)
}

// Mix is a step of splitmix64 (Steele, Lea, Flood 2014) from a state that b has changed.
func Mix(a, b uint64) uint64 {
	z := a + 0x9e3779b97f4a7c15*(b+1)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
