// Package sqlite keeps a mirror in one SQLite file, through the pure-Go driver
// modernc.org/sqlite.
//
// For an entity e there are up to four tables:
//
//	e            the live rows, so that select count(*) from e is what people expect
//	e_history    versions that ended: changed or deleted
//	_e_stage     rows of a complete list, on their way into e
//	_e_text      the text index of e's marked fields, an FTS5 table with five of its own
//
// Beside the entity's columns a row has names of ours, with an underscore in front:
//
//	_hash        16 bytes: the record as the API sent it
//	_first_seen  Unix milliseconds: when the mirror first saw the row
//	_changed_at  Unix milliseconds: when this version began (e)
//	_valid_from, _valid_to  Unix milliseconds: when this version began and ended (e_history)
//	_change      why it ended: changed or deleted (e_history)
//	_run         the run that wrote this version; 0 for the answer to a write of ours
//
// The mirror's own tables are described in the migrations: runs and run_entities
// (what the syncs did; a run's row is also its lease), windows and positions (how far
// each list was read), drift, snapshots, schedules_log, and _mirror for the rest: the
// clock, the horizon of the past, the key's fingerprint.
//
// Instants are those of the commit and rise strictly from one transaction to the
// next, so that as of any instant the mirror is what a reader saw then.
package sqlite
