-- Plans and what was done of them. Values of anybody's data stand in the columns named sealed and image alone, encrypted under a key of the
-- request; they are emptied on every terminal state, and the key is destroyed.
CREATE TABLE plan (
	id TEXT NOT NULL PRIMARY KEY,
	request TEXT NOT NULL,
	kind TEXT NOT NULL,
	state TEXT NOT NULL,
	resume TEXT NOT NULL,
	reason TEXT NOT NULL,
	open TEXT NOT NULL,
	hash TEXT NOT NULL,
	sealed BYTEA,
	actor TEXT NOT NULL,
	round BIGINT NOT NULL,
	cool BIGINT NOT NULL,
	made BIGINT NOT NULL,
	updated BIGINT NOT NULL,
	next TEXT NOT NULL,
	wiped BOOLEAN NOT NULL
);
CREATE INDEX plan_request ON plan (request, made);
CREATE INDEX plan_state ON plan (state);

CREATE TABLE plan_approval (
	plan TEXT NOT NULL,
	hash TEXT NOT NULL,
	actor TEXT NOT NULL,
	at BIGINT NOT NULL,
	single BOOLEAN NOT NULL,
	PRIMARY KEY (plan, actor)
);

-- The last looks: what is erased in each round, sealed before the first irreversible act of it.
CREATE TABLE plan_look (
	plan TEXT NOT NULL,
	round BIGINT NOT NULL,
	at BIGINT NOT NULL,
	open TEXT NOT NULL,
	sealed BYTEA,
	PRIMARY KEY (plan, round)
);

CREATE TABLE plan_unit (
	plan TEXT NOT NULL,
	round BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	kind TEXT NOT NULL,
	source TEXT NOT NULL,
	parts TEXT NOT NULL,
	state TEXT NOT NULL,
	token BIGINT NOT NULL,
	expected BIGINT NOT NULL,
	looks BIGINT NOT NULL,
	reason TEXT NOT NULL,
	receipts TEXT NOT NULL,
	image BYTEA,
	at BIGINT NOT NULL,
	PRIMARY KEY (plan, round, seq)
);

-- The journal is only ever added to.
CREATE TABLE plan_journal (
	plan TEXT NOT NULL,
	n BIGINT NOT NULL,
	at BIGINT NOT NULL,
	actor TEXT NOT NULL,
	state TEXT NOT NULL,
	unit TEXT NOT NULL,
	token BIGINT NOT NULL,
	reason TEXT NOT NULL,
	PRIMARY KEY (plan, n)
);

CREATE TABLE plan_finding (
	plan TEXT NOT NULL,
	n BIGINT NOT NULL,
	at BIGINT NOT NULL,
	finding TEXT NOT NULL,
	PRIMARY KEY (plan, n)
);

-- What the look afterwards found, and where it could not look.
CREATE TABLE plan_check (
	plan TEXT NOT NULL,
	n BIGINT NOT NULL,
	at BIGINT NOT NULL,
	report TEXT NOT NULL,
	PRIMARY KEY (plan, n)
);

CREATE TABLE plan_attestation (
	plan TEXT NOT NULL PRIMARY KEY,
	at BIGINT NOT NULL,
	file BYTEA NOT NULL
);

CREATE TABLE plan_export (
	plan TEXT NOT NULL PRIMARY KEY,
	path TEXT NOT NULL,
	at BIGINT NOT NULL,
	expires BIGINT NOT NULL,
	bytes BIGINT NOT NULL,
	sha256 TEXT NOT NULL,
	gone BIGINT NOT NULL
);

-- Answers to questions and gaps. One without a request is about the estate: a gap that nobody can close, accepted until its review.
CREATE TABLE plan_answer (
	request TEXT NOT NULL,
	question TEXT NOT NULL,
	verdict TEXT NOT NULL,
	reason TEXT NOT NULL,
	actor TEXT NOT NULL,
	at BIGINT NOT NULL,
	review BIGINT NOT NULL,
	PRIMARY KEY (request, question)
);

-- step 2
-- When a plan last asked for its turn, and whether one of many people has stepped aside for others between two of its units.
ALTER TABLE plan ADD COLUMN wants BIGINT NOT NULL DEFAULT 0;
ALTER TABLE plan ADD COLUMN aside BOOLEAN NOT NULL DEFAULT FALSE;

-- step 3
-- Who was told of an erasure, of those to whom the data was given: by a delivery of the outbox, or by somebody who says so.
CREATE TABLE plan_told (
	plan      TEXT NOT NULL,
	recipient TEXT NOT NULL,
	delivery  TEXT NOT NULL,
	due       BIGINT NOT NULL,
	at        BIGINT NOT NULL,
	actor     TEXT NOT NULL,
	text      TEXT NOT NULL,
	PRIMARY KEY (plan, recipient)
);

-- step 4
-- When a plan is due now that its request was extended; 0 where its own deadline stands.
ALTER TABLE plan ADD COLUMN due BIGINT NOT NULL DEFAULT 0;

-- step 5
-- When a plan last said that it is the next to act and looks for the last time, and how often units of erasures had been begun and done before a last look
-- began; a look of which that is not known is made again.
ALTER TABLE plan ADD COLUMN looking BIGINT NOT NULL DEFAULT 0;
ALTER TABLE plan_look ADD COLUMN acts BIGINT NOT NULL DEFAULT -1;
