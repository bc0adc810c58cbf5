-- Who may act: the newest token of a name is the only one that does.
CREATE TABLE fence (
	name TEXT NOT NULL PRIMARY KEY,
	token BIGINT NOT NULL
);

-- How far a job has come.
CREATE TABLE job_progress (
	job BIGINT NOT NULL PRIMARY KEY,
	done BIGINT NOT NULL,
	total BIGINT NOT NULL,
	at BIGINT NOT NULL
);

-- step 2
-- The processes that work jobs on a store that machines share; one that has not said for a while that it lives, does not.
CREATE TABLE worker (
	id TEXT PRIMARY KEY,
	at BIGINT NOT NULL
);
