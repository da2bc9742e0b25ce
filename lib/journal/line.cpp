// SPDX-License-Identifier: MIT
#include "lib/journal/line.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "lib/core/text.hpp"
#include "lib/journal/redact.hpp"

namespace autobackup::journal {
namespace {

namespace json = boost::json;

json::object json_head(Instant time, std::string_view level, std::string_view message) {
    json::object line;
    line["time"] = rfc3339(time);
    line["level"] = json::string_view(level.data(), level.size());
    line["message"] = safe_line(message);
    return line;
}

void add_field(json::object& fields, const std::string& name, std::string value) {
    json::value* present = fields.if_contains(name);
    if (present == nullptr) {
        fields[name] = std::move(value);
        return;
    }
    if (!present->is_array()) {
        json::array values;
        values.push_back(std::move(*present));
        *present = std::move(values);
    }
    present->as_array().push_back(json::value(std::move(value)));
}

}  // namespace

std::string safe_line(std::string_view message) {
    while (!message.empty() && (message.back() == '\n' || message.back() == '\r')) message.remove_suffix(1);
    return one_line(without_user_info(redacted(message)));
}

std::string_view level_word(Priority priority) {
    switch (priority) {
        case Priority::critical:
            return "critical";
        case Priority::error:
            return "error";
        case Priority::warning:
            return "warning";
        case Priority::notice:
        case Priority::info:
            return "info";
        case Priority::debug:
            return "debug";
    }
    return "info";
}

std::string dated_line(Instant time, std::string_view level, std::string_view message) {
    return fmt::format("{} {} {}", rfc3339(time), level, safe_line(message));
}

std::string short_line(std::string_view level, std::string_view message, bool colour) {
    if (level == "info") return safe_line(message);
    if (!colour) return fmt::format("{}: {}", level, safe_line(message));
    const std::string_view code = level == "warning"                        ? "33"
                                  : level == "error" || level == "critical" ? "31"
                                                                            : "2";
    return fmt::format("\x1b[{}m{}:\x1b[0m {}", code, level, safe_line(message));
}

std::string json_line(Instant time, std::string_view level, std::string_view message) {
    return json::serialize(json_head(time, level, message));
}

std::string json_line(Instant time, const Entry& entry) {
    json::object line = json_head(time, level_word(entry.priority), entry.message);
    if (!entry.message_id.empty()) line["message_id"] = entry.message_id;
    json::object fields;
    for (const auto& [name, value] : entry.fields) add_field(fields, name, safe_line(value));
    if (!fields.empty()) line["fields"] = std::move(fields);
    return json::serialize(line);
}

}  // namespace autobackup::journal
