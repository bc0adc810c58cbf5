package main

// cli is the grammar of the command line. Each command is a file of its own, with its help and an example.
type cli struct {
	Config string `short:"c" default:"vestige.yaml" env:"VESTIGE_CONFIG" placeholder:"FILE" help:"The configuration."`
	JSON   bool   `name:"json" help:"Print JSON (docs/json.md)."`
	As     string `env:"VESTIGE_USER" placeholder:"NAME" help:"Who gives the command, for the log; the user of the system where it is not said."`

	Demo  demoCmd  `cmd:"" help:"Make a company of invented people, and erase one of them."`
	Init  initCmd  `cmd:"" help:"Write a first vestige.yaml."`
	Serve serveCmd `cmd:"" help:"Stay up: carry out other commands, and show the catalog."`

	Sources   sourcesCmd   `cmd:"" help:"List the sources and what is known of them."`
	Scan      scanCmd      `cmd:"" help:"Read sources and say what their fields hold."`
	Runs      runsCmd      `cmd:"" help:"List scans; pause, resume, cancel, compare them."`
	Schedules schedulesCmd `cmd:"" help:"Say when sources are scanned."`
	Alerts    alertsCmd    `cmd:"" help:"List alerts; close them, put them off."`
	Search    searchCmd    `cmd:"" help:"Search the catalog."`
	Lineage   lineageCmd   `cmd:"" help:"Show what leads to a dataset, and where it leads."`
	Decide    decideCmd    `cmd:"" help:"Accept, reject, change or defer what a scan proposes."`
	Exchange  exchangeCmd  `cmd:"" help:"Bring in and take out owners, descriptions and lineage."`
	Classify  classifyCmd  `cmd:"" help:"Say what files hold, without any source."`
	Check     checkCmd     `cmd:"" help:"Compare a schema or a source with committed decisions, for CI."`
	Reindex   reindexCmd   `cmd:"" help:"Build the index anew from the store."`

	Find       findCmd       `cmd:"" help:"Where is a person, and by which route?"`
	Plan       planCmd       `cmd:"" help:"Make the plan of an erasure or an export."`
	Answer     answerCmd     `cmd:"" help:"Answer a question, or accept a gap."`
	Approve    approveCmd    `cmd:"" help:"Approve a plan by its hash."`
	Run        runCmd        `cmd:"" help:"Carry an approved plan out."`
	Undo       undoCmd       `cmd:"" help:"Take soft deletes back, and cancel."`
	Verify     verifyCmd     `cmd:"" help:"Look for what is left, without the plan's map."`
	Export     exportCmd     `cmd:"" help:"Write a person's data for her, encrypted."`
	Request    requestCmd    `cmd:"" help:"Take requests in, and list them."`
	Replay     replayCmd     `cmd:"" help:"Erase again what a restored system brought back."`
	Suppressed suppressedCmd `cmd:"" help:"Say whether somebody was erased or opted out."`

	Mask  maskCmd  `cmd:"" help:"Copy a source for tests, with nobody in it."`
	Drill drillCmd `cmd:"" help:"Plant somebody, and prove that she is found and erased."`

	Account     accountCmd     `cmd:"" help:"List accounts, and invite people to the catalog."`
	Audit       auditCmd       `cmd:"" help:"Show, export and check the log."`
	Attestation attestationCmd `cmd:"" help:"Show and check the signed proof of a closed request."`
	Keys        keysCmd        `cmd:"" help:"List and rotate keys."`

	Connectors  connectorsCmd  `cmd:"" help:"List the connectors."`
	Noise       noiseCmd       `cmd:"" help:"Rules that take proposals for noise: list, try, write, end."`
	Classifiers classifiersCmd `cmd:"" help:"List the classifiers and categories."`
	Version     versionCmd     `cmd:"" help:"Say which build this is."`
	Completion  completionCmd  `cmd:"" help:"Print a script that completes commands in a shell."`
	Docs        docsCmd        `cmd:"" hidden:"" help:"Write docs/json.md."`
}
