// SPDX-License-Identifier: MIT
#include "daemon/state/schema.hpp"

#include <array>

namespace autobackup::state {
namespace {

// seq is the order in which runs began: clocks jump, a counter does not. `report` is what `show RUN --json`
// prints; it is null while the run goes on. items and stages repeat what questions over many runs need (last
// failure of an item, bytes over time), so that nobody parses reports for them.
constexpr const char* version_1 = R"sql(
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    seq INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL,
    job TEXT NOT NULL,
    run_trigger TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    outcome TEXT,
    interrupted INTEGER NOT NULL DEFAULT 0,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    api_requests INTEGER NOT NULL DEFAULT 0,
    bytes_received INTEGER NOT NULL DEFAULT 0,
    bytes_sent INTEGER NOT NULL DEFAULT 0,
    report TEXT,
    UNIQUE (run_id, attempt)
) STRICT;
CREATE INDEX runs_of_job ON runs (job, seq);
CREATE INDEX runs_going_on ON runs (job) WHERE outcome IS NULL;

CREATE TABLE items (
    run INTEGER NOT NULL REFERENCES runs (seq) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    outcome TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    duration_s REAL NOT NULL,
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE stages (
    run INTEGER NOT NULL,
    item INTEGER NOT NULL,
    position INTEGER NOT NULL,
    stage TEXT NOT NULL,
    outcome TEXT NOT NULL,
    task TEXT NOT NULL,
    target TEXT NOT NULL,
    duration_s REAL,
    bytes INTEGER,
    error_code TEXT,
    PRIMARY KEY (run, item, position),
    FOREIGN KEY (run, item) REFERENCES items (run, position) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE item_state (
    job TEXT NOT NULL,
    item TEXT NOT NULL,
    name TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    saved_at TEXT NOT NULL,
    checked_at TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    gone INTEGER NOT NULL,
    retry_after TEXT NOT NULL,
    failed INTEGER NOT NULL,
    PRIMARY KEY (job, item)
) STRICT, WITHOUT ROWID;

CREATE TABLE exports (
    job TEXT NOT NULL,
    object TEXT NOT NULL,
    rq_id TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    spool_file TEXT NOT NULL,
    PRIMARY KEY (job, object)
) STRICT, WITHOUT ROWID;

CREATE TABLE job_values (
    job TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (job, key)
) STRICT, WITHOUT ROWID;
)sql";

constexpr std::array<const char*, 1> all_steps = {version_1};

}  // namespace

std::span<const char* const> migrations() {
    return all_steps;
}

}  // namespace autobackup::state
