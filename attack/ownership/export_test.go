package ownership

import (
	"strings"

	"golang.org/x/net/html"
)

// InHead is what was found in a page instead of the element.
func InHead(page, token string) string {
	return inHead(html.NewTokenizer(strings.NewReader(page)), token)
}
