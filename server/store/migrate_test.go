package store_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stress-tool/stress/server/store"
)

// A store of before deliveries had tries of their own has them all afterwards, each with its last try.
func TestOlderDeliveriesAreKept(t *testing.T) {
	dir := t.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(dir, store.File))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{"0001.sql", "0002.sql", "0003.sql", "0004.sql"} {
		text, err := os.ReadFile(step)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(string(text)); err != nil {
			t.Fatal(step, err)
		}
	}
	for _, change := range []string{
		"PRAGMA user_version = 4",
		"INSERT INTO host VALUES ('h', 'a', 1, NULL)",
		"INSERT INTO test (id, host, name, notes, scenario, secrets, tags, callback, mail, token, created) VALUES ('t', 'h', 'a', '', '', '{}', '[]', '', '', 'k', 1)",
		"INSERT INTO run (id, test, state, source, asked, problem, summary) VALUES ('r', 't', 'ended', 'api', 1, '', '')",
		"INSERT INTO delivery (id, run, address, since, tries, tried, due, problem, status, answer) VALUES ('d1', 'r', 'http://a/', 5, 2, 9, 20, 'refused', 500, 'no')",
		"INSERT INTO delivery (id, run, kind, address, since, tries, due, problem) VALUES ('d2', 'r', 'mail', 'a@b.example', 5, 0, 5, '')",
	} {
		if _, err := db.Exec(change); err != nil {
			t.Fatal(change, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all, err := s.DeliveriesOfTest(t.Context(), "t", 0, 9)
	if err != nil || len(all) != 2 || all[0].ID != "d2" || all[0].Kind != store.Mail || all[1].Run != "r" || all[1].Tries != 2 || all[1].Due.UnixMilli() != 20 {
		t.Fatalf("the deliveries are %+v, %v", all, err)
	}
	tries, err := s.AttemptsOf(t.Context(), "d1")
	if err != nil || len(tries) != 1 || tries[0].At.UnixMilli() != 9 || tries[0].Status != 500 || tries[0].Answer != "no" || tries[0].Problem != "refused" {
		t.Errorf("the tries of the first are %+v, %v", tries, err)
	}
	if tries, err := s.AttemptsOf(t.Context(), "d2"); err != nil || len(tries) != 0 {
		t.Errorf("the tries of the second are %+v, %v", tries, err)
	}
	if err := s.DeleteTest(t.Context(), "t", store.By{At: noon}); err != nil {
		t.Fatal(err)
	}
	if tries, err := s.AttemptsOf(t.Context(), "d1"); err != nil || len(tries) != 0 {
		t.Errorf("after its test was deleted the tries are %+v, %v", tries, err)
	}
}
