package testenv

import "os/exec"

// unprivileged has nothing to do here: the programs themselves drop rights.
func unprivileged(cmd *exec.Cmd, paths ...string) error { cmd.Dir = paths[0]; return nil }

// apart has nothing to do here.
func apart(*exec.Cmd) {}
