package main

import (
	"strings"

	"vestige/accounts"
)

type accountCmd struct {
	List   accountListCmd   `cmd:"" default:"1" help:"Who has an account."`
	Invite accountInviteCmd `cmd:"" help:"Make a link by which somebody sets a password."`
}

// Help teaches the command.
func (accountCmd) Help() string {
	return `The people who work in the catalog. Nobody has a password that somebody else has known: a link lets each choose her own.

Example:
  vestige account invite dana --role steward`
}

type accountListCmd struct{}

// Help teaches the command.
func (accountListCmd) Help() string {
	return `Lists the accounts of the catalog with their roles.

Example:
  vestige account list`
}

// Run carries the command out.
func (accountListCmd) Run(c *call) error {
	a, done, err := c.open("account list")
	if err != nil {
		return err
	}
	defer done()
	all, err := a.Accounts.Users(c.ctx)
	if err != nil {
		return err
	}
	return c.print(all, func() {
		var rows [][]string
		for _, u := range all {
			state := "no second factor"
			if u.Second {
				state = "second factor"
			}
			if u.Ended != 0 {
				state = "ended"
			}
			rows = append(rows, []string{u.Name, roleWords(u.Roles), state})
		}
		c.table([]string{"name", "roles", ""}, rows)
	})
}

func roleWords(roles []accounts.Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	return strings.Join(words, ", ")
}

type accountInviteCmd struct {
	Name string   `arg:"" help:"Of the account."`
	Role []string `default:"viewer" help:"viewer, steward, privacy-operator, approver, auditor, administrator; several are separated by commas."`
}

// Help teaches the command.
func (accountInviteCmd) Help() string {
	return `Makes a link that works once, within a week, and prints its path: put the catalog's address before it. For somebody who has an account
already the roles stay, and password and second factor are set anew: the way back in for one who lost them.

Example:
  vestige account invite dana --role steward
  vestige account invite olga --role privacy-operator,viewer`
}

// Run carries the command out.
func (x accountInviteCmd) Run(c *call) error {
	a, done, err := c.open("account invite")
	if err != nil {
		return err
	}
	defer done()
	roles, err := accounts.ParseRoles(x.Role)
	if err != nil {
		return err
	}
	token, err := a.Accounts.Invite(c.ctx, c.by(), x.Name, roles)
	if err != nil {
		return err
	}
	type made struct {
		Path string `json:"path"`
	}
	return c.print(made{"/welcome/" + token}, func() { c.printf("/welcome/%s\n", token) })
}
