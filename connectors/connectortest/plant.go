package connectortest

import (
	"context"
	"slices"
	"strconv"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

func plantChecks() []check {
	return []check{{"plant/and-gone", plantAndGone}}
}

// plantAndGone: a record that is planted is one more, as it was said, and when it is erased all is as it was before.
func plantAndGone(b *bench) {
	able[connectors.Planter](b, "plant")
	able[connectors.Eraser](b, "erase")
	r := b.start(Fixture{Datasets: []Dataset{accounts()}})
	before := r.Peek(r.real)
	const planted = "planted@example.net"
	one := R(planted, "Planted", "a note, with a comma", 17)
	values := map[string]pii.Value{}
	for i, f := range r.fixed("accounts").Fields {
		values[f.Name] = pii.NewValue(string(one[i]))
	}
	plant := func() error {
		return as[connectors.Planter](r, connectors.Erase).Plant(context.Background(), r.dataset("accounts"), values)
	}
	err := plant()
	if r.GrantPlanting != nil { // to erase takes no right to add
		isKind(b, "planting without the right to", err, errkind.Permission)
		r.unchanged("after a planting that the role may not do", before)
		r.GrantPlanting(r.real)
		err = plant()
	}
	switch {
	case errkind.Code(err) == "cannot-plant":
		r.unchanged("after a planting that was refused", before)
		b.Skipf("the connector lacks the ability to plant in datasets of this form")
	case err != nil:
		b.Fatalf("plant: %v", err)
	}
	r.holds("after planting", Content{"accounts": append(slices.Clone(before["accounts"]), one)})
	if got := r.erase(unit(r.act("accounts", pii.Delete, r.where("accounts", "mail", planted).target()))); got[0].Affected != 1 {
		b.Errorf("erasing the planted record affects %s", strconv.FormatInt(got[0].Affected, 10))
	}
	r.unchanged("after the planted record was erased", before)
}
