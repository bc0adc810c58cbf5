package events

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"

	"vestige/internal/errkind"
)

// Command gives messages to a command of this machine: JSON on its input, the id in VESTIGE_DELIVERY. It has taken the message where it ends with 0.
type Command struct {
	Run string
	Dir string
}

// Send runs the command and looks at its exit code.
func (x *Command) Send(ctx context.Context, m Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return errkind.Wrap(errkind.Internal, err, "encode a message")
	}
	shell, flag := "sh", "-c"
	if runtime.GOOS == "windows" {
		shell, flag = "cmd", "/C"
	}
	cmd := exec.CommandContext(ctx, shell, flag, x.Run)
	cmd.Dir, cmd.Stdin = x.Dir, bytes.NewReader(append(body, '\n'))
	cmd.Env = append(os.Environ(), "VESTIGE_DELIVERY="+m.ID)
	err = cmd.Run()
	var ended *exec.ExitError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &ended):
		return errkind.Coded(errkind.Transient, fmt.Sprintf("exit-%d", ended.ExitCode()), "the command did not take the message")
	}
	return errkind.Coded(errkind.Transient, "no-command", "the command could not be started")
}
