package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

// serveRun starts "ciomirror ARGS", which is serve or demo --serve, on a port of its own
// and waits until it listens. $SERVER is its address, $EXECUTE the path of its one
// connector's call.
func (s *script) serveRun(_ bool, args []string) error {
	address, before, err := s.runUntilListening(append(args, "--addr", "127.0.0.1:0"))
	if err != nil {
		return err
	}
	if args[0] == "serve" && len(before) > 0 {
		return fmt.Errorf("the first lines are %q", before)
	}
	s.env["SERVER"] = address
	if err := s.http(false, []string{"200", "GET", "/api/v1/integrations/connectors"}); err != nil {
		return err
	}
	doc, _, err := s.document([]string{"/data/0/id"})
	if err != nil {
		return err
	}
	id, _ := at(doc, "/data/0/id")
	s.env["EXECUTE"] = "/api/v1/integrations/connectors/" + asText(id) + "/execute"
	return nil
}

// serveStop interrupts it: it must end with 0.
func (s *script) serveStop(bool, []string) error {
	if err := s.running.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	rest, err := io.ReadAll(s.running.output)
	err = errors.Join(err, s.running.cmd.Wait())
	s.stdout, s.stderr = string(rest), s.running.errors.String()
	return errors.Join(err, clean("stdout", s.stdout), clean("stderr", s.stderr))
}

// http asks the server. $TOKEN, where it is set, is the bearer, $HOST what it is called.
func (s *script) http(_ bool, args []string) error {
	if len(args) < 3 {
		return errors.New("usage: http STATUS METHOD PATH [BODY]")
	}
	var body io.Reader = http.NoBody
	if len(args) > 3 {
		body = strings.NewReader(args[3])
	}
	r, err := http.NewRequestWithContext(s.t.Context(), args[1], s.env["SERVER"]+args[2], body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if token := s.env["TOKEN"]; token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	r.Host = s.env["HOST"] // "" for that of the address
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	var head strings.Builder
	if err := answer.Header.Write(&head); err != nil {
		return err
	}
	s.stdout, s.stderr = string(text), strings.ReplaceAll(head.String(), "\r", "")
	if fmt.Sprint(answer.StatusCode) != args[0] {
		return fmt.Errorf("%s, want %s", answer.Status, args[0])
	}
	return errors.Join(clean("the answer", s.stdout), clean("its head", s.stderr))
}
