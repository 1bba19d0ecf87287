//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// inOwnGroup shields a child from the terminal's Ctrl-C: the story stops its children itself, in
// order and once. Terraform would treat a second interrupt as a request to stop immediately.
func inOwnGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}
