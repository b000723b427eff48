package main

import (
	"os"
	"testing"
)

// asProgram in the environment turns the test binary into the program, so that
// scripts run what users run: its own process, exit code, streams and umask.
const asProgram = "CIOMIRROR_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main() // ends the process
	}
	os.Exit(m.Run())
}
