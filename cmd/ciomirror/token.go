package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"ciomirror/server"
)

// longestToken bounds what is read of a token file, in bytes. A file that has more is
// another one.
const longestToken = 4096

// readToken reads the token that callers must show. Without a file there is none.
func readToken(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	const make = "make one: (umask 077; openssl rand -hex 32 > FILE)"
	f, err := os.Open(path)
	if err != nil {
		return "", usageError(fmt.Sprintf("the token file cannot be read: %v", err), make)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", usageError(fmt.Sprintf("the token file cannot be read: %v", err), make)
	}
	// Windows has no such modes.
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return "", usageError(fmt.Sprintf("others on this machine can read the token file %s (mode %04o)", path, mode), "chmod 600 "+path)
	}
	b, err := io.ReadAll(io.LimitReader(f, longestToken))
	if err != nil {
		return "", usageError(fmt.Sprintf("the token file cannot be read: %v", err), make)
	}
	token := strings.TrimSpace(string(b))
	if len(token) < server.MinToken || strings.ContainsAny(token, " \t\r\n") || len(b) == longestToken {
		return "", usageError(fmt.Sprintf("the token file %s does not hold one word of at least %d characters", path, server.MinToken), make)
	}
	return token, nil
}
