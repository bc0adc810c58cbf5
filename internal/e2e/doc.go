// Package e2e holds the proofs: tests that take the whole program through what it promises, on companies of invented people, and have an
// outsider judge what came of it. It is test code only.
//
//   - path_test.go: 20 companies, three persons each, from scan to attestation: nothing left, nobody else touched.
//   - switch_test.go: each difficulty's code switched off, and a company that fails for it.
//   - kill_test.go: kill -9 at each state of the journal.
//   - systems_test.go, systems_walk_test.go: one company over PostgreSQL, MariaDB, MySQL, SQLite, Elasticsearch, S3 and a folder.
//   - workers_test.go: several processes on one store, of which some die.
//   - leak_test.go: no value of anybody in anything that the program keeps or says, on any end of a request.
//   - index_test.go: an index that somebody altered is refused, and mended.
//   - bad_test.go: bad input of every sort gets a clear error or a named gap.
package e2e
