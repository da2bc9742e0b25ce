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
    CheckFacts checksum;
    checksum.job = "traffic-signs";
    checksum.check = "checksum";
    checksum.last_run_at = parse_rfc3339("2026-11-20T12:00:00Z");
    checksum.last_success_at = parse_rfc3339("2026-10-20T12:00:00Z");
    checksum.expected_interval = std::chrono::hours(24 * 31);
    checksum.failures_in_a_row = 1;
    checksum.copies = 9;
    checksum.damaged = 2;
    CheckFacts drill;
    drill.job = "traffic-signs";
    drill.check = "drill";
    drill.last_run_at = parse_rfc3339("2026-11-20T12:00:00Z");
    drill.server = "staging";
    drill.expected_interval = std::chrono::hours(24 * 31);
    snapshot.checks = {checksum, drill};
    return snapshot;
}

}  // namespace autobackup::metrics
