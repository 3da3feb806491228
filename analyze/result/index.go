package result

import "time"

// IndexSchema is the version of an index as JSON.
const IndexSchema = 1

// Index is the runs and the studies in and below a directory. Its JSON form may gain fields; none is
// renamed.
type Index struct {
	Schema int        `json:"schema"` // [IndexSchema]
	Dir    string     `json:"dir"`    // as its user called it
	Runs   []IndexRun `json:"runs"`   // newest first; a run that does not say when it began comes last
	// LeftOut is how many older runs there are beside these.
	LeftOut int `json:"left_out,omitempty"`
}

// IndexRun is one run of an index, or one study, as its summary has it. Where no summary can be read it is
// what the manifest says, or nothing but its path.
type IndexRun struct {
	Path string `json:"path"` // of its directory, below that of the index, with slashes; "." is that itself
	// Page is the path of its report.html, below the directory of the index; "" for none.
	Page    string       `json:"page,omitempty"`
	Name    string       `json:"name"`
	Label   string       `json:"label,omitempty"`
	Started time.Time    `json:"started"`
	Verdict Verdict      `json:"verdict,omitempty"` // "" where nobody judged it
	Answer  *Answer      `json:"answer,omitempty"`
	Key     []KeyFigures `json:"key_figures,omitempty"` // of its targets, of many the first and the last
	// Study says what a study of a capacity found: then it is no run, and has no verdict and no key figures.
	Study string `json:"study,omitempty"`
	// Unread says why there is no verdict, and what to do; "" where there is one.
	Unread string `json:"unread,omitempty"`
}
