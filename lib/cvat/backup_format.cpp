// SPDX-License-Identifier: MIT
// project.json and guides, as CVAT's engine/backup.py writes them (2.14.4 and 2.54.1 as run; contract §6.4).
#include "lib/cvat/backup_format.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lib/cvat/fields.hpp"

namespace autobackup::cvat {
namespace {

namespace json = boost::json;

constexpr std::string_view asset_link = "/api/assets/";
constexpr std::string_view asset_folder = "assets/";
constexpr std::size_t uuid_length = 36;

// What the server's JSON writer escapes: python's json.dumps without ensure_ascii, and the two line
// separators on top (Django REST framework). Everything else, '/' and U+007F included, goes out as it is.
void put_text(std::string& out, std::string_view text) {
    out += '"';
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        switch (c) {
            case '"':
                out += "\\\"";
                continue;
            case '\\':
                out += "\\\\";
                continue;
            case '\b':
                out += "\\b";
                continue;
            case '\f':
                out += "\\f";
                continue;
            case '\n':
                out += "\\n";
                continue;
            case '\r':
                out += "\\r";
                continue;
            case '\t':
                out += "\\t";
                continue;
            default:
                break;
        }
        const std::string_view separator = text.substr(i, 3);
        if (static_cast<unsigned char>(c) < 0x20) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else if (separator == "\xE2\x80\xA8" || separator == "\xE2\x80\xA9") {
            out += separator.back() == '\xA8' ? "\\u2028" : "\\u2029";
            i += 2;
        } else {
            out += c;
        }
    }
    out += '"';
}

// ,"key":"text" (without the comma after a brace)
void put_field(std::string& out, std::string_view key, std::string_view text) {
    if (out.back() != '{') out += ',';
    out += fmt::format("\"{}\":", key);
    put_text(out, text);
}

// Notes the first thing that is wrong with what the API gave.
struct Problem {
    std::string text;
    void note(std::string what) {
        if (text.empty()) text = std::move(what);
    }
};

void put_attribute(std::string& out, const json::value& value, const std::string& what, Problem& problem) {
    Fields fields(value, what);
    out += '{';
    put_field(out, "name", fields.text("name"));
    const json::value* const is_mutable = fields.find("mutable");
    if (is_mutable == nullptr || !is_mutable->is_bool())
        problem.note(what + " has no mutable that is true or false");
    out += fields.flag("mutable") ? ",\"mutable\":true" : ",\"mutable\":false";
    put_field(out, "input_type", fields.text("input_type"));
    put_field(out, "default_value", fields.text("default_value"));
    out += ",\"values\":[";
    const json::value* const values = fields.find("values");
    if (values == nullptr || !values->is_array()) {
        problem.note(what + " has no list of values");
    } else {
        for (const json::value& one : values->get_array()) {
            if (!one.is_string()) problem.note(what + " has a value that is no text");
            if (out.back() != '[') out += ',';
            put_text(out, one.is_string() ? std::string_view(one.get_string()) : std::string_view());
        }
    }
    out += "]}";
    problem.note(fields.problem());
}

// The array under `key`; a missing one is a problem and counts as empty.
const json::array& array_of(const Fields& fields, std::string_view key, const std::string& what,
                            Problem& problem) {
    static const json::array none;
    const json::value* const found = fields.find(key);
    if (found != nullptr && found->is_array()) return found->get_array();
    problem.note(what + " has no list of " + std::string(key));
    return none;
}

// {"name","color","attributes":[…],"type" — what labels and sublabels begin with.
void put_label_head(std::string& out, Fields& fields, const std::string& what, Problem& problem) {
    out += '{';
    put_field(out, "name", fields.text("name"));
    put_field(out, "color", fields.text("color"));
    out += ",\"attributes\":[";
    for (const json::value& attribute : array_of(fields, "attributes", what, problem)) {
        if (out.back() != '[') out += ',';
        put_attribute(out, attribute, "an attribute of " + what, problem);
    }
    out += ']';
    put_field(out, "type", fields.text("type"));
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
}

void put_label(std::string& out, const json::value& value, Problem& problem) {
    Fields fields(value, "a label");
    problem.note(fields.problem());
    const std::string what = "label \"" + fields.maybe_text("name") + "\"";
    put_label_head(out, fields, what, problem);
    std::string svg = fields.maybe_text("svg");
    out += ",\"sublabels\":[";
    for (const json::value& sublabel : array_of(fields, "sublabels", what, problem)) {
        Fields sub(sublabel, "a sublabel of " + what);
        problem.note(sub.problem());
        if (out.back() != '[') out += ',';
        put_label_head(out, sub, "a sublabel of " + what, problem);
        out += '}';
        // Ids mean nothing on another server, so that the drawing must name its points; one after the other,
        // as the server does it.
        replace_all(svg, fmt::format("data-label-id=\"{}\"", sub.integer("id")),
                    fmt::format("data-label-name=\"{}\"", sub.maybe_text("name")));
        problem.note(sub.problem());
    }
    out += ']';
    if (fields.maybe_text("type") == "skeleton") {
        put_field(out, "svg", svg);
        fields.text("svg");  // essential for this type
    }
    out += '}';
    problem.note(fields.problem());
}

bool is_uuid(std::string_view text) {
    if (text.size() != uuid_length) return false;
    for (std::size_t i = 0; i < uuid_length; ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const bool digit = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
        if (dash ? text[i] != '-' : !digit) return false;
    }
    return true;
}

}  // namespace

Result<std::string> project_json(const Project& project, const json::array& labels) {
    Problem problem;
    std::string out = "{";
    put_field(out, "name", project.name);
    put_field(out, "bug_tracker", project.bug_tracker);
    put_field(out, "status", project.status);
    out += ",\"labels\":[";
    for (const json::value& label : labels) {
        if (label.is_object() && Fields(label, "a label").flag("has_parent"))
            continue;  // stands under its parent
        if (out.back() != '[') out += ',';
        put_label(out, label, problem);
    }
    out += ']';
    put_field(out, "version", "1.0");
    out += '}';
    if (problem.text.empty()) return out;
    return fail(Errc::bad_response, "write project.json", fmt::format("project {}", project.id),
                problem.text);
}

std::vector<std::string> asset_uuids(std::string_view markdown) {
    std::vector<std::string> uuids;
    for (std::size_t at = markdown.find(asset_link); at != std::string_view::npos;
         at = markdown.find(asset_link, at + 1)) {
        const std::string_view uuid = markdown.substr(at + asset_link.size(), uuid_length);
        if (is_uuid(uuid) && std::find(uuids.begin(), uuids.end(), uuid) == uuids.end())
            uuids.emplace_back(uuid);
    }
    return uuids;
}

std::string guide_member(std::string_view markdown, const std::map<std::string, std::string>& names) {
    std::string out;
    std::size_t copied = 0;
    for (std::size_t at = markdown.find(asset_link); at != std::string_view::npos;
         at = markdown.find(asset_link, at + 1)) {
        const auto name = names.find(std::string(markdown.substr(at + asset_link.size(), uuid_length)));
        if (name == names.end()) continue;
        out += markdown.substr(copied, at - copied);
        out += asset_folder;
        out += name->second;
        copied = at + asset_link.size() + name->first.size();
    }
    return out += markdown.substr(copied);
}

std::string task_guide_in_project(std::string_view text, std::size_t index,
                                  const std::vector<std::string>& asset_names) {
    // The longest name first: "a.png" must not be taken for the beginning of "a.png.jpg".
    std::vector<std::string_view> names(asset_names.begin(), asset_names.end());
    std::sort(names.begin(), names.end(),
              [](std::string_view a, std::string_view b) { return a.size() > b.size(); });
    std::string out;
    std::size_t copied = 0;
    for (std::size_t at = text.find(asset_folder); at != std::string_view::npos;
         at = text.find(asset_folder, at + 1)) {
        const std::string_view rest = text.substr(at + asset_folder.size());
        const auto name = std::find_if(names.begin(), names.end(), [&](std::string_view one) {
            return rest.substr(0, one.size()) == one;
        });
        if (name == names.end()) continue;
        out += text.substr(copied, at - copied);
        out += fmt::format("task_{}/{}{}", index, asset_folder, *name);
        copied = at + asset_folder.size() + name->size();
    }
    return out += text.substr(copied);
}

std::string task_guide_alone(std::string text, std::size_t index) {
    const std::string in_project = fmt::format("task_{}/{}", index, asset_folder);
    for (std::size_t at = text.find(in_project); at != std::string::npos; at = text.find(in_project, at + asset_folder.size()))
        text.replace(at, in_project.size(), asset_folder);
    return text;
}

}  // namespace autobackup::cvat
