// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/metrics/snapshot.hpp"
#include "tests/support/sample_run.hpp"

namespace autobackup::metrics {

/// A daemon with a job of which everything is known, and one that never ran.
inline Snapshot sample_snapshot() {
    Snapshot snapshot;
    snapshot.version = "0.1.0";
    snapshot.commit = "abc123";
    snapshot.started_at = parse_rfc3339("2026-11-20T00:00:00Z").value();
    snapshot.config_loaded_at = snapshot.started_at;
    snapshot.at = parse_rfc3339("2026-11-21T02:00:00.5Z").value();
    snapshot.queue_length = 2;
    snapshot.workers_standstill = std::chrono::milliseconds(1500);
    snapshot.api_requests = 7;
    snapshot.bytes_received = 1101004800;
    snapshot.bytes_sent = 5242880;
    snapshot.notices_sent = 3;
    snapshot.notices_failed = 1;
    snapshot.storage_free = 123456789012;
    JobFacts signs;
    signs.job = "traffic-signs";
    signs.next_due_at = parse_rfc3339("2026-11-22T01:30:00Z");
    signs.expected_interval = std::chrono::hours(24);
    signs.paused = true;
    signs.starts_missed = 4;
    signs.remember(test::sample_run());
    JobFacts fresh;
    fresh.job = "fresh";
    fresh.enabled = false;
    snapshot.jobs = {signs, fresh};
    return snapshot;
}

}  // namespace autobackup::metrics
