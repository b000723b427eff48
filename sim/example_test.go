package sim_test

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"ciomirror/sim"
)

// A test asks the simulator through a client that opens no socket, lets time pass,
// and compares what it read with the truth.
func Example() {
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	s, err := sim.New(sim.Options{Seed: 1, Start: noon, Now: func() time.Time { return noon }})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := &http.Client{Transport: s.Transport()}
	r, _ := http.NewRequest("GET", "https://api.customer.io/v1/subscription_topics", nil)
	r.Header.Set("Authorization", "Bearer sim-key")
	res, err := client.Do(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	fmt.Printf("%s %.14s\n", res.Status, body)

	s.Advance(24 * time.Hour)
	n := 0
	for range s.Records("campaigns") {
		n++
	}
	fmt.Println(s.Now().Format(time.DateOnly), n, "campaigns", s.Requests()["total"], "request")
	// Output:
	// 200 OK {"topics":[{"i
	// 2026-11-22 13 campaigns 1 request
}

func ExampleParseFaults() {
	f, err := sim.ParseFaults("429=0.05,reset=0.01@/v1/messages,truncate=1@/v1/segments#2")
	fmt.Println(f, err)
	_, err = sim.ParseFaults("teapot=1")
	fmt.Println(err)
	// Output:
	// 429=0.05,reset=0.01@/v1/messages,truncate=1@/v1/segments#2 <nil>
	// unknown fault "teapot" (known: 429, 500, 502, 503, 504, html, truncate, reset, hang, slow, duplicate, loop)
}
