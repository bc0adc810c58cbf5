package connectors

// The codes of the findings that every Preflighter uses alike; a system may have further ones. Findings that count are made per act and
// dataset, and what they count is what Erase of the same unit then receipts.
const (
	// FindingAffected counts the records that an act will change: Receipt.Affected.
	FindingAffected = "affected"
	// FindingDone counts the records that are already as the method leaves them: Receipt.FoundDone. It is left out where there are none.
	FindingDone = "found-done"
	// FindingCascade counts the records of another dataset that the system will delete or change by itself: an Effect.
	FindingCascade = "cascade"
	// FindingReferred counts the records that still refer to those that are to go, and forbid it. It blocks.
	FindingReferred = "referred-to"
	// FindingConflict counts the records that are no longer what was found. It blocks.
	FindingConflict = "changed-since"
	// FindingConstraint is a rule (not null, unique, check) that the change would break. It blocks.
	FindingConstraint = "constraint"
	// FindingTrigger names a trigger that will run.
	FindingTrigger = "trigger"
	// FindingNoIndex is a reference without an index on the child's side: each deleted parent reads the whole child.
	FindingNoIndex = "no-index"
	// FindingPrivilege is something that the credentials do not allow. It blocks.
	FindingPrivilege = "privilege"
	// FindingSpace is too little room for what has to be written. It blocks.
	FindingSpace = "no-space"
	// FindingUnchecked says that the system cannot look beforehand.
	FindingUnchecked = "unchecked"
)
