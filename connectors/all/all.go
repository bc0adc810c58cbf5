// Package all lists the connectors. A new one is a folder beside this and one line here.
package all

import (
	"vestige/connectors"
	"vestige/connectors/bucket"
	"vestige/connectors/elasticsearch"
	"vestige/connectors/memory"
	"vestige/connectors/mysql"
	"vestige/connectors/postgres"
	"vestige/connectors/sqlite"
)

// All gives the specification of every connector, by name.
func All() []connectors.Spec {
	return []connectors.Spec{
		bucket.Spec(),
		elasticsearch.Spec(),
		memory.Spec(),
		mysql.Spec(),
		postgres.Spec(),
		sqlite.Spec(),
	}
}
