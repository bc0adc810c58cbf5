-- What is to be told to the outside: events as they happen, one row for each channel that wants them, and the deliveries that they are gathered into.
-- No row holds a value of anybody's data. Times are microseconds since 1970.

CREATE TABLE outbox_event (
	id      TEXT PRIMARY KEY,
	channel TEXT NOT NULL,
	at      BIGINT NOT NULL,
	doc     BYTEA NOT NULL
);

CREATE INDEX outbox_event_of ON outbox_event (channel, at);

-- state is waiting, done or dead: after so many attempts nobody tries it again by itself.
CREATE TABLE outbox_delivery (
	id       TEXT PRIMARY KEY,
	channel  TEXT NOT NULL,
	kind     TEXT NOT NULL,
	made     BIGINT NOT NULL,
	events   BIGINT NOT NULL,
	body     BYTEA NOT NULL,
	state    TEXT NOT NULL,
	attempts BIGINT NOT NULL,
	due      BIGINT NOT NULL,
	ended    BIGINT NOT NULL,
	code     TEXT NOT NULL
);

CREATE INDEX outbox_delivery_due ON outbox_delivery (state, due);
CREATE INDEX outbox_delivery_made ON outbox_delivery (made);
