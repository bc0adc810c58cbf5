package company

import "fmt"

// Config is the text of a vestige.yaml for the company: its systems, and nothing about what they hold.
func (c *Company) Config() string {
	return fmt.Sprintf(`data: ./data            # the product's own directory
single-approver: true
sources:
  shop: {type: sqlite, path: %s}
  crm: {type: sqlite, path: %s}
  files: {type: bucket, path: %s}
policies: [policy.yaml]
`, ShopFile, CRMFile, ObjectsRoot)
}

// Policy is the text of policy.yaml: what the law keeps.
func (c *Company) Policy() string {
	invoices, kept := c.Tables["invoices"]
	if !kept {
		return "retain: []\n"
	}
	return fmt.Sprintf("retain:\n  - {basis: %q, months: 120, match: {dataset: %q}}\n", TaxLaw, "shop/"+invoices)
}
