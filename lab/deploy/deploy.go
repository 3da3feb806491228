// Package deploy is the system under test for real containers: one page that writes a
// row per hit, its database, and a round-robin proxy in front of three replicas, as a
// compose file and as a Swarm stack. README.md in this folder says how to bring it up.
//
// The page and its table are handed out from here, so that every lab runs the same.
package deploy

import _ "embed"

// IndexPHP is the page. It takes DB_HOST, DB_PORT, DB_USER, DB_PASSWORD and DB_NAME
// from the environment.
//
//go:embed index.php
var IndexPHP []byte

// Schema is the SQL that makes the table `dados` in the current database.
//
//go:embed schema.sql
var Schema string
