package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// asProgram in the environment turns the test binary into the program, so that
// scripts run what users run: its own process, exit code, streams and umask.
const asProgram = "CIOMIRROR_TEST_AS_PROGRAM"

// programsOwn is the environment of a process that is the program: asProgram, and that
// the race detector does not wait a second at its end.
func programsOwn() []string { return []string{asProgram + "=1", "GORACE=atexit_sleep_ms=0"} }

// clockAhead in the environment, a length of time, makes the program's clock that
// much later than the real one, so that its days pass with the simulator's.
const clockAhead = "CIOMIRROR_TEST_CLOCK_AHEAD"

// asServant in the environment, together with asProgram, makes it run one command
// for each line of its standard input, an order, and answer with the exit code. So
// one process lives as long as a daemon would.
const asServant = "CIOMIRROR_TEST_AS_SERVANT"

// order is a command to a servant.
type order struct {
	Ahead time.Duration // see clockAhead
	Args  []string
}

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(asProgram) == "":
		os.Exit(m.Run())
	case os.Getenv(asServant) != "":
		serveOrders()
	case os.Getenv(clockAhead) != "":
		ahead, err := time.ParseDuration(os.Getenv(clockAhead))
		if err != nil {
			panic(err)
		}
		os.Exit(program(clockAt(ahead)))
	default:
		main() // ends the process
	}
}

func clockAt(ahead time.Duration) func() time.Time {
	return func() time.Time { return time.Now().Add(ahead) }
}

func serveOrders() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			panic(err)
		}
		a := &app{in: strings.NewReader(""), out: io.Discard, err: os.Stderr, env: os.LookupEnv, now: clockAt(o.Ahead)}
		fmt.Println(a.run(context.Background(), o.Args))
	}
}
