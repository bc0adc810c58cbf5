package memory_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"vestige/connectors/connectortest"
	"vestige/connectors/memory"
)

// planted says of each fault which check has to notice it. No other check may.
var planted = []struct {
	check string
	fault memory.Faults
}{
	{"spec/name", memory.Faults{WrongName: true}},
	{"spec/doc", memory.Faults{NoLimitsInDoc: true}},
	{"discover/once", memory.Faults{DiscoverTwice: true}},
	{"discover/structure", memory.Faults{HideReferences: true}},
	{"discover/hostile-names", memory.Faults{LowerNames: true}},
	{"discover/own-schemas", memory.Faults{OwnTables: true}},
	{"discover/gaps", memory.Faults{ForgetGap: true}},
	{"discover/versions", memory.Faults{SameVersion: true}},
	{"read/exact", memory.Faults{DropNulls: true}},
	{"read/projection", memory.Faults{OwnOrder: true}},
	{"read/keys-and-limit", memory.Faults{IgnoreLimit: true}},
	{"read/paging", memory.Faults{RepeatAtEdge: true}},
	{"read/empty", memory.Faults{HideEmpty: true}},
	{"read/keys", memory.Faults{KeysOfFields: true}},
	{"read/digests", memory.Faults{DigestOfFields: true}},
	{"read/equal-records", memory.Faults{OnceEach: true}},
	{"read/as-data", memory.Faults{LocatePatterns: true}},
	{"read/break", memory.Faults{LeakOnBreak: true}},
	{"read/cancel", memory.Faults{IgnoreContext: true}},
	{"read/ends", memory.Faults{GoOnAfterError: true}},
	{"read/changes-nothing", memory.Faults{ReadsWrite: true}},
	{"read/bounded", memory.Faults{HoldAll: true}},
	{"sample/spread", memory.Faults{SampleFirst: true}},
	{"sample/seeds", memory.Faults{SampleBlind: true}},
	{"profile/reads-nothing", memory.Faults{ProfileReads: true}},
	{"locate/agrees", memory.Faults{LocateNoForms: true}},
	{"locate/found", memory.Faults{LocateNoWant: true}},
	{"locate/keyless", memory.Faults{CountNoEquals: true}},
	{"search/agrees", memory.Faults{SearchSome: true}},
	{"search/after-erase", memory.Faults{SearchStale: true}},
	{"export/agrees", memory.Faults{ExportShort: true}},
	{"check/changes-nothing", memory.Faults{CheckWrites: true}},
	{"check/counts", memory.Faults{CheckMiscounts: true}},
	{"check/blocks", memory.Faults{CheckHopes: true}},
	{"statements/no-values", memory.Faults{StatementValues: true}},
	{"erase/neighbours", memory.Faults{CaseBlind: true}},
	{"erase/composite-keys", memory.Faults{JoinKeys: true}},
	{"erase/other-fields", memory.Faults{NullifyMore: true}},
	{"erase/spans", memory.Faults{ShiftSpans: true}},
	{"erase/documents", memory.Faults{TidyDocuments: true}},
	{"erase/soft", memory.Faults{HideMore: true}},
	{"erase/undo", memory.Faults{UndoAll: true}},
	{"erase/equal-records", memory.Faults{EraseOneOfEquals: true}},
	{"erase/not-null", memory.Faults{NullsAnywhere: true}},
	{"erase/changed-since", memory.Faults{AcceptStale: true}},
	{"erase/all-or-nothing", memory.Faults{HalfUnit: true}},
	{"erase/unsupported", memory.Faults{AcceptAnyMethod: true}},
	{"purge/changes-nothing", memory.Faults{PurgeRecords: true}},
	{"plant/and-gone", memory.Faults{PlantTwice: true}},
	{"references/never-an-orphan", memory.Faults{LeaveOrphans: true}},
	{"references/cycles", memory.Faults{RowByRow: true}},
	{"references/order", memory.Faults{LastActFirst: true}},
	{"references/cascade", memory.Faults{OneGeneration: true}},
	{"references/surprise", memory.Faults{IgnoreEffects: true}},
	{"again/twice", memory.Faults{CountGone: true}},
	{"again/spelling", memory.Faults{RoundNumbers: true}},
	{"again/interrupted", memory.Faults{KeepHalf: true}},
	{"again/two-subjects", memory.Faults{LoseUpdates: true}},
	{"errors/missing-dataset", memory.Faults{MissingIsEmpty: true}},
	{"errors/denied", memory.Faults{DeniedIsInvalid: true}},
	{"errors/absent", memory.Faults{AbsentIsDenied: true}},
	{"errors/no-values", memory.Faults{ErrorHoldsValue: true}},
	{"errors/no-values-in-logs", memory.Faults{LogHoldsKey: true}},
	{"errors/no-values-of-types", memory.Faults{TypeHoldsValue: true}},
	{"limited/gap", memory.Faults{HideForbidden: true}},
	{"limited/erase", memory.Faults{EraseForbidden: true}},
	{"life/concurrent", memory.Faults{OneReader: true}},
	{"life/close", memory.Faults{LeakOnClose: true}},
}

// unplanted are the checks without a fault of their own, with the reason.
var unplanted = map[string]string{
	"network/slow":      "network_test.go has its faults",
	"network/cut-read":  "network_test.go has its faults",
	"network/half-open": "network_test.go has its faults",
	"network/cut-erase": "network_test.go has its faults",
	"network/cancel":    "network_test.go has its faults",

	"spec/options":    "unknown options are refused by Source, for every connector alike",
	"spec/without-io": "what fails it is a panic, which fails every test of plans as well",
}

func TestEachFaultFailsExactlyItsCheck(t *testing.T) {
	for _, p := range planted {
		t.Run(p.check, func(t *testing.T) {
			var failed []string
			outcomes := connectortest.Record(t, start(p.fault))
			for _, name := range slices.Sorted(maps.Keys(outcomes)) {
				if o := outcomes[name]; o.Failed {
					failed = append(failed, name)
					t.Logf("%s: %s", name, o.Text)
				}
			}
			if !slices.Equal(failed, []string{p.check}) {
				t.Errorf("the checks %q fail, want %q alone", failed, p.check)
			}
		})
	}
}

func TestEachCheckHasAFault(t *testing.T) {
	has := map[string]bool{}
	for _, p := range planted {
		has[p.check] = true
	}
	for _, name := range connectortest.Checks() {
		if !has[name] && unplanted[name] == "" {
			t.Errorf("no fault is planted that the check %q has to notice", name)
		}
	}
}

// Of the checks only those are left out that need a network, which lies between nothing here; network_test.go runs them.
func TestNothingIsSkippedOfAWholeConnector(t *testing.T) {
	for name, o := range connectortest.Record(t, start(memory.Faults{})) {
		if o.Failed || o.Skipped && !strings.HasPrefix(name, "network/") {
			t.Errorf("%s: %s", name, o.Text)
		}
	}
}
