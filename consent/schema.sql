-- Suppressions: keyed fingerprints of identifiers that were erased, or whose person opted out. No value can be read from one, and without the key none can be
-- tried. subject tells the people of a batch apart.
CREATE TABLE suppression (
	fingerprint TEXT NOT NULL,
	request TEXT NOT NULL,
	subject BIGINT NOT NULL,
	kind TEXT NOT NULL,
	category TEXT NOT NULL,
	domain TEXT NOT NULL,
	at BIGINT NOT NULL,
	PRIMARY KEY (fingerprint, request, subject)
);
CREATE INDEX suppression_at ON suppression (at);

-- Keyed fingerprints of records: those that were erased, and those in which an identifier stays by plan, with the fields.
CREATE TABLE suppression_record (
	fingerprint TEXT NOT NULL,
	request TEXT NOT NULL,
	kind TEXT NOT NULL,
	fields TEXT NOT NULL,
	PRIMARY KEY (fingerprint, request, kind)
);
