// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>

#include "daemon/control/reading.hpp"
#include "daemon/ctl/table.hpp"
#include "daemon/ctl/views.hpp"
#include "lib/core/text.hpp"

namespace autobackup::ctl {
namespace {

namespace json = boost::json;
using answers::Reading;

std::string took(const Reading& report) {
    const double seconds = report.real("duration_s").value_or(0);
    return human_duration(std::chrono::milliseconds(std::llround(seconds * 1000)));
}

std::string time_words(const Reading& report, const char* key, const Screen& screen) {
    const std::optional<Instant> time = report.time(key);
    return time ? when(*time, screen.clock) : report.text(key);
}

std::string painted_word(const std::string& word, const Screen& screen) {
    return painted(one_line(word), paint_of(word), screen.colour);
}

// `project 12 "Traffic signs"`; what is not CVAT's goes by its name.
std::string title_of(const Reading& item) {
    const std::string kind = item.text("kind");
    const std::string name = item.text("name");
    const std::string noun = kind == "cvat_project" ? "project" : kind == "cvat_task" ? "task" : "";
    if (noun.empty()) return one_line(name);
    return fmt::format("{} {} \"{}\"", noun, item.count("id").value_or(0), one_line(name));
}

// "[1a2b3c4d -> 5e6f7a8b] refs/heads/dev", "[5e6f7a8b]" where nothing moved or all is new, "[empty]".
std::string tips_words(const Reading& item) {
    static const std::string none(8, '0');
    const std::string before = item.text("before");
    const std::string after = item.text("after");
    std::string words;
    if (before == after || item.text("outcome") == "cloned") {
        words = after == none ? "[empty]" : "[" + one_line(after) + "]";
    } else {
        words = "[" + one_line(before) + " -> " + one_line(after) + "]";
    }
    return item.text("ref").empty() ? words : words + " " + one_line(item.text("ref"));
}

std::string error_words(const Reading& error) {
    std::string words = error.text("operation") + " " + error.text("object") + ": " + error.text("message");
    if (!error.text("code").empty()) words += " [" + error.text("code") + "]";
    return one_line(words);
}

// An error with the peer's words and the hint below it.
void add_error(std::string& text, const std::string& indent, const std::string& before, const Reading& error, const Screen& screen) {
    text += indent + before + painted(error_words(error), Paint::bad, screen.colour) + '\n';
    if (!error.text("peer").empty()) text += indent + "  the peer said: " + one_line(error.text("peer")) + '\n';
    if (!error.text("hint").empty()) text += indent + "  " + one_line(error.text("hint")) + '\n';
}

void add_item(std::string& text, const json::value& value, const Screen& screen) {
    const Reading item(value);
    text += item_line(value, screen) + '\n';
    for (const json::value& one : item.array("stages")) {
        const Reading stage(one);
        if (!stage.has_object("error")) continue;
        const std::string task = stage.text("task").empty() ? "" : " of " + stage.text("task");
        add_error(text, "  ", one_line(stage.text("stage") + task) + " failed: ", Reading(stage.at("error")), screen);
    }
    for (const std::string& warning : item.texts("warnings"))
        text += "  " + painted("warning: ", Paint::notice, screen.colour) + one_line(warning) + '\n';
}

// " checksum" of a check, "" of a backup.
std::string check_words(const Reading& run) {
    return run.has_object("check") ? " " + one_line(Reading(run.at("check")).text("kind")) : std::string();
}

std::string trigger_words(const Reading& run) {
    const std::string check = check_words(run);
    return run.text("trigger") + (check.empty() ? "" : "," + check);
}

std::string check_line(const Reading& check) {
    const std::string kind = one_line(check.text("kind")), server = one_line(check.text("server"));
    return fmt::format("{}{}, {} {}, {} {}", kind, server.empty() ? "" : " into " + server, check.count("copies").value_or(0), kind == "drill" ? "restores" : "copies", check.count("damaged").value_or(0),
                       kind == "drill" ? "failed" : "damaged");
}

std::string counts_words(const Reading& counts) {
    std::string words;
    for (const char* key : {"saved", "unchanged", "partial", "failed", "skipped", "gone"}) {
        const std::uint64_t count = counts.count(key).value_or(0);
        if (count > 0) words += fmt::format("{}{} {}", words.empty() ? "" : ", ", count, key);
    }
    return words.empty() ? "no items" : words;
}

}  // namespace

std::string history_text(const json::value& document, bool one_job, const Screen& screen) {
    Table table(one_job ? std::vector<Table::Column>{{"RUN"}, {"OUTCOME"}, {"STARTED"}, {"TOOK"}, {"TRIGGER", true}}
                        : std::vector<Table::Column>{{"RUN"}, {"JOB", true}, {"OUTCOME"}, {"STARTED"}});
    for (const json::value& value : Reading(document).array("runs")) {
        const Reading run(value);
        const Cell outcome(run.text("outcome"), paint_of(run.text("outcome")));
        const std::string started = time_words(run, "started_at", screen);
        if (one_job) {
            table.add({run.text("run_id"), outcome, started, took(run), trigger_words(run)});
        } else {
            table.add({run.text("run_id"), run.text("job") + check_words(run), outcome, started});
        }
    }
    return table.empty() ? "No runs.\n" : table.text(screen.width, screen.colour);
}

std::string item_line(const json::value& value, const Screen& screen) {
    const Reading item(value);
    std::string line = title_of(item) + "  " + painted_word(item.text("outcome"), screen);
    if (!item.text("after").empty()) line += "  " + tips_words(item);
    if (!item.text("commit").empty()) line += "  commit " + one_line(item.text("commit").substr(0, 8));
    for (const json::value& one : item.array("pushed")) {
        const Reading pushed(one);
        line += "  pushed " + one_line(pushed.text("branch")) + (pushed.flag("verified", false) ? "" : ", not verified");
    }
    if (!item.text("reason").empty()) line += "  " + one_line(item.text("reason"));
    return line;
}

std::string report_text(const json::value& value, const Screen& screen) {
    const Reading report(value);
    const Reading traffic(report.at("traffic"));
    std::string text = "run       " + one_line(report.text("run_id")) + '\n';
    text += "job       " + one_line(report.text("job")) +
            fmt::format(", trigger {}, attempt {}", one_line(report.text("trigger")), report.count("attempt").value_or(1)) + '\n';
    if (report.has_object("check")) text += "check     " + check_line(Reading(report.at("check"))) + '\n';
    text += "outcome   " + painted_word(report.text("outcome"), screen) + (report.flag("interrupted", false) ? ", its process died" : "") + '\n';
    text += "started   " + time_words(report, "started_at", screen) + ", took " + took(report) + '\n';
    text += "items     " + counts_words(Reading(report.at("counts"))) + '\n';
    text += fmt::format("traffic   {} requests, {} received, {} sent\n", traffic.count("api_requests").value_or(0),
                        human_bytes(traffic.count("bytes_received").value_or(0)), human_bytes(traffic.count("bytes_sent").value_or(0)));
    for (const json::value& error : report.array("errors")) add_error(text, "", "error     ", Reading(error), screen);
    for (const std::string& warning : report.texts("warnings"))
        text += painted("warning   ", Paint::notice, screen.colour) + one_line(warning) + '\n';
    if (!report.array("items").empty()) text += '\n';
    for (const json::value& item : report.array("items")) add_item(text, item, screen);
    return text;
}

}  // namespace autobackup::ctl
