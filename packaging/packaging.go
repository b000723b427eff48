// Package packaging holds the files with which others run ciomirror: a systemd unit, a
// launchd agent, a Dockerfile and alerts for Prometheus, which "service print" shows, and
// beside them the release script.
package packaging

import _ "embed"

// Binary is where the service files have the program.
const Binary = "/usr/local/bin/ciomirror"

// Systemd is a systemd unit for the whole machine.
//
//go:embed ciomirror.service
var Systemd string

// Launchd is a launchd agent for one user of macOS. Arguments behind the program's path
// are global flags.
//
//go:embed ciomirror.plist
var Launchd string

// Profile is where the Dockerfile can name a profile.
const Profile = "XDG_CONFIG_HOME=/etc"

// Dockerfile builds an image of the program alone.
//
//go:embed Dockerfile
var Dockerfile string

// Alerts are alerts for Prometheus on the metrics of "serve".
//
//go:embed alerts.yaml
var Alerts string
