-- The audit log. A leaf is written in the unit of work that it tells of; seq is its place in the tree, given within a second. leaf holds the
-- bytes that are hashed; subject and action are copied out of it to be looked for. Subjects and actors are ids.
CREATE TABLE audit_leaf (
	id TEXT NOT NULL PRIMARY KEY,
	seq BIGINT UNIQUE,
	at BIGINT NOT NULL,
	subject TEXT NOT NULL,
	action TEXT NOT NULL,
	leaf BYTEA NOT NULL
);
CREATE INDEX audit_leaf_pending ON audit_leaf (at, id) WHERE seq IS NULL;
CREATE INDEX audit_leaf_subject ON audit_leaf (subject, seq);

-- The hashes of the tree, as tlog numbers them.
CREATE TABLE audit_hash (
	idx BIGINT NOT NULL PRIMARY KEY,
	hash BYTEA NOT NULL
);

-- Signed states of the tree, with the public key that checks them.
CREATE TABLE audit_checkpoint (
	size BIGINT NOT NULL,
	verifier TEXT NOT NULL,
	at BIGINT NOT NULL,
	note BYTEA NOT NULL,
	PRIMARY KEY (size, verifier)
);
