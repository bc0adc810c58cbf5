package e2e_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"vestige/classifiers"
	kinds "vestige/classifiers/all"
	"vestige/internal/app"
	"vestige/internal/db"
	"vestige/internal/demo/company"
	"vestige/internal/keys"
	"vestige/lineage"
	"vestige/pii"
	"vestige/plans"
	"vestige/scanner"
)

// switches take away one piece of the product each.
var switches = map[string]setting{
	"closure: references":         without(lineage.Follow),
	"closure: identifiers extend": without(lineage.Extend),
	"closure: text":               without(lineage.Text),
	"closure: members":            without(lineage.Members),
	"closure: another's agree":    without(lineage.Agree),
	"closure: windows":            without(lineage.Windows),
	"closure: co-owners":          without(lineage.CoOwners),
	"closure: hashes":             without(lineage.Hashes),
	"closure: names":              without(lineage.Names),
	"closure: roles":              without(lineage.RolesOf),
	"closure: domains":            without(lineage.Domains),
	"closure: tokens":             without(lineage.Tokens),
	"closure: system addresses":   without(lineage.System),
	"classifiers: only names":     classify(namesOnly),
	"classifiers: no e-mail":      classify(noMail),
	"connectors: no vacuum":       {config: noVacuum},
	"closure: self-references":    without(lineage.Self),
	"connectors: one transaction": breaking(nil, true),
	"connectors: numbers of rows": breaking(noRowid, false),
	"connectors: generated":       breaking(notGenerated, false),
	"connectors: views":           breaking(viewsAsTables, false),
	"references: restrict":        breaking(noAction(pii.Restrict), false),
	"references: no action":       breaking(noAction(pii.NoAction), false),
	"references: cascade":         breaking(noAction(pii.Cascade), false),
	"references: set null":        breaking(noAction(pii.SetNull), false),
	"references: set default":     breaking(noAction(pii.SetDefault), false),
	"policy: nothing kept":        {policy: func(s string) string { return "retain: []\n" + s[strings.Index(s, "windows:"):] }},
}

// table says what has to be missing for each difficulty to be too hard.
var table = map[company.Difficulty]string{
	company.CrypticNames:       "classifiers: only names",
	company.SilentCopy:         "classifiers: no e-mail",
	company.FreeText:           "closure: text",
	company.NestedJSON:         "closure: text",
	company.LogLines:           "closure: text",
	company.ObjectKeys:         "classifiers: no e-mail",
	company.JSONKeys:           "closure: members",
	company.IdentifierChain:    "closure: identifiers extend",
	company.SharedHousehold:    "closure: another's agree",
	company.JointOrder:         "closure: co-owners",
	company.RecycledEmail:      "closure: windows",
	company.EqualIDs:           "closure: domains",
	company.NearMisses:         "closure: tokens",
	company.HashedCopies:       "closure: hashes",
	company.KeptInvoices:       "policy: nothing kept",
	company.MentionedElsewhere: "closure: names",
	company.SupportAgent:       "closure: roles",
	company.NoReply:            "closure: system addresses",
	company.KeylessTables:      "connectors: numbers of rows",
	company.Cycles:             "connectors: one transaction",
	company.SelfReferences:     "closure: self-references",
	company.ForeignKeyActions:  "references: restrict",
	company.TableKinds:         "connectors: generated",
	company.StalePages:         "connectors: no vacuum",
}

// also are switches of difficulties that have several.
var also = map[string]company.Difficulty{
	"references: no action": company.ForeignKeyActions, "references: cascade": company.ForeignKeyActions,
	"references: set null": company.ForeignKeyActions, "references: set default": company.ForeignKeyActions,
}

// easier are difficulties that hide another one: where invoices keep a user's record as a shell, it lets its delivery go before that one is deleted.
var easier = map[string][]company.Difficulty{"connectors: one transaction": {company.KeptInvoices}}

// harmless are difficulties without which nothing goes wrong when their switch is off, so that what goes wrong is of their making alone.
var harmless = map[company.Difficulty]bool{company.KeylessTables: true, company.Cycles: true, company.SelfReferences: true, company.TableKinds: true}

// without leaves a part of the closure out.
func without(p lineage.Part) setting {
	return setting{opened: func(a *app.App) { a.Engine.Skip = map[lineage.Part]bool{p: true} }}
}

// classify changes the classifiers that scans use.
func classify(change func([]classifiers.Classifier) []classifiers.Classifier) setting {
	return setting{opened: func(a *app.App) {
		set, err := classifiers.NewSet(change(kinds.All()), classifiers.Options{Examples: true})
		if err == nil {
			err = a.DB.Write(context.Background(), func(tx db.Tx) error {
				id, key, err := a.Keys.Standing(context.Background(), tx, keys.Sketch)
				a.Scanner = scanner.New(a.Catalog, a.DB, set, key, id, a.Log)
				return err
			})
		}
		if err != nil {
			panic(err)
		}
	}}
}

// namesOnly leaves of each classifier the words of fields' names.
func namesOnly(all []classifiers.Classifier) []classifiers.Classifier {
	var out []classifiers.Classifier
	for _, c := range all {
		only := c
		if c.At != nil {
			only.At = func([]byte, int) (classifiers.Hit, bool) { return classifiers.Hit{}, false }
		}
		only.Column = nil
		out = append(out, only)
	}
	return out
}

func noMail(all []classifiers.Classifier) []classifiers.Classifier {
	return slices.DeleteFunc(all, func(c classifiers.Classifier) bool { return c.Category == "contact.email" })
}

func noVacuum(config string) string {
	for _, file := range []string{company.ShopFile, company.CRMFile} {
		config = strings.Replace(config, "path: "+file, "path: "+file+", vacuum: off", 1)
	}
	return config
}

// TestSwitches takes away, for each difficulty, the code that handles it, and wants the walk subject of some company to show it: something of
// hers is left where the difficulty is, something of another's is touched there, or the plan cannot be carried out.
func TestSwitches(t *testing.T) {
	for _, d := range company.Difficulties() {
		if switches[table[d]].zero() {
			t.Errorf("%s has no switch", d)
		}
	}
	seeds := []uint64{1, 2, 3, 4}
	alone := map[string][]company.Difficulty{}
	for d, n := range table {
		if harmless[d] {
			alone[n] = append(alone[n], d)
		}
	}
	for name, s := range switches {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := map[company.Difficulty]bool{}
			for d, n := range table {
				if n == name || also[name] == d {
					open[d] = true
				}
			}
			for _, seed := range seeds {
				hit, why := fails(t, company.Options{Seed: seed, Without: easier[name]}, s)
				t.Logf("seed %d: %v %s", seed, hit, why)
				for _, d := range hit {
					delete(open, d)
				}
				if len(open) == 0 && os.Getenv("VESTIGE_E2E_ALL") == "" {
					break
				}
			}
			for d := range open {
				t.Errorf("without %q nothing goes wrong with %q", name, d)
			}
			for _, d := range alone[name] {
				if hit, why := fails(t, company.Options{Seed: 2, Without: append(slices.Clone(easier[name]), d)}, s); len(hit) > 0 {
					t.Errorf("without %q something goes wrong where there is no %q: %s", name, d, why)
				}
			}
		})
	}
}

func (s setting) zero() bool { return s.config == nil && s.policy == nil && s.opened == nil }

// fails tells which difficulties the walk subject of a company shows, where a piece is missing.
func fails(t *testing.T, o company.Options, s setting) (hit []company.Difficulty, why string) {
	e := newEstate(t, o, s)
	defer e.open(s)()
	e.scan(s)
	out, err := e.erase(e.company.Walk)
	switch {
	case err != nil:
		return company.Difficulties(), "refused: " + err.Error()
	case out.result.State == plans.Blocked && len(out.judged.Left)+len(out.judged.Collateral) == 0:
		return company.Difficulties(), "blocked: " + out.result.Reason
	}
	return e.difficulties(slices.Concat(out.judged.Left, out.judged.Collateral)), fmt.Sprintf("%s %s: %d left, %d collateral", out.result.State, out.result.Reason, len(out.judged.Left), len(out.judged.Collateral))
}

// difficulties gives those that records at the places are instances of.
func (e *estate) difficulties(places []string) []company.Difficulty {
	found := map[company.Difficulty]bool{}
	for _, r := range e.company.Truth.Records {
		for _, p := range places {
			if r.At.Key == "" && strings.Contains(p, "{contact.email}") && strings.Contains(r.At.Dataset, "@") {
				found[company.ObjectKeys] = true
			}
			if place, _, _ := strings.Cut(p, " record"); strings.TrimSuffix(place, ":") == r.At.String() || strings.HasPrefix(p, r.At.String()+":") || strings.HasPrefix(p, r.At.String()+" ") {
				for _, d := range r.Why {
					found[d] = true
				}
			}
		}
	}
	if slices.ContainsFunc(places, func(p string) bool { return strings.Contains(p, "bytes") || strings.Contains(p, "page") }) {
		found[company.StalePages] = true
	}
	var out []company.Difficulty
	for _, d := range company.Difficulties() {
		if found[d] {
			out = append(out, d)
		}
	}
	return out
}
