// SPDX-License-Identifier: MIT
#include "daemon/scheduler/memory.hpp"

#include <array>
#include <boost/json.hpp>
#include <utility>

#include "lib/core/instant.hpp"

namespace autobackup::scheduler {
namespace {

namespace json = boost::json;

constexpr std::array<std::pair<Window, std::string_view>, 6> windows{{{Window::none, "none"},
                                                                      {Window::open, "open"},
                                                                      {Window::done, "done"},
                                                                      {Window::failed, "failed"},
                                                                      {Window::withdrawn, "withdrawn"},
                                                                      {Window::missed, "missed"}}};

void put(json::object& object, std::string_view key, const std::optional<Time>& time) {
    if (time) object[key] = rfc3339(*time);
}

// Reads keys of one object; the first thing that is not as it should be is kept.
class Reader {
public:
    explicit Reader(const json::object& object) : object_(&object) {}

    template <class Set>
    void with(std::string_view key, Set set) {
        const json::value* value = object_->if_contains(key);
        if (value != nullptr && !set(*value) && wrong_.empty()) wrong_ = std::string(key);
    }
    void read(std::string_view key, std::string& out) {
        with(key, [&out](const json::value& value) {
            if (!value.is_string()) return false;
            out = json::value_to<std::string>(value);
            return true;
        });
    }
    void read(std::string_view key, std::optional<Time>& out) {
        with(key, [&out](const json::value& value) {
            if (!value.is_string()) return false;
            const auto time = parse_rfc3339(std::string_view(value.get_string()));
            if (time) out = std::chrono::floor<std::chrono::milliseconds>(*time);
            return time.has_value();
        });
    }
    void read(std::string_view key, bool& out) {
        with(key, [&out](const json::value& value) {
            if (value.is_bool()) out = value.get_bool();
            return value.is_bool();
        });
    }
    template <class Number>
    void read_count(std::string_view key, Number& out) {
        with(key, [&out](const json::value& value) {
            boost::system::error_code error;
            const auto number = value.to_number<std::int64_t>(error);
            if (error || number < 0 || !std::in_range<Number>(number)) return false;
            out = static_cast<Number>(number);
            return true;
        });
    }
    void say(std::string_view key, const Reader& inner) {
        if (wrong_.empty() && !inner.wrong_.empty()) wrong_ = std::string(key) + "." + inner.wrong_;
    }
    [[nodiscard]] const std::string& wrong() const { return wrong_; }

private:
    const json::object* object_;
    std::string wrong_;
};

json::array ranges_json(const Ran& ran) {
    json::array array;
    for (const Ran::Range& range : ran.ranges()) {
        array.push_back(json::array({rfc3339(range.first), rfc3339(range.last)}));
    }
    return array;
}

std::optional<Time> time_of(const json::value& value) {
    if (!value.is_string()) return std::nullopt;
    const auto time = parse_rfc3339(std::string_view(value.get_string()));
    if (!time) return std::nullopt;
    return std::chrono::floor<std::chrono::milliseconds>(*time);
}

bool read_ranges(const json::value& value, Ran& ran) {
    if (!value.is_array()) return false;
    std::vector<Ran::Range> ranges;
    for (const json::value& each : value.get_array()) {
        if (!each.is_array() || each.get_array().size() != 2) return false;
        const auto first = time_of(each.get_array()[0]), last = time_of(each.get_array()[1]);
        if (!first || !last) return false;
        ranges.push_back(Ran::Range{*first, *last});
    }
    ran.restore(std::move(ranges));
    return true;
}

bool read_window(const json::value& value, Window& out) {
    for (const auto& [window, text] : windows) {
        if (!value.is_string() || value.get_string() != text) continue;
        out = window;
        return true;
    }
    return false;
}

void read_inner(Reader& reader, Memory& memory) {
    reader.with("success", [&](const json::value& value) {
        if (!value.is_object()) return false;
        Reader inner(value.get_object());
        Success success;
        std::optional<Time> at;
        inner.read("due", success.due);
        inner.read("at", at);
        reader.say("success", inner);
        if (at) success.at = *at;
        if (at) memory.success = success;
        return at.has_value();
    });
    reader.with("pause", [&](const json::value& value) {
        if (!value.is_object()) return false;
        Reader inner(value.get_object());
        Pause pause;
        inner.read("until", pause.until);
        inner.read("by", pause.by);
        reader.say("pause", inner);
        memory.pause = pause;
        return true;
    });
    reader.with("ran", [&memory](const json::value& value) { return read_ranges(value, memory.ran); });
    reader.with("window", [&memory](const json::value& value) { return read_window(value, memory.window); });
}

Failure unusable(std::string message) {
    return fail(Errc::state_invalid, "read", "the remembered schedule", std::move(message));
}

}  // namespace

std::string_view name(Window window) noexcept {
    for (const auto& [each, text] : windows) {
        if (each == window) return text;
    }
    return "none";
}

std::string to_text(const Memory& memory) {
    json::object object;
    object["format"] = 1;
    object["schedule"] = memory.schedule;
    object["zone"] = memory.zone;
    object["since"] = rfc3339(memory.since);
    put(object, "planned", memory.planned);
    put(object, "planned_at", memory.planned_at);
    put(object, "due", memory.due);
    object["window"] = name(memory.window);
    object["attempt"] = memory.attempt;
    put(object, "retry_at", memory.retry_at);
    if (memory.begun) object["begun"] = true;
    if (memory.stopped) object["stopped"] = true;
    if (memory.interruptions > 0) object["interruptions"] = memory.interruptions;
    put(object, "served", memory.served);
    if (memory.success) {
        json::object success;
        put(success, "due", memory.success->due);
        success["at"] = rfc3339(memory.success->at);
        object["success"] = std::move(success);
    }
    if (memory.pause) {
        json::object pause;
        put(pause, "until", memory.pause->until);
        if (!memory.pause->by.empty()) pause["by"] = memory.pause->by;
        object["pause"] = std::move(pause);
    }
    put(object, "skip", memory.skip);
    object["ran"] = ranges_json(memory.ran);
    object["skipped"] = memory.skipped;
    object["missed"] = memory.missed;
    return json::serialize(object);
}

Result<Memory> parse_memory(std::string_view text) {
    boost::system::error_code error;
    const json::value value = json::parse(text, error);
    if (error || !value.is_object()) return unusable("it is no JSON object");
    const json::value* format = value.get_object().if_contains("format");
    if (format == nullptr || *format != json::value(1)) return unusable("its format is not 1");
    Memory memory;
    Reader reader(value.get_object());
    std::optional<Time> since;
    reader.read("schedule", memory.schedule);
    reader.read("zone", memory.zone);
    reader.read("since", since);
    reader.read("planned", memory.planned);
    reader.read("planned_at", memory.planned_at);
    reader.read("due", memory.due);
    reader.read_count("attempt", memory.attempt);
    reader.read("retry_at", memory.retry_at);
    reader.read("begun", memory.begun);
    reader.read("stopped", memory.stopped);
    reader.read_count("interruptions", memory.interruptions);
    reader.read("served", memory.served);
    reader.read("skip", memory.skip);
    reader.read_count("skipped", memory.skipped);
    reader.read_count("missed", memory.missed);
    read_inner(reader, memory);
    if (!reader.wrong().empty()) return unusable("'" + reader.wrong() + "' has a value that cannot be used");
    if (!since) return unusable("'since' is missing");
    memory.since = *since;
    return memory;
}

}  // namespace autobackup::scheduler
