// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>

#include "daemon/report/outgoing.hpp"
#include "daemon/report/report.hpp"

namespace autobackup::report {
namespace {

namespace json = boost::json;

// Milliseconds; a clock that went backwards gives 0.
double rounded(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0) return 0;
    return std::round(seconds * 1000) / 1000;
}

double duration_of(const model::Run& run) {
    return rounded(std::chrono::duration<double>(run.finished_at - run.started_at).count());
}

json::array texts(const std::vector<std::string>& lines) {
    json::array array;
    for (const std::string& line : lines) array.emplace_back(outgoing(line));
    return array;
}

void set_text(json::object& object, json::string_view key, const std::string& text) {
    if (!text.empty()) object[key] = outgoing(text);
}

json::object stage_json(const model::Stage& stage) {
    json::object object;
    object["stage"] = outgoing(stage.stage);
    set_text(object, "task", stage.task);
    object["outcome"] = model::name(stage.outcome);
    if (stage.duration_s) object["duration_s"] = rounded(*stage.duration_s);
    if (stage.attempts) object["attempts"] = *stage.attempts;
    if (stage.bytes) object["bytes"] = *stage.bytes;
    if (stage.resumed) object["resumed"] = *stage.resumed;
    set_text(object, "commit", stage.commit);
    set_text(object, "target", stage.target);
    set_text(object, "branch", stage.branch);
    set_text(object, "reason", stage.reason);
    if (stage.error) object["error"] = to_json(*stage.error);
    return object;
}

json::object tasks_json(const model::TaskCounts& tasks) {
    return {{"total", tasks.total},
            {"exported", tasks.exported},
            {"kept", tasks.kept},
            {"skipped", tasks.skipped},
            {"failed", tasks.failed}};
}

// Eight digits of a commit; zeros where there is none.
std::string short_tip(const std::string& tip) {
    return tip.empty() ? std::string(8, '0') : tip.substr(0, 8);
}

void add_repository(json::object& object, const model::Item& item) {
    const model::RepositoryFacts& facts = *item.repository;
    const bool looked_at = !facts.after.empty() || !facts.before.empty() || facts.cloned || item.outcome == model::ItemOutcome::unchanged;
    if (looked_at) {
        object["before"] = short_tip(facts.before);
        object["after"] = short_tip(facts.after);
        set_text(object, "ref", facts.ref);
        object["refs"] = {{"new", facts.refs.created}, {"moved", facts.refs.moved}, {"forced", facts.refs.forced}, {"deleted", facts.refs.deleted}};
    }
    set_text(object, "renamed_from", facts.renamed_from);
}

json::object counts_json(const std::vector<model::Item>& items) {
    using model::ItemOutcome;
    json::object counts;
    for (const ItemOutcome outcome : {ItemOutcome::saved, ItemOutcome::unchanged, ItemOutcome::partial,
                                      ItemOutcome::failed, ItemOutcome::skipped, ItemOutcome::gone}) {
        std::int64_t count = 0;
        for (const model::Item& item : items) count += item.outcome == outcome ? 1 : 0;
        counts[model::name(outcome)] = count;
    }
    return counts;
}

void write(std::string& out, const json::value& value);

void write(std::string& out, const json::object& object) {
    char separator = '{';
    for (const auto& [key, value] : object) {
        out += separator;
        out += json::serialize(json::string_view(key));
        out += ':';
        write(out, value);
        separator = ',';
    }
    out += object.empty() ? "{}" : "}";
}

void write(std::string& out, const json::array& array) {
    char separator = '[';
    for (const json::value& value : array) {
        out += separator;
        write(out, value);
        separator = ',';
    }
    out += array.empty() ? "[]" : "]";
}

void write(std::string& out, const json::value& value) {
    if (value.is_object()) return write(out, value.get_object());
    if (value.is_array()) return write(out, value.get_array());
    if (value.is_double() && std::isfinite(value.get_double())) {
        out += fmt::format("{}", value.get_double());  // the shortest text that gives the same number
        return;
    }
    out += json::serialize(value);
}

}  // namespace

json::object to_json(const Failure& failure) {
    json::object object;
    object["operation"] = outgoing(failure.operation);
    object["object"] = outgoing(failure.object);
    object["code"] = std::string(name(failure.code));
    object["message"] = outgoing(failure.message);
    object["peer"] = outgoing(cut_peer_words(failure.peer));
    object["transient"] = failure.transient;
    object["hint"] = outgoing(failure.hint);
    return object;
}

json::object to_json(const model::Item& item) {
    json::object object;
    object["kind"] = outgoing(item.kind);
    if (item.repository) {
        object["id"] = outgoing_name(item.repository->id);
    } else {
        object["id"] = item.id;
    }
    object["name"] = outgoing_name(item.name);
    object["outcome"] = model::outcome_word(item);
    set_text(object, "reason", item.reason);
    if (item.repository) add_repository(object, item);
    json::array stages;
    for (const model::Stage& stage : item.stages) stages.emplace_back(stage_json(stage));
    object["stages"] = std::move(stages);
    if (item.tasks) object["tasks"] = tasks_json(*item.tasks);
    if (item.archive) {
        object["archive"] = {{"path", outgoing(item.archive->path)},
                             {"bytes", item.archive->bytes},
                             {"sha256", outgoing(item.archive->sha256)}};
    }
    set_text(object, "commit", item.commit);
    json::array pushed;
    for (const model::Pushed& push : item.pushed) {
        pushed.push_back({{"target", outgoing(push.target)},
                          {"branch", outgoing(push.branch)},
                          {"verified", push.verified}});
    }
    object["pushed"] = std::move(pushed);
    object["warnings"] = texts(item.warnings);
    return object;
}

json::object to_json(const model::Run& run) {
    json::object object;
    object["format"] = 1;
    object["run_id"] = run.run_id;
    object["job"] = outgoing(run.job);
    if (run.check) {
        json::object check{{"kind", run.check->kind}, {"copies", run.check->copies}, {"damaged", run.check->damaged}};
        if (!run.check->server.empty()) check["server"] = outgoing(run.check->server);
        object["check"] = std::move(check);
    }
    object["trigger"] = outgoing(run.trigger);
    object["attempt"] = run.attempt;
    object["outcome"] = model::name(run.outcome);
    object["started_at"] = rfc3339(run.started_at);
    object["finished_at"] = rfc3339(run.finished_at);
    object["duration_s"] = duration_of(run);
    object["counts"] = counts_json(run.items);
    object["traffic"] = {{"api_requests", run.api_requests},
                         {"bytes_received", run.bytes_received},
                         {"bytes_sent", run.bytes_sent}};
    json::array items;
    for (const model::Item& item : run.items) items.emplace_back(to_json(item));
    object["items"] = std::move(items);
    json::array errors;
    for (const Failure& failure : run.errors) errors.emplace_back(to_json(failure));
    object["errors"] = std::move(errors);
    object["warnings"] = texts(run.warnings);
    return object;
}

std::string json_line(const json::value& value) {
    std::string out;
    write(out, value);
    return out;
}

}  // namespace autobackup::report
