// SPDX-License-Identifier: MIT
// The run of the contract's example, as a value.
#pragma once

#include "daemon/model/result.hpp"

namespace autobackup::test {

inline const std::string sample_commit = "5e6f7a8b00000000000000000000000000000000";

inline model::Stage sample_stage(std::string name, model::StageOutcome outcome = model::StageOutcome::ok) {
    model::Stage stage;
    stage.stage = std::move(name);
    stage.outcome = outcome;
    return stage;
}

inline model::Stage sample_failed_stage(std::string name) {
    model::Stage stage = sample_stage(std::move(name), model::StageOutcome::failed);
    stage.error =
        fail(Errc::connection_reset, "GET", "project 12 of lab", "the connection was reset", "Bad Gateway");
    stage.error->hint = "is the proxy well?";
    return stage;
}

inline model::Item sample_item() {
    model::Item item;
    item.kind = "cvat_project";
    item.id = 12;
    item.name = "Traffic signs";
    item.outcome = model::ItemOutcome::saved;
    model::Stage inspect = sample_stage("inspect");
    inspect.duration_s = 0.05;
    model::Stage exported = sample_stage("export");
    exported.duration_s = 8.1;
    exported.attempts = 1;
    model::Stage download = sample_stage("download");
    download.bytes = 1101004800;
    download.resumed = 0;
    model::Stage commit = sample_stage("commit");
    commit.commit = sample_commit;
    model::Stage push = sample_stage("push");
    push.target = "https://github.com/acme/annotations.git";
    push.branch = "main";
    item.stages = {inspect, exported, download, sample_stage("verify"), commit, push};
    item.tasks = model::TaskCounts{50, 1, 49, 0, 0};
    item.archive =
        model::ArchiveFile{"archives/traffic-signs/project-12/20261121T013000Z.zip", 1101004800, "ab12"};
    item.commit = sample_commit;
    item.pushed = {{push.target, "main", true}};
    item.bytes = 1101004800;
    item.duration_s = 12.3;
    return item;
}

inline model::Run sample_run() {
    model::Run run;
    run.run_id = "01JD0000000000000000000000";
    run.job = "traffic-signs";
    run.outcome = model::RunOutcome::success;
    run.started_at = parse_rfc3339("2026-11-21T01:30:00.120Z").value();
    run.finished_at = run.started_at + std::chrono::microseconds(12'344'600);
    run.api_requests = 7;
    run.bytes_received = 1101004800;
    run.bytes_sent = 5242880;
    run.items = {sample_item()};
    return run;
}

}  // namespace autobackup::test
