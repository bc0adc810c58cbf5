package plans_test

import (
	"fmt"

	"vestige/lineage"
	"vestige/pii"
	"vestige/plans"
)

// What is approved of a plan is an envelope: its routes, methods and datasets, and its counts within a tolerance.
func ExampleDiff() {
	orders := pii.Ref{Source: "shop", Dataset: "orders"}
	step := func(n int64) plans.Open {
		route := plans.Route{Links: []lineage.Link{{Dataset: orders, Field: "customer_id", How: "reference"}}, Records: n}
		return plans.Open{Tolerance: plans.Tolerance{Percent: 10, AtLeast: 10}, Steps: []plans.Step{{ID: "s01", Dataset: orders, Method: pii.Delete, Records: n, Why: []plans.Route{route}}}}
	}
	approved := step(100)
	for _, n := range []int64{100, 108, 150} {
		now := step(n)
		fmt.Println(n, len(plans.Beyond(plans.Diff(&approved, &now))) == 0)
	}
	// Output:
	// 100 true
	// 108 true
	// 150 false
}
