-- Requests of data subjects. sealed holds the identifiers, encrypted under the request's key, and is emptied on every terminal state.
CREATE TABLE request (
	id TEXT NOT NULL PRIMARY KEY,
	kind TEXT NOT NULL,
	regime TEXT NOT NULL,
	state TEXT NOT NULL,
	resume TEXT NOT NULL,
	reason TEXT NOT NULL,
	received BIGINT NOT NULL,
	acknowledge BIGINT NOT NULL,
	respond BIGINT NOT NULL,
	inform BIGINT NOT NULL,
	extended BIGINT NOT NULL,
	verified TEXT NOT NULL,
	channel TEXT NOT NULL,
	actor TEXT NOT NULL,
	subject TEXT NOT NULL,
	sealed BYTEA,
	plan TEXT NOT NULL,
	export TEXT NOT NULL,
	with_export BOOLEAN NOT NULL,
	waits BIGINT NOT NULL,
	followed BIGINT NOT NULL,
	updated BIGINT NOT NULL
);
CREATE INDEX request_due ON request (state, respond);

CREATE TABLE request_history (
	request TEXT NOT NULL,
	n BIGINT NOT NULL,
	at BIGINT NOT NULL,
	actor TEXT NOT NULL,
	was TEXT NOT NULL,
	state TEXT NOT NULL,
	reason TEXT NOT NULL,
	PRIMARY KEY (request, n)
);

-- Keyed fingerprints of identifiers, by which a second request of the same person is known.
CREATE TABLE request_fingerprint (
	request TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	PRIMARY KEY (request, fingerprint)
);
CREATE INDEX request_by_fingerprint ON request_fingerprint (fingerprint);

-- step 2
-- What a person has stopped: one request, or all where request is empty. Nothing is carried out while it stands.
CREATE TABLE request_halt (
	request TEXT NOT NULL PRIMARY KEY,
	actor   TEXT NOT NULL,
	reason  TEXT NOT NULL,
	made    BIGINT NOT NULL
);

-- step 3
-- A batch: how many subjects a request is about, and which of them have requests of their own instead, by number.
ALTER TABLE request ADD COLUMN subjects BIGINT NOT NULL DEFAULT 1;
CREATE TABLE request_left (
	request TEXT NOT NULL,
	subject BIGINT NOT NULL,
	own     TEXT NOT NULL,
	why     TEXT NOT NULL,
	PRIMARY KEY (request, subject)
);

-- step 4
-- When a person has extended the time for the answer; and of what somebody was reminded, once for each deadline.
ALTER TABLE request ADD COLUMN prolonged BIGINT NOT NULL DEFAULT 0;
CREATE TABLE request_reminded (
	request TEXT NOT NULL,
	code    TEXT NOT NULL,
	what    TEXT NOT NULL,
	due     BIGINT NOT NULL,
	at      BIGINT NOT NULL,
	PRIMARY KEY (request, code, what, due)
);

-- step 5
-- Of somebody left out of a batch who is in a batch again: her number there.
ALTER TABLE request_left ADD COLUMN place BIGINT NOT NULL DEFAULT 0;
