package scenarios

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/claim"
)

// claimSpec is the key ledger.claim.
type claimSpec struct {
	column  at[string]
	request at[claim.Place]
}

// maxClaims is the most rows that one request may claim.
const maxClaims = 1000

var claimForm = sync.OnceValue(func() form[claimSpec] {
	return object(
		field("column", identifier("a column name, in back-ticks if it holds a dot or a back-tick", false), func(c *claimSpec) *at[string] { return &c.column },
			"Column that the page writes the name into.").required(),
		field("request", claimPlace(), func(c *claimSpec) *at[claim.Place] { return &c.request },
			"Where a request has its name: in a header, or in a parameter of its query.").required(),
	)
})

func claimPlace() form[claim.Place] {
	return scalar("header and a name, or query and a name", orVariable(&jsonschema.Schema{
		Type: "string", Pattern: `^(header|query) +[^ \t]+ *$`, Examples: []any{"header X-Stress-Claim", "query claim"},
	}), claim.ParsePlace, text)
}

// claims is how many rows a success claims; false is none.
func claims() form[int] {
	least, most := 0., float64(maxClaims)
	no := any(false)
	number := wholeNumber(int(least), maxClaims)
	f := scalar("false or "+number.words, orVariable(&jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Const: &no}, {Type: "integer", Minimum: &least, Maximum: &most},
	}}), func(s string) (int, error) { return 0, nil }, integer, decimal, boolean)
	f.decode = func(d *decoder, n *node) (int, bool) {
		switch {
		case n.text == "false" && n.is(boolean):
			return 0, true
		case n.is(boolean) && n.text == "true":
			return 1, true
		}
		return number.decode(d, n)
	}
	return f
}

// claim finds what stands in the way of the names of requests.
func (b *builder) claim(s scenarioSpec, c at[claimSpec]) *Claim {
	if !c.ok() || !c.value.request.ok() {
		return nil
	}
	out := &Claim{Column: c.value.column.value, Place: c.value.request.value}
	node := c.value.request.node
	if name := http.CanonicalHeaderKey(out.Place.Header); name != "" {
		switch err := attack.CheckHeader(name, "x"); {
		case err != nil:
			b.fault(node, err.Error(), "")
		case slices.Contains([]string{"Host", "Cookie", "User-Agent", "Authorization", "Connection"}, name):
			b.fault(node, "is a header that requests have for something else", "take one of its own, such as header X-Stress-Claim")
		}
		out.Place.Header = name
	}
	for _, r := range append(slices.Clone(s.requests.value), s.request) {
		b.taken(out.Place, r.value)
	}
	return out
}

// taken finds a request that has something else where its name would stand.
func (b *builder) taken(p claim.Place, r requestSpec) {
	for name, value := range r.headers.value {
		if p.Header != "" && strings.EqualFold(name, p.Header) {
			b.fault(value.node, "is where ledger.claim has the request's name", "leave it out, or take another header for the claim")
		}
	}
	if p.Query == "" || !r.path.ok() {
		return
	}
	if q, err := url.ParseQuery(r.path.value.RawQuery); err == nil && q.Has(p.Query) {
		b.fault(r.path.node, "has the query parameter that ledger.claim has for the request's name", "leave it out, or take another for the claim")
	}
}
