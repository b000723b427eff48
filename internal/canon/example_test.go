package canon_test

import (
	"fmt"

	"ciomirror/internal/canon"
)

func ExampleJSON() {
	b, err := canon.JSON([]byte(`{ "b": 1.50, "a": ["\u00e9", 1e3] }`))
	fmt.Println(string(b), err)
	// Output: {"a":["é",1000],"b":1.5} <nil>
}

func ExampleNumber() {
	for _, s := range []string{"1.50", "15e-1", "-0", "9007199254740993.0"} {
		n, _ := canon.Number(s)
		fmt.Println(n)
	}
	// Output:
	// 1.5
	// 1.5
	// 0
	// 9007199254740993
}
