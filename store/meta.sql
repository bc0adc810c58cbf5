-- Small facts about the store itself: its own id, the revision of the graph, the id of the master key.
CREATE TABLE meta (
	name TEXT NOT NULL PRIMARY KEY,
	value TEXT NOT NULL
);
