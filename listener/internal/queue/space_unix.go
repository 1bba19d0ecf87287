//go:build linux || darwin || freebsd

package queue

import "syscall"

// freeSpace returns how many bytes this process can still write to the file system of a directory.
func freeSpace(dir string) (int64, error) {
	var state syscall.Statfs_t
	if err := syscall.Statfs(dir, &state); err != nil {
		return 0, err
	}
	return int64(state.Bavail) * int64(state.Bsize), nil //nolint:gosec,unconvert // The types differ between systems.
}
