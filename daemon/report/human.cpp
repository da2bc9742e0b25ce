// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "daemon/report/outgoing.hpp"
#include "daemon/report/report.hpp"
#include "lib/core/text.hpp"

namespace autobackup::report {
namespace {

// The columns of the samples in the contract.
constexpr std::size_t job_width = 13;
constexpr std::size_t label_width = 26;
constexpr std::size_t outcome_width = 10;
constexpr std::size_t most_told = 3;  // failures, and warnings: the report has them all

// Pads to `width` columns; counts characters, not bytes (fmt would count wide ones twice and join marks).
std::string padded(std::string text, std::size_t width) {
    std::size_t characters = 0;
    for (const char c : text) characters += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1U : 0U;
    if (characters < width) text.append(width - characters, ' ');
    return text;
}

std::string label_of(const model::Item& item) {
    const std::string name = outgoing_line(item.name);
    if (item.kind == "cvat_project") return fmt::format("project {} \"{}\"", item.id, name);
    if (item.kind == "cvat_task") return fmt::format("task {} \"{}\"", item.id, name);
    return name;
}

std::chrono::milliseconds milliseconds(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0) return std::chrono::milliseconds(0);
    return std::chrono::milliseconds(static_cast<std::int64_t>(std::llround(seconds * 1000)));
}

// "main", "main, backup", "main (2 targets)".
std::string pushed_words(const std::vector<model::Pushed>& pushed) {
    std::vector<std::string> branches;
    std::size_t verified = 0;
    for (const model::Pushed& push : pushed) {
        if (!push.verified) continue;
        ++verified;
        if (std::find(branches.begin(), branches.end(), push.branch) == branches.end())
            branches.push_back(push.branch);
    }
    std::string words;
    for (const std::string& branch : branches) words += (words.empty() ? "" : ", ") + outgoing_line(branch);
    if (verified > branches.size()) words += fmt::format(" ({} targets)", verified);
    return words;
}

std::string failure_words(const model::Stage& stage) {
    std::string words = outgoing_line(stage.stage);
    if (!stage.task.empty()) words = outgoing_line(stage.task) + ": " + words;
    if (!stage.target.empty()) words += " to " + outgoing_line(stage.target);
    words += " failed";
    if (stage.error) words += ": " + outgoing_line(describe(*stage.error));
    return words;
}

std::string figures(const model::Item& item) {
    std::string words;
    if (item.bytes > 0) words = human_bytes(item.bytes);
    if (item.duration_s > 0)
        words += (words.empty() ? "in " : " in ") + human_duration(milliseconds(item.duration_s));
    return words;
}

// What a column says is left out when it has nothing to say; two spaces part them.
void add(std::string& line, const std::string& words) {
    if (!words.empty()) line += (line.back() == ' ' ? "" : "  ") + words;
}

// "dev" for refs/heads/dev, "tags/v1" for refs/tags/v1.
std::string short_ref(std::string_view ref) {
    for (const std::string_view prefix : {"refs/heads/", "refs/"}) {
        if (ref.starts_with(prefix)) return outgoing_line(ref.substr(prefix.size()));
    }
    return outgoing_line(ref);
}

// "Updated", "No changes": the words of the scripts that people know. What is neither is told as everywhere.
std::string state_word(const model::Item& item) {
    if (item.repository && item.outcome == model::ItemOutcome::unchanged) return "No changes";
    if (item.repository && item.outcome == model::ItemOutcome::saved) return item.repository->cloned ? "Cloned" : "Updated";
    return model::name(item.outcome);
}

// "[1a2b3c4d -> 5e6f7a8b] dev (+2 refs)", "[1a2b3c4d]", "[empty]".
std::string tips_words(const model::Item& item) {
    using model::ItemOutcome;
    const model::RepositoryFacts& facts = *item.repository;
    if (item.outcome != ItemOutcome::saved && item.outcome != ItemOutcome::unchanged && item.outcome != ItemOutcome::partial) return {};
    const auto tip = [](const std::string& oid) { return oid.empty() ? std::string(8, '0') : oid.substr(0, 8); };
    const bool moved = facts.before != facts.after || facts.refs.all() > 0;
    if (moved && !facts.cloned && item.outcome != ItemOutcome::unchanged) {
        std::string words = fmt::format("[{} -> {}]", tip(facts.before), tip(facts.after));
        if (facts.ref.empty()) return words;
        words += " " + short_ref(facts.ref);
        const std::uint64_t others = facts.refs.all() > 0 ? facts.refs.all() - 1 : 0;
        return others == 0 ? words : words + fmt::format(" (+{} ref{})", others, others == 1 ? "" : "s");
    }
    if (facts.after.empty()) return "[empty]";
    return "[" + tip(facts.after) + "]" + (facts.ref.empty() ? "" : " " + short_ref(facts.ref));
}

void add_what_was_done(std::string& line, const model::Item& item) {
    using model::ItemOutcome;
    if (item.repository) {
        add(line, tips_words(item));
        if (!item.pushed.empty()) add(line, item.pushed.size() == 1 ? "copied" : fmt::format("copied to {} places", item.pushed.size()));
        return;
    }
    if (item.outcome == ItemOutcome::saved || item.outcome == ItemOutcome::partial) add(line, figures(item));
    if (!item.commit.empty()) add(line, "commit " + outgoing_line(item.commit.substr(0, 8)));
    const std::string pushed = pushed_words(item.pushed);
    if (!pushed.empty()) add(line, "pushed " + pushed);
    if (item.tasks && item.tasks->failed > 0) {
        add(line, fmt::format("{} of {} tasks failed", item.tasks->failed, item.tasks->total));
    }
}

std::string plural(std::uint64_t count, const char* one) {
    return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

void add_first_ones(std::string& line, const std::vector<std::string>& texts, const char* prefix,
                    const char* noun) {
    for (std::size_t i = 0; i < std::min(texts.size(), most_told); ++i)
        add(line, prefix + outgoing_line(texts[i]));
    if (texts.size() > most_told)
        add(line, "and " + plural(texts.size() - most_told, (std::string("more ") + noun).c_str()));
}

// "check checksum  partial: 1 of 5 copies is damaged in 3 s", "drill  success: 2 restores in 3 s", "drill into staging  success: …".
std::string check_line(const model::Run& run, std::chrono::milliseconds spent) {
    const model::CheckFacts& check = *run.check;
    const bool drill = check.kind == "drill";
    const char* const noun = drill ? "restore" : "copy";
    std::string counts = fmt::format("{} {}", check.copies, check.copies == 1 ? noun : drill ? "restores" : "copies");
    if (check.damaged > 0) counts = fmt::format("{} of {} {}", check.damaged, counts, drill ? "failed" : "damaged");
    std::string what = drill ? check.kind : "check " + check.kind;
    if (!check.server.empty()) what += " into " + outgoing_line(check.server);
    return fmt::format("{}  {}  {}: {} in {}", padded(outgoing_line(run.job), job_width), what, model::name(run.outcome), counts, human_duration(spent));
}

}  // namespace

std::string human_line(const std::string& job, const model::Item& item) {
    std::string line = padded(outgoing_line(job), job_width) + "  " + padded(label_of(item), label_width) +
                       "  " + padded(state_word(item), outcome_width) + " ";
    add_what_was_done(line, item);
    add(line, outgoing_line(item.reason));
    std::vector<std::string> failures;
    for (const model::Stage& stage : item.stages) {
        if (stage.outcome == model::StageOutcome::failed) failures.push_back(failure_words(stage));
    }
    add_first_ones(line, failures, "", "failure");
    add_first_ones(line, item.warnings, "warning: ", "warning");
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

std::string summary_line(const model::Run& run) {
    using model::ItemOutcome;
    std::string counts;
    for (const ItemOutcome outcome : {ItemOutcome::saved, ItemOutcome::unchanged, ItemOutcome::partial,
                                      ItemOutcome::failed, ItemOutcome::skipped, ItemOutcome::gone}) {
        const auto count = std::count_if(run.items.begin(), run.items.end(),
                                         [&](const model::Item& item) { return item.outcome == outcome; });
        if (count > 0)
            counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count, model::name(outcome));
    }
    if (counts.empty()) counts = "no items";
    const auto spent =
        std::max(std::chrono::floor<std::chrono::milliseconds>(run.finished_at - run.started_at),
                 std::chrono::milliseconds(0));
    if (run.check) return check_line(run, spent);
    std::string traffic = plural(run.api_requests, "request");
    if (run.bytes_received > 0) traffic += ", " + human_bytes(run.bytes_received) + " received";
    if (run.bytes_sent > 0) traffic += ", " + human_bytes(run.bytes_sent) + " sent";
    return fmt::format("{}  {}: {} in {} ({})", padded(outgoing_line(run.job), job_width),
                       model::name(run.outcome), counts, human_duration(spent), traffic);
}

std::vector<std::string> run_lines(const model::Run& run) {
    std::vector<std::string> lines;
    const std::string job = padded(outgoing_line(run.job), job_width);
    for (const Failure& failure : run.errors)
        lines.push_back(job + "  error: " + outgoing_line(describe(failure)));
    for (const std::string& warning : run.warnings)
        lines.push_back(job + "  warning: " + outgoing_line(warning));
    return lines;
}

}  // namespace autobackup::report
