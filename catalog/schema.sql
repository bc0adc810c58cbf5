-- What the catalog keeps. No row holds a value of anybody's data: sketches are keyed hashes, everything else is names and counts.
-- Times are microseconds since 1970.

CREATE TABLE source (
	name      TEXT PRIMARY KEY,
	connector TEXT NOT NULL,
	added     BIGINT NOT NULL,
	scanned   BIGINT NOT NULL
);

-- machine is the node as a scan last found it, before any decision is laid over it.
CREATE TABLE dataset (
	source  TEXT NOT NULL,
	name    TEXT NOT NULL,
	machine BYTEA NOT NULL,
	run     TEXT NOT NULL,
	gone    BIGINT NOT NULL,
	PRIMARY KEY (source, name)
);

-- category, confidence and state are what counts: decided, else proposed.
CREATE TABLE field (
	source     TEXT NOT NULL,
	dataset    TEXT NOT NULL,
	name       TEXT NOT NULL,
	type       TEXT NOT NULL,
	stable     TEXT NOT NULL,
	category   TEXT NOT NULL,
	confidence DOUBLE PRECISION NOT NULL,
	state      TEXT NOT NULL,
	proposal   BYTEA NOT NULL,
	PRIMARY KEY (source, dataset, name)
);

CREATE INDEX field_state ON field (state, source, dataset, name);

CREATE TABLE edge (
	id           TEXT PRIMARY KEY,
	from_source  TEXT NOT NULL,
	from_dataset TEXT NOT NULL,
	machine      BYTEA NOT NULL
);

CREATE INDEX edge_from ON edge (from_source, from_dataset);

-- One row per thing decided: what holds now. A row without verdict was undone. stable, type and proposed are what the field was
-- when the decision was made, by which it is found again after a rename and compared with new evidence.
CREATE TABLE decision (
	target   TEXT PRIMARY KEY,
	source   TEXT NOT NULL,
	dataset  TEXT NOT NULL,
	field    TEXT NOT NULL,
	version  BIGINT NOT NULL,
	event    TEXT NOT NULL,
	verdict  TEXT NOT NULL,
	stable   TEXT NOT NULL,
	type     TEXT NOT NULL,
	proposed TEXT NOT NULL,
	reopened BOOLEAN NOT NULL,
	doc      BYTEA NOT NULL
);

CREATE INDEX decision_place ON decision (source, dataset);
CREATE INDEX decision_stable ON decision (source, stable);

-- Every decision, undoing, move and reopening, in order; never changed.
CREATE TABLE decision_event (
	seq    BIGINT PRIMARY KEY,
	id     TEXT NOT NULL UNIQUE,
	target TEXT NOT NULL,
	action TEXT NOT NULL,
	doc    BYTEA NOT NULL
);

CREATE INDEX decision_event_target ON decision_event (target, seq);

CREATE TABLE alert (
	id       TEXT PRIMARY KEY,
	code     TEXT NOT NULL,
	source   TEXT NOT NULL,
	dataset  TEXT NOT NULL,
	field    TEXT NOT NULL,
	text     TEXT NOT NULL,
	opened   BIGINT NOT NULL,
	seen     BIGINT NOT NULL,
	closed   BIGINT NOT NULL,
	actor    TEXT NOT NULL,
	reason   TEXT NOT NULL
);

CREATE INDEX alert_open ON alert (closed, opened);

-- hashes are keyed hashes of the field's values below one cut, eight bytes each, ascending.
CREATE TABLE sketch (
	source   TEXT NOT NULL,
	dataset  TEXT NOT NULL,
	field    TEXT NOT NULL,
	form     TEXT NOT NULL,
	key_id   TEXT NOT NULL,
	facts    BYTEA NOT NULL,
	hashes   BYTEA NOT NULL,
	PRIMARY KEY (source, dataset, field, form)
);

CREATE TABLE run (
	id       TEXT PRIMARY KEY,
	source   TEXT NOT NULL,
	started  BIGINT NOT NULL,
	ended    BIGINT NOT NULL,
	outcome  TEXT NOT NULL,
	progress BYTEA NOT NULL
);

CREATE INDEX run_source ON run (source, started);

-- The documents of the lineage graph as the index must hold them. A document that was removed keeps its row with no hash, so that
-- an index that follows removes it too.
CREATE TABLE graph_doc (
	id       TEXT PRIMARY KEY,
	revision BIGINT NOT NULL,
	hash     TEXT NOT NULL,
	doc      BYTEA NOT NULL
);

CREATE INDEX graph_doc_revision ON graph_doc (revision);

-- One row: the revision, how many graph documents there are, the sum of their hashes, and the number of the last event.
CREATE TABLE catalog_revision (
	id       INTEGER PRIMARY KEY,
	revision BIGINT NOT NULL,
	docs     BIGINT NOT NULL,
	digest   TEXT NOT NULL,
	events   BIGINT NOT NULL
);

INSERT INTO catalog_revision (id, revision, docs, digest, events) VALUES (1, 0, 0, '', 0);

-- step 2
-- What a run that several machines share has discovered, in parts that are examined by whoever takes them; empty when the run has ended.
CREATE TABLE run_dataset (
	run  TEXT NOT NULL,
	part BIGINT NOT NULL,
	name TEXT NOT NULL,
	doc  BYTEA NOT NULL,
	PRIMARY KEY (run, name)
);

CREATE INDEX run_dataset_part ON run_dataset (run, part);

-- step 3
-- For the queue in which people decide: groups of fields that are alike.
CREATE INDEX field_review ON field (state, category, type, name, confidence);

-- A group of fields that people need not be asked about any more: what is alike stays as it is proposed, and is counted.
CREATE TABLE review_rule (
	id     TEXT PRIMARY KEY,
	reason TEXT NOT NULL,
	actor  TEXT NOT NULL,
	made   BIGINT NOT NULL
);

-- step 4
-- A run is asked for, waits, is done, is paused, ends. state says where it is while it has not ended; scope, a document, which datasets it is over ('' for
-- all); wish what somebody wants of it (pause, cancel); holder which process does it, and beat when that last said that it lives; later when it may go on.
ALTER TABLE run ADD COLUMN state TEXT NOT NULL DEFAULT 'running';
ALTER TABLE run ADD COLUMN scope TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN origin TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN actor TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN wish TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN holder TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN beat BIGINT NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN later BIGINT NOT NULL DEFAULT 0;

CREATE INDEX run_open ON run (ended, started);

-- What a run found of a dataset, by which runs are compared; one that had not changed has no row. fields are names, types and kinds.
CREATE TABLE run_item (
	run     TEXT NOT NULL,
	source  TEXT NOT NULL,
	dataset TEXT NOT NULL,
	at      BIGINT NOT NULL,
	state   TEXT NOT NULL,
	records BIGINT NOT NULL,
	bytes   BIGINT NOT NULL,
	micros  BIGINT NOT NULL,
	doc     BYTEA NOT NULL,
	PRIMARY KEY (run, dataset)
);

CREATE INDEX run_item_of ON run_item (source, dataset, at);

-- Who looks after an alert, and until when nobody wants to hear of it.
ALTER TABLE alert ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE alert ADD COLUMN snoozed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE alert ADD COLUMN snoozer TEXT NOT NULL DEFAULT '';
ALTER TABLE alert ADD COLUMN snooze_reason TEXT NOT NULL DEFAULT '';

CREATE INDEX alert_place ON alert (source, dataset, field);

-- step 5
-- What pages count, kept up with every change so that nobody reads a million fields to show a number. They are made from datasets and fields, and
-- made anew from these when a catalog without them is opened.
-- combo is what facets tell apart (source, category, further categories, state, type, whether it was reopened).
CREATE TABLE field_count (
	combo TEXT PRIMARY KEY,
	n     BIGINT NOT NULL
);

-- The rows of which groups of fields that wait are made: grp is name, type, category, source and band.
CREATE TABLE field_group (
	state TEXT NOT NULL,
	grp   TEXT NOT NULL,
	n     BIGINT NOT NULL,
	PRIMARY KEY (state, grp)
);

-- brief is what a list says of a dataset, so that none reads it whole.
CREATE TABLE dataset_count (
	source     TEXT NOT NULL,
	name       TEXT NOT NULL,
	fields     BIGINT NOT NULL,
	personal   BIGINT NOT NULL,
	proposed   BIGINT NOT NULL,
	deferred   BIGINT NOT NULL,
	accepted   BIGINT NOT NULL,
	rejected   BIGINT NOT NULL,
	clean      BIGINT NOT NULL,
	unexamined BIGINT NOT NULL,
	gone       BIGINT NOT NULL,
	gaps       BIGINT NOT NULL,
	missed     BIGINT NOT NULL,
	brief      BYTEA NOT NULL,
	PRIMARY KEY (source, name)
);

CREATE INDEX dataset_count_order ON dataset_count (source, personal DESC, name);
CREATE INDEX dataset_count_gaps ON dataset_count (source, gaps);

-- What a dataset adds to the counters above, by which it is taken off again.
CREATE TABLE dataset_part (
	source TEXT NOT NULL,
	name   TEXT NOT NULL,
	doc    BYTEA NOT NULL,
	PRIMARY KEY (source, name)
);

-- The parent of each reference.
CREATE TABLE edge_to (
	id      TEXT PRIMARY KEY,
	source  TEXT NOT NULL,
	dataset TEXT NOT NULL
);

CREATE INDEX edge_to_place ON edge_to (source, dataset);

-- step 6
-- Who answers for a dataset or a field ('' for the dataset itself), and what it is, in the words of people.
CREATE TABLE card (
	source  TEXT NOT NULL,
	dataset TEXT NOT NULL,
	field   TEXT NOT NULL,
	doc     BYTEA NOT NULL,
	PRIMARY KEY (source, dataset, field)
);

-- What was told to be made from what.
CREATE TABLE flow (
	id             TEXT PRIMARY KEY,
	input_source   TEXT NOT NULL,
	input_dataset  TEXT NOT NULL,
	output_source  TEXT NOT NULL,
	output_dataset TEXT NOT NULL,
	doc            BYTEA NOT NULL
);

CREATE INDEX flow_input ON flow (input_source, input_dataset);
CREATE INDEX flow_output ON flow (output_source, output_dataset);

-- step 7
-- For pages over many: the open alerts by code, and of a run what could not be read and what took longest.
CREATE INDEX alert_codes ON alert (closed, code, snoozed, source);
CREATE INDEX run_item_state ON run_item (run, state, dataset);
CREATE INDEX run_item_micros ON run_item (run, micros);

-- step 8
-- What people said of fields that are alike, which is evidence for the others. likeness names what fields have in common: name, type and proposal.
ALTER TABLE field ADD COLUMN likeness BIGINT NOT NULL DEFAULT 0;
CREATE INDEX field_likeness ON field (likeness);
ALTER TABLE decision ADD COLUMN likeness BIGINT NOT NULL DEFAULT 0;
ALTER TABLE decision ADD COLUMN says TEXT NOT NULL DEFAULT '';
CREATE INDEX decision_likeness ON decision (likeness);

CREATE TABLE lesson (
	likeness BIGINT NOT NULL,
	says     TEXT NOT NULL,
	n        BIGINT NOT NULL,
	PRIMARY KEY (likeness, says)
);

-- Likenesses of which something new was said; source and dataset are how far their fields are judged anew.
CREATE TABLE lesson_due (
	likeness BIGINT PRIMARY KEY,
	source   TEXT NOT NULL,
	dataset  TEXT NOT NULL
);

-- Datasets whose fields must be judged anew.
CREATE TABLE judge_due (
	source  TEXT NOT NULL,
	dataset TEXT NOT NULL,
	PRIMARY KEY (source, dataset)
);

-- Rules that take proposals for noise, as stewards wrote them; one that was ended stays. until is its last moment, 0 without end.
CREATE TABLE noise_rule (
	id    TEXT PRIMARY KEY,
	until BIGINT NOT NULL,
	ended BIGINT NOT NULL,
	doc   BYTEA NOT NULL
);

-- One row: the digest of the policy by which the fields were judged last.
CREATE TABLE judged (
	id     INTEGER PRIMARY KEY,
	policy TEXT NOT NULL
);

INSERT INTO judged (id, policy) VALUES (1, '');

-- step 9
-- The group of alike fields to which one that waits belongs. Counters are made anew when the catalog is opened, and every field's group with them.
ALTER TABLE field ADD COLUMN grp TEXT NOT NULL DEFAULT '';
CREATE INDEX field_grp ON field (grp, state, source, dataset, name) WHERE grp <> '';
DROP INDEX field_review;
DELETE FROM field_count;
DELETE FROM field_group;
DELETE FROM dataset_part;

-- step 10
-- The revision at which a group was last counted, by which the queue follows.
ALTER TABLE field_group ADD COLUMN changed BIGINT NOT NULL DEFAULT 0;
CREATE INDEX field_group_changed ON field_group (changed);

-- How many datasets of a source are there.
CREATE INDEX dataset_count_here ON dataset_count (source) WHERE missed = 0;

-- step 11
-- Who answers for a place, out of its card, by which a search finds what somebody answers for. NULL is a card from before; it is filled in when the catalog is opened.
ALTER TABLE card ADD COLUMN owner TEXT;
CREATE INDEX card_owner ON card (owner, source, dataset, field) WHERE owner <> '';
CREATE INDEX card_owned_field ON card (source, dataset, field) WHERE owner <> '' AND field <> '';

-- step 12
-- The open alerts of one source, the newest first.
CREATE INDEX alert_source ON alert (closed, source, opened, id);

-- What people put off.
CREATE INDEX decision_defer ON decision (source, dataset, field) WHERE verdict = 'defer';

-- step 13
-- The references at a dataset, a page of them without reading the others.
CREATE INDEX edge_to_page ON edge_to (source, dataset, id);
CREATE INDEX edge_from_page ON edge (from_source, from_dataset, id);
DROP INDEX edge_to_place;
DROP INDEX edge_from;
