package report

import (
	"html/template"
	"io"
	"sync"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
)

// mailTemplate has no style sheet, script or image: most readers of mail take none of them.
var mailTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("mail").Funcs(template.FuncMap{"plain": plain.Line}).Parse(
		`<!DOCTYPE html><html lang="en"><body style="font-family:sans-serif">
<h1 style="font-size:1.3em">{{plain .Title}}</h1>
{{range .Claims}}<p>{{with .Said}}<b>{{plain .}}</b> {{end}}{{plain .Text}} {{plain .More}}</p>
{{end}}{{range .Next}}<p>{{plain .}}</p>
{{end}}{{with .Reasons}}<ul>{{range .}}<li>{{plain .}}</li>{{end}}</ul>
{{end}}{{with .Key}}<table border="1" cellpadding="6" style="border-collapse:collapse">
<tr>{{range .Columns}}<th align="left">{{plain .Title}}</th>{{end}}</tr>
{{range .Rows}}<tr>{{range .}}<td align="left"><b>{{plain .Text}}</b>{{range .Below}}<br><small>{{plain .}}</small>{{end}}</td>{{end}}</tr>
{{end}}</table>
{{end}}{{with .Page}}<p><a href="{{.}}">The whole report</a></p>
{{end}}</body></html>
`))
})

// Mail writes how a run ended as HTML for a mail: what it came to and its key figures. page is the
// address of the whole report, "" for none.
func Mail(w io.Writer, a *result.Analysis, page string) error {
	return mailTemplate().Execute(w, struct {
		*document
		Page string
	}{compose(a, false), page})
}
