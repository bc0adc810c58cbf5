// Command vestige finds every vestige of a person across an organisation's systems, erases it, and proves that it is gone.
//
// Each command is a file of this folder. What they share is a call: where to read and write, how to print, and the open App. Beside a
// running "vestige serve" a command line is carried out by that process, which owns the data directory, through its local endpoint
// (local.go); the command functions are the same.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"vestige/internal/decode"

	"golang.org/x/term"
)

func main() {
	decode.Main()
	os.Exit(command())
}

// command runs the process's own command line.
func command() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	c := &call{ctx: ctx, in: os.Stdin, out: os.Stdout, err: os.Stderr, dir: dir, args: os.Args[1:]}
	c.tty = term.IsTerminal(int(os.Stdout.Fd())) && os.Getenv("TERM") != "dumb"
	c.colour = c.tty && os.Getenv("NO_COLOR") == ""
	if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		c.width = w
	}
	return run(c)
}
