-- The product's own users. No table holds a password, a token or a link as it is: passwords are argon2id, everything else is a hash; a second
-- factor is sealed. Times are microseconds since 1970.

CREATE TABLE account (
	id       TEXT PRIMARY KEY,
	name     TEXT NOT NULL UNIQUE,
	roles    TEXT NOT NULL,
	password TEXT NOT NULL,
	sealed   BYTEA,
	step     BIGINT NOT NULL,
	failed   BIGINT NOT NULL,
	locked   BIGINT NOT NULL,
	made     BIGINT NOT NULL,
	seen     BIGINT NOT NULL,
	ended    BIGINT NOT NULL,
	version  BIGINT NOT NULL
);

CREATE TABLE account_session (
	hash    TEXT PRIMARY KEY,
	id      TEXT NOT NULL UNIQUE,
	account TEXT NOT NULL,
	client  TEXT NOT NULL,
	made    BIGINT NOT NULL,
	seen    BIGINT NOT NULL,
	expires BIGINT NOT NULL
);

CREATE INDEX account_session_of ON account_session (account);

CREATE TABLE account_token (
	hash    TEXT PRIMARY KEY,
	id      TEXT NOT NULL UNIQUE,
	account TEXT NOT NULL,
	name    TEXT NOT NULL,
	roles   TEXT NOT NULL,
	made    BIGINT NOT NULL,
	seen    BIGINT NOT NULL,
	expires BIGINT NOT NULL
);

CREATE INDEX account_token_of ON account_token (account);

-- A link lets somebody set a password once. name is empty where the one who opens it chooses it.
CREATE TABLE account_link (
	hash    TEXT PRIMARY KEY,
	name    TEXT NOT NULL,
	roles   TEXT NOT NULL,
	by_whom TEXT NOT NULL,
	made    BIGINT NOT NULL,
	expires BIGINT NOT NULL
);

-- What was answered to a call that named itself with an Idempotency-Key, so that the same call again is answered alike.
CREATE TABLE account_call (
	actor  TEXT NOT NULL,
	name   TEXT NOT NULL,
	route  TEXT NOT NULL,
	digest TEXT NOT NULL,
	status BIGINT NOT NULL,
	body   BYTEA NOT NULL,
	made   BIGINT NOT NULL,
	PRIMARY KEY (actor, name)
);

-- step 2
-- Wrong attempts to sign in, by account and by where they come from, so that a stranger's guesses make the stranger wait and not the person.
-- place is a hash. known is when somebody last signed in from there.
CREATE TABLE account_try (
	account TEXT NOT NULL,
	place   TEXT NOT NULL,
	failed  BIGINT NOT NULL,
	locked  BIGINT NOT NULL,
	known   BIGINT NOT NULL,
	at      BIGINT NOT NULL,
	PRIMARY KEY (account, place)
);

-- step 3
-- Searches that somebody keeps. seen is which hits it had when it was last looked at, as sorted hashes of eight bytes; NULL where nobody wants to
-- hear of new ones.
CREATE TABLE account_view (
	id      TEXT PRIMARY KEY,
	account TEXT NOT NULL,
	name    TEXT NOT NULL,
	query   TEXT NOT NULL,
	shared  BOOLEAN NOT NULL,
	watched BOOLEAN NOT NULL,
	seen    BYTEA,
	made    BIGINT NOT NULL,
	UNIQUE (account, name)
);
