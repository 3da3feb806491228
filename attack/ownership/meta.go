package ownership

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// metaName is the name of the meta element that may hold a token.
const metaName = "stress-verification"

// MetaTag is the element that proves a host, in the head of its front page.
func MetaTag(token string) string {
	return fmt.Sprintf(`<meta name="%s" content="%s">`, metaName, token)
}

// maxPage is how much of a front page is read for its head, in bytes.
const maxPage = 256 << 10

// hasMeta wants a page of HTML with the element in its head. What stands in its body proves nothing:
// visitors may have written it.
func hasMeta(token string) func(*http.Response) string {
	return func(resp *http.Response) string {
		if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind != "text/html" {
			return "no page of HTML"
		}
		return inHead(html.NewTokenizer(io.LimitReader(resp.Body, maxPage)), token)
	}
}

// inHead returns what was found instead of the element, "" if it was found. By the HTML standard
// (13.2.6.4.4) the first text, and the first element that no head has, begin the body. Where scripts are off
// noscript is such an element, and so it is one here.
func inHead(page *html.Tokenizer, token string) string {
	found := "no such element there"
	for {
		switch page.Next() {
		case html.ErrorToken: // its end, too
			return found
		case html.TextToken:
			if strings.TrimSpace(string(page.Text())) != "" {
				return found
			}
		case html.EndTagToken:
			if name, _ := page.TagName(); atom.Lookup(name) == atom.Head {
				return found
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			switch t := page.Token(); t.DataAtom {
			default:
				return found
			case atom.Html, atom.Head, atom.Link, atom.Base:
			case atom.Title, atom.Script, atom.Style:
				page.Next() // what stands in it is no element
			case atom.Meta:
				if !strings.EqualFold(attribute(t, "name"), metaName) {
					break
				}
				if attribute(t, "content") == token {
					return ""
				}
				found = "another text"
			}
		}
	}
}

// attribute is the first of a name, "" without one.
func attribute(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
