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
