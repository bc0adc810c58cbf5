-- Keys, wrapped by the master key. n counts the keys of one purpose that follow one another; it is 0 for those of one request or name.
-- Destroying a key deletes its row, and the store lets no copy of it stay in its files.
CREATE TABLE wrapped_key (
	id TEXT NOT NULL PRIMARY KEY,
	purpose TEXT NOT NULL,
	n BIGINT NOT NULL,
	master TEXT NOT NULL,
	wrapped BYTEA NOT NULL,
	at BIGINT NOT NULL
);
