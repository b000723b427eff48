package main

import (
	"os"
	"testing"
	"time"
)

// asProgram in the environment turns the test binary into the program, so that
// scripts run what users run: its own process, exit code, streams and umask.
const asProgram = "CIOMIRROR_TEST_AS_PROGRAM"

// clockAhead in the environment, a length of time, makes the program's clock that
// much later than the real one, so that its days pass with the simulator's.
const clockAhead = "CIOMIRROR_TEST_CLOCK_AHEAD"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		ahead, err := time.ParseDuration(os.Getenv(clockAhead))
		if err != nil && os.Getenv(clockAhead) != "" {
			panic(err)
		}
		os.Exit(program(func() time.Time { return time.Now().Add(ahead) }))
	}
	os.Exit(m.Run())
}
