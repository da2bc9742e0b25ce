// SPDX-License-Identifier: MIT
#include "daemon/serve/facts.hpp"

#include <algorithm>

#include "lib/core/json_fields.hpp"

namespace autobackup::serve {
namespace {

std::string error_of(const boost::json::object& failure) {
    return text_at(failure, "operation") + " of " + text_at(failure, "object") + ": " + text_at(failure, "message");
}

const boost::json::array* array_of(const boost::json::object& object, const char* key) {
    const boost::json::value* const value = object.if_contains(key);
    return value == nullptr ? nullptr : value->if_array();
}

// The first thing that went wrong: of the run, else of a stage.
std::string first_error(const boost::json::object& report) {
    if (const auto* errors = array_of(report, "errors")) {
        for (const boost::json::value& one : *errors) {
            if (const auto* failure = one.if_object()) return error_of(*failure);
        }
    }
    const auto* items = array_of(report, "items");
    if (items == nullptr) return {};
    for (const boost::json::value& item : *items) {
        const auto* stages = item.is_object() ? array_of(item.get_object(), "stages") : nullptr;
        if (stages == nullptr) continue;
        for (const boost::json::value& stage : *stages) {
            const boost::json::value* error = stage.is_object() ? stage.get_object().if_contains("error") : nullptr;
            if (error != nullptr && error->is_object()) return error_of(error->get_object());
        }
    }
    return {};
}

bool is_interrupted(const boost::json::value& report) {
    const boost::json::object* const object = report.if_object();
    const boost::json::value* const value = object == nullptr ? nullptr : object->if_contains("interrupted");
    return value != nullptr && value->is_bool() && value->get_bool();
}

bool is_green(const std::string& outcome) { return outcome == "success" || outcome == "unchanged"; }

}  // namespace

void JobFacts::add(const answers::LastRun& run) {
    last = run;
    if (is_green(run.outcome)) {
        last_success = run.finished_at;
        failing_since.reset();
        failures = 0;
    } else if (run.outcome == "failed" || run.outcome == "partial") {
        if (failures++ == 0) failing_since = run.finished_at;
    } else {
        return;
    }
    last_judged = run.finished_at;
}

std::optional<answers::LastRun> last_run_of(const boost::json::value& report) {
    const boost::json::object* const object = report.if_object();
    if (object == nullptr) return std::nullopt;
    const std::optional<Instant> started = parse_rfc3339(text_at(*object, "started_at"));
    const std::optional<Instant> finished = parse_rfc3339(text_at(*object, "finished_at"));
    if (!started || !finished) return std::nullopt;
    answers::LastRun run;
    run.run_id = text_at(*object, "run_id");
    run.outcome = text_at(*object, "outcome");
    run.started_at = *started;
    run.finished_at = *finished;
    run.duration_s = std::chrono::duration<double>(*finished - *started).count();
    if (!is_green(run.outcome)) run.error = first_error(*object);
    return run;
}

JobFacts facts_of(const std::vector<std::string>& reports) {
    JobFacts facts;
    for (auto text = reports.rbegin(); text != reports.rend(); ++text) {
        boost::json::error_code error;
        const boost::json::value report = boost::json::parse(*text, error);
        if (error) continue;
        if (const auto run = last_run_of(report)) facts.add(*run);
        facts.told.recall(report);
        if (is_interrupted(report)) facts.last_judged.reset();
    }
    return facts;
}

bool only_passing_failures(const model::Run& run) {
    const auto passing = [](const Failure& failure) { return failure.transient; };
    if (!std::all_of(run.errors.begin(), run.errors.end(), passing)) return false;
    for (const model::Item& item : run.items) {
        const bool bad = item.outcome == model::ItemOutcome::failed || item.outcome == model::ItemOutcome::partial;
        bool explained = !bad;
        for (const model::Stage& stage : item.stages) {
            if (stage.outcome != model::StageOutcome::failed) continue;
            if (!stage.error || !stage.error->transient) return false;
            explained = true;
        }
        if (!explained) return false;
    }
    return true;
}

}  // namespace autobackup::serve
