-- When sources are scanned. doc is the schedule as it was written; due is when it is next to be done, last when it was done last.
CREATE TABLE watch_schedule (
	name    TEXT PRIMARY KEY,
	doc     BYTEA NOT NULL,
	file    BOOLEAN NOT NULL,
	enabled BOOLEAN NOT NULL,
	last    BIGINT NOT NULL,
	due     BIGINT NOT NULL,
	missed  BIGINT NOT NULL,
	version BIGINT NOT NULL
);
