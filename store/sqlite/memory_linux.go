package sqlite

import (
	"bytes"
	"os"
	"strconv"
)

// resident is the process's memory in bytes; 0 when nobody can say.
func resident() int64 {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	if fields := bytes.Fields(data); len(fields) > 1 {
		pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
		return pages * int64(os.Getpagesize())
	}
	return 0
}
