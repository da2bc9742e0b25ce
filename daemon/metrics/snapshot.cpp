// SPDX-License-Identifier: MIT
#include "daemon/metrics/snapshot.hpp"

#include <algorithm>

#include "lib/core/json_fields.hpp"

namespace autobackup::metrics {
namespace {

namespace json = boost::json;

bool is_success(model::RunOutcome outcome) {
    return outcome == model::RunOutcome::success || outcome == model::RunOutcome::unchanged;
}

bool is_failure(model::RunOutcome outcome) {
    return outcome == model::RunOutcome::partial || outcome == model::RunOutcome::failed;
}

constexpr std::int64_t most_items = 10'000'000;  // a report that says more is none

// 0 for what is not there, or is no whole number.
std::int64_t number_at(const json::object& report, const char* group, const char* key) {
    const json::value* const found = report.if_contains(group);
    const json::object* const inner = found == nullptr ? nullptr : found->if_object();
    return inner == nullptr ? 0 : std::max<std::int64_t>(integer_at(*inner, key), 0);
}

// As much of a run as the metrics tell, from its report (interface: `run --json`).
std::optional<model::Run> run_of(const json::object& report) {
    const std::string outcome = text_at(report, "outcome");
    const auto known = std::find_if(model::run_outcomes.begin(), model::run_outcomes.end(),
                                    [&outcome](model::RunOutcome one) { return outcome == model::name(one); });
    const auto started = parse_rfc3339(text_at(report, "started_at"));
    const auto finished = parse_rfc3339(text_at(report, "finished_at"));
    if (known == model::run_outcomes.end() || !started || !finished) return std::nullopt;
    model::Run run;
    run.outcome = *known;
    run.started_at = *started;
    run.finished_at = *finished;
    run.bytes_received = static_cast<std::uint64_t>(number_at(report, "traffic", "bytes_received"));
    run.bytes_sent = static_cast<std::uint64_t>(number_at(report, "traffic", "bytes_sent"));
    return run;
}

}  // namespace

void JobFacts::remember(const model::Run& run) {
    ++runs.at(static_cast<std::size_t>(run.outcome));
    take(run);
    if (run.outcome == model::RunOutcome::refused) return;
    last_items.fill(0);
    for (const model::Item& item : run.items) ++last_items.at(static_cast<std::size_t>(item.outcome));
}

void JobFacts::recall(const json::value& report) {
    const json::object* const object = report.if_object();
    const std::optional<model::Run> run = object == nullptr ? std::nullopt : run_of(*object);
    if (!run) return;
    take(*run);
    if (run->outcome == model::RunOutcome::refused) return;
    for (const model::ItemOutcome outcome : model::item_outcomes) {
        const std::int64_t count = number_at(*object, "counts", model::name(outcome));
        last_items.at(static_cast<std::size_t>(outcome)) = std::min(count, most_items);
    }
}

void JobFacts::take(const model::Run& run) {
    last_outcome = run.outcome;
    last_run_at = run.finished_at;
    if (run.outcome == model::RunOutcome::refused) return;
    if (is_failure(run.outcome)) ++failures_in_a_row;
    if (is_success(run.outcome)) {
        failures_in_a_row = 0;
        last_success_at = run.finished_at;
    }
    last_duration_s = std::max(0.0, std::chrono::duration<double>(run.finished_at - run.started_at).count());
    last_bytes_received = run.bytes_received;
    last_bytes_sent = run.bytes_sent;
}

}  // namespace autobackup::metrics
