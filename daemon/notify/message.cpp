// SPDX-License-Identifier: MIT
#include "daemon/notify/message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "daemon/report/outgoing.hpp"
#include "daemon/report/report.hpp"
#include "lib/core/text.hpp"

namespace autobackup::notify {
namespace {

namespace json = boost::json;

constexpr std::size_t most_lines = 20;
constexpr std::size_t longest_line = 600;
constexpr std::size_t longest_text = 8192;

bool went_wrong(const model::Item& item) {
    if (item.outcome == model::ItemOutcome::failed || item.outcome == model::ItemOutcome::partial) return true;
    return std::any_of(item.stages.begin(), item.stages.end(),
                       [](const model::Stage& stage) { return stage.outcome == model::StageOutcome::failed; });
}

// What went wrong, the run itself first; not more than anybody reads.
std::vector<std::string> error_lines(const model::Run& run) {
    std::vector<std::string> lines;
    std::size_t more = 0;
    const auto add = [&](const std::string& line) {
        if (lines.size() < most_lines) lines.push_back(cut_utf8(line, longest_line));
        else ++more;
    };
    for (const Failure& failure : run.errors) add(report::outgoing_line(describe(failure)));
    for (const model::Item& item : run.items) {
        if (went_wrong(item)) add(report::human_line(run.job, item));
    }
    if (more > 0) lines.push_back(fmt::format("and {} more", more));
    return lines;
}

// "traffic-signs", "traffic-signs (check checksum)".
std::string name_of(const model::Run& run) {
    const std::string job = report::outgoing_line(run.job);
    if (!run.check) return job;
    std::string check = run.check->kind == "drill" ? run.check->kind : "check " + run.check->kind;
    if (!run.check->server.empty()) check += " into " + report::outgoing_line(run.check->server);
    return fmt::format("{} ({})", job, check);
}

std::string headline(const model::Run& run, const History& history, Transition transition) {
    const std::string job = name_of(run);
    const char* const one = run.check ? "check" : "run";
    const char* const several = run.check ? "checks" : "runs";
    switch (transition) {
        case Transition::recovered:
            return fmt::format("{} has recovered after {} failed {}", job, history.failures_before, history.failures_before == 1 ? one : several);
        case Transition::still_failing:
            return fmt::format("{} is still failing: {} {} in a row", job, history.failures_now, several);
        case Transition::failed:
            return fmt::format("{} has failed{}", job, run.outcome == model::RunOutcome::partial ? " in part" : "");
        case Transition::none:
            break;
    }
    return fmt::format("{} {}", job, model::name(run.outcome));
}

std::string time_or_never(const std::optional<Instant>& time) {
    return time ? rfc3339_seconds(*time) : "never";
}

std::string told(const model::Run& run, const History& history, const std::vector<std::string>& errors,
                 const std::string& host) {
    std::string text = report::summary_line(run) + '\n';
    for (const std::string& line : errors) text += line + '\n';
    if (history.failures_now > 0) {
        text += fmt::format("Not successful: {} {} in a row; last success: {}\n", history.failures_now,
                            history.failures_now == 1 ? "run" : "runs", time_or_never(history.last_success_at));
    }
    text += fmt::format("Run {} on {}\n", run.run_id, one_line(host));
    return cut_utf8(text, longest_text);
}

void shorten(json::object& head, const char* list) {
    json::array& array = head[list].as_array();
    if (array.size() > most_lines) array.resize(most_lines);
}

json::value time_or_null(const std::optional<Instant>& time) {
    return time ? json::value(json::string(rfc3339(*time))) : json::value(nullptr);
}

// The head of the report: everything but the items.
std::string json_of(const model::Run& run, const History& history, const Message& message,
                    const std::vector<std::string>& errors, const std::string& host) {
    json::object head = report::to_json(run);
    head.erase("items");
    shorten(head, "errors");
    shorten(head, "warnings");
    head["transition"] = name(message.transition);
    head["failures"] = history.failures_now;
    head["failures_before"] = history.failures_before;
    head["first_failed_at"] = time_or_null(history.first_failed_at);
    head["last_success_at"] = time_or_null(history.last_success_at);
    head["host"] = one_line(host);
    head["error_lines"] = json::array(errors.begin(), errors.end());
    head["text"] = headline(run, history, message.transition) + "\n" + message.text;
    return report::json_line(head);
}

void add_facts(Message& message, const model::Run& run, const History& history,
               const std::vector<std::string>& errors, const std::string& host) {
    const auto add = [&message](const char* key, const std::string& value) {
        message.facts.emplace_back(key, one_line(value));
    };
    const auto time = [](const std::optional<Instant>& at) { return at ? rfc3339(*at) : std::string(); };
    add("AUTOBACKUP_JOB", run.job);
    add("AUTOBACKUP_RUN_ID", run.run_id);
    add("AUTOBACKUP_ATTEMPT", std::to_string(run.attempt));
    add("AUTOBACKUP_OUTCOME", model::name(run.outcome));
    if (run.check) add("AUTOBACKUP_CHECK", run.check->kind);
    if (run.check && !run.check->server.empty()) add("AUTOBACKUP_DRILL_SERVER", run.check->server);
    add("AUTOBACKUP_TRANSITION", name(message.transition));
    add("AUTOBACKUP_FAILURES", std::to_string(history.failures_now));
    add("AUTOBACKUP_FIRST_FAILED_AT", time(history.first_failed_at));
    add("AUTOBACKUP_LAST_SUCCESS_AT", time(history.last_success_at));
    add("AUTOBACKUP_STARTED_AT", rfc3339(run.started_at));
    add("AUTOBACKUP_FINISHED_AT", rfc3339(run.finished_at));
    add("AUTOBACKUP_HOST", host);
    add("AUTOBACKUP_SUMMARY", report::summary_line(run));
    add("AUTOBACKUP_ERROR", errors.empty() ? std::string() : errors.front());
}

Signal signal_of(model::RunOutcome outcome) {
    switch (outcome) {
        case model::RunOutcome::success:
        case model::RunOutcome::unchanged:
            return Signal::success;
        case model::RunOutcome::partial:
        case model::RunOutcome::failed:
            return Signal::fail;
        case model::RunOutcome::cancelled:
        case model::RunOutcome::refused:
            break;
    }
    return Signal::log;
}

// RFC 5322 §2.2: a header line is ASCII; everything else is replaced, control characters too.
std::string ascii_line(std::string_view text) {
    std::string out = one_line(text);
    for (char& c : out) {
        if (c < ' ' || c > '~') c = '?';
    }
    return out.substr(0, 200);
}

int value_of(char c) {
    constexpr std::string_view digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";  // Crockford base 32
    const std::size_t at = digits.find(c);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

const char* suffix_of(Signal signal) {
    switch (signal) {
        case Signal::start:
            return "/start";
        case Signal::success:
            return "";
        case Signal::fail:
            return "/fail";
        case Signal::log:
            return "/log";
    }
    return "/log";
}

}  // namespace

Message start_message(const std::string& job, const std::string& run_id, const std::string& host) {
    Message message;
    message.job = job;
    message.run_id = run_id;
    message.signal = Signal::start;
    message.text = fmt::format("{}  run {} begins on {}\n", one_line(job), one_line(run_id), one_line(host));
    return message;
}

Message end_message(const model::Run& run, const History& history, const std::string& host) {
    Message message;
    message.job = run.job;
    message.run_id = run.run_id;
    message.signal = signal_of(run.outcome);
    message.of_check = run.check.has_value();
    message.transition = transition_of(run, history);
    const std::vector<std::string> errors = error_lines(run);
    message.text = told(run, history, errors, host);
    if (message.transition == Transition::none) return message;
    message.subject = ascii_line(headline(run, history, message.transition) + " (" + host + ")");
    message.json = json_of(run, history, message, errors, host);
    add_facts(message, run, history, errors, host);
    return message;
}

std::optional<std::string> uuid_of(const std::string& run_id) {
    if (run_id.size() != 26 || run_id[0] > '7') return std::nullopt;
    std::array<unsigned char, 16> bytes{};
    // 26 digits of 5 bits are 130: the first two are nought.
    for (std::size_t i = 0; i < run_id.size(); ++i) {
        const int value = value_of(run_id[i]);
        if (value < 0) return std::nullopt;
        for (std::size_t bit = 0; bit < 5; ++bit) {
            const std::size_t at = i * 5 + bit;
            if (at < 2 || ((value >> (4 - bit)) & 1) == 0) continue;
            bytes[(at - 2) / 8] = static_cast<unsigned char>(bytes[(at - 2) / 8] | (0x80U >> ((at - 2) % 8)));
        }
    }
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | 0x70U);
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);
    std::string text = hex(bytes);
    for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
    return text;
}

http::Url ping_url(const http::Url& base, Signal signal, const std::string& run_id) {
    const std::string& target = base.target();
    const std::size_t mark = target.find('?');
    std::string path = target.substr(0, mark);
    std::string query = mark == std::string::npos ? std::string() : target.substr(mark + 1);
    const char* suffix = suffix_of(signal);
    if (*suffix != '\0' && path.ends_with('/')) path.pop_back();
    if (const auto uuid = uuid_of(run_id)) query += (query.empty() ? "rid=" : "&rid=") + *uuid;
    return base.with_target(path + suffix + (query.empty() ? "" : "?" + query));
}

std::string mail_text(const Message& message, const std::string& address) {
    std::string out = "To: " + ascii_line(address) + '\n';
    out += "Subject: " + ascii_line(message.subject) + '\n';
    // Neither an absence note nor a mailing list shall answer (RFC 3834).
    out += "Auto-Submitted: auto-generated\n"
           "MIME-Version: 1.0\n"
           "Content-Type: text/plain; charset=utf-8\n"
           "Content-Transfer-Encoding: 8bit\n"
           "X-Autobackupd-Job: " +
           ascii_line(message.job) + "\nX-Autobackupd-Run: " + ascii_line(message.run_id) + "\n\n";
    return out + message.subject + "\n\n" + message.text;
}

}  // namespace autobackup::notify
