// SPDX-License-Identifier: MIT
#include "daemon/report/journal_entries.hpp"

#include <fmt/format.h>

#include <cmath>

#include "daemon/report/outgoing.hpp"
#include "daemon/report/report.hpp"

namespace autobackup::report {
namespace {

using journal::Entry;
using journal::Priority;

void add(Entry& entry, const char* field, std::string value) {
    entry.fields.emplace_back(field, outgoing_line(value));
}

void add_run(Entry& entry, const model::Run& run) {
    add(entry, "AUTOBACKUP_JOB", run.job);
    add(entry, "AUTOBACKUP_RUN_ID", run.run_id);
    add(entry, "AUTOBACKUP_ATTEMPT", std::to_string(run.attempt));
    if (run.check) add(entry, "AUTOBACKUP_CHECK", run.check->kind);
    if (run.check && !run.check->server.empty()) add(entry, "AUTOBACKUP_DRILL_SERVER", run.check->server);
}

std::string microseconds(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0) return "0";
    return std::to_string(std::llround(seconds * 1e6));
}

// The word of the state, of selectors and of snapshots: "project-12", "task-7", else the name.
std::string item_word(const model::Item& item) {
    if (item.kind == "cvat_project") return fmt::format("project-{}", item.id);
    if (item.kind == "cvat_task") return fmt::format("task-{}", item.id);
    return item.name;
}

Entry stage_entry(const model::Run& run, const model::Item& item, const model::Stage& stage) {
    Entry entry;
    entry.priority = item.outcome == model::ItemOutcome::failed ? Priority::error : Priority::warning;
    entry.message_id = message_id::stage_failed;
    const std::string task = stage.task.empty() ? "" : " (" + stage.task + ")";
    const std::string why = stage.error ? describe(*stage.error) : "no reason was given";
    entry.message = outgoing_line(
        fmt::format("{}: {} of {}{} failed: {}", run.job, stage.stage, item_word(item), task, why));
    add_run(entry, run);
    add(entry, "AUTOBACKUP_ITEM", item_word(item));
    add(entry, "AUTOBACKUP_STAGE", stage.stage);
    add(entry, "AUTOBACKUP_OUTCOME", model::name(item.outcome));
    if (stage.error) add(entry, "AUTOBACKUP_ERROR_CODE", std::string(name(stage.error->code)));
    if (stage.bytes) add(entry, "AUTOBACKUP_BYTES", std::to_string(*stage.bytes));
    if (stage.duration_s) add(entry, "AUTOBACKUP_DURATION_USEC", microseconds(*stage.duration_s));
    return entry;
}

struct Form {
    const char* id;
    Priority priority;
};

Form form_of(model::RunOutcome outcome) {
    switch (outcome) {
        case model::RunOutcome::success:
        case model::RunOutcome::unchanged:
            return {message_id::run_succeeded, Priority::notice};
        case model::RunOutcome::partial:
            return {message_id::run_partial, Priority::warning};
        case model::RunOutcome::failed:
            return {message_id::run_failed, Priority::error};
        case model::RunOutcome::cancelled:
            return {message_id::run_cancelled, Priority::notice};
        case model::RunOutcome::refused:
            return {message_id::run_refused, Priority::warning};
    }
    return {message_id::run_failed, Priority::error};
}

Form form_of(const model::Run& run) {
    const Form form = form_of(run.outcome);
    if (!run.check || run.outcome == model::RunOutcome::cancelled || run.outcome == model::RunOutcome::refused) return form;
    const bool drill = run.check->kind == "drill";
    if (form.priority == Priority::notice) return {drill ? message_id::drill_passed : message_id::check_passed, Priority::notice};
    return {drill ? message_id::drill_failed : message_id::check_failed, Priority::error};
}

Entry run_entry(const model::Run& run) {
    const Form form = form_of(run);
    Entry entry;
    entry.priority = form.priority;
    entry.message_id = form.id;
    entry.message = summary_line(run);
    if (!run.errors.empty()) entry.message += ": " + outgoing_line(describe(run.errors.front()));
    add_run(entry, run);
    add(entry, "AUTOBACKUP_OUTCOME", model::name(run.outcome));
    for (const Failure& failure : run.errors)
        add(entry, "AUTOBACKUP_ERROR_CODE", std::string(name(failure.code)));
    add(entry, "AUTOBACKUP_BYTES", std::to_string(run.bytes_received));
    add(entry, "AUTOBACKUP_DURATION_USEC",
        microseconds(std::chrono::duration<double>(run.finished_at - run.started_at).count()));
    for (const model::Item& item : run.items) {
        if (!item.commit.empty()) add(entry, "AUTOBACKUP_COMMIT", item.commit);
    }
    return entry;
}

}  // namespace

Entry entry_of(const model::Run& run, const model::Item& item) {
    Entry entry;
    const bool bad = item.outcome == model::ItemOutcome::failed || item.outcome == model::ItemOutcome::partial;
    entry.priority = bad ? Priority::warning : Priority::info;
    entry.message_id = message_id::item_done;
    entry.message = outgoing_line(human_line(run.job, item));
    add_run(entry, run);
    add(entry, "AUTOBACKUP_ITEM", item_word(item));
    add(entry, "AUTOBACKUP_OUTCOME", model::name(item.outcome));
    add(entry, "AUTOBACKUP_BYTES", std::to_string(item.bytes));
    add(entry, "AUTOBACKUP_DURATION_USEC", microseconds(item.duration_s));
    if (!item.commit.empty()) add(entry, "AUTOBACKUP_COMMIT", item.commit);
    return entry;
}

std::vector<Entry> entries_of(const model::Run& run) {
    std::vector<Entry> entries;
    for (const model::Item& item : run.items) {
        for (const model::Stage& stage : item.stages) {
            if (stage.outcome == model::StageOutcome::failed)
                entries.push_back(stage_entry(run, item, stage));
        }
    }
    entries.push_back(run_entry(run));
    return entries;
}

}  // namespace autobackup::report
