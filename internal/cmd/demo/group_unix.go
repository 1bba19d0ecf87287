//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// inOwnGroup keeps the terminal's Ctrl-C from a child: the story stops its children itself, in
// order and once. Terraform takes a second interrupt for an order to stop at once.
func inOwnGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}
