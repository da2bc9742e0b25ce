// SPDX-License-Identifier: MIT
#include <boost/json.hpp>

#include "daemon/config/keys.hpp"
#include "daemon/config/load.hpp"
#include "lib/core/text.hpp"

namespace autobackup::config {
namespace {

namespace json = boost::json;

constexpr std::string_view name_pattern = "^[a-z0-9][a-z0-9._-]{0,63}$";
constexpr const char* owner_pattern = "^(@me|[A-Za-z0-9_][A-Za-z0-9_-]*)$";

json::object text_like(std::string_view pattern) {
    json::object out{{"type", "string"}};
    if (!pattern.empty()) out["pattern"] = pattern;
    return out;
}

json::object list_of(json::value items) {
    return {{"type", "array"}, {"items", std::move(items)}};
}

json::object closed(json::object properties) {
    return {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

json::object any_of(json::array forms) {
    return {{"anyOf", std::move(forms)}};
}

json::object argv_schema() {
    json::object argv = list_of(json::object{{"type", json::array{"string", "number", "boolean"}}});
    argv["minItems"] = 1;
    return argv;
}

json::object secret_schema() {
    json::array forms{text_like("^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$")};
    const auto form = [&forms](std::string_view name, json::value value) {
        json::object one = closed({{name, std::move(value)}});
        one["required"] = json::array{name};
        forms.push_back(std::move(one));
    };
    form("file", text_like("^/"));
    form("env", json::object{{"type", "string"}, {"minLength", 1}});
    form("command", argv_schema());
    return any_of(std::move(forms));
}

json::object selection_schema(bool tasks) {
    json::array words{"all", "none"};
    if (tasks) words.push_back("unassigned");
    json::object entry = any_of({json::object{{"type", "integer"}, {"minimum", 1}},
                                 json::object{{"type", "string"}, {"minLength", 1}}});
    const json::object entries = list_of(entry);
    json::object listed = entries;
    listed["minItems"] = 1;
    json::object both = closed({{"include", entries}, {"exclude", entries}});
    both["minProperties"] = 1;
    return any_of({json::object{{"enum", words}}, listed, both});
}

json::object integer_schema(const Key& key) {
    json::object out{{"type", "integer"}, {"minimum", key.min}};
    if (key.max != std::numeric_limits<std::int64_t>::max()) out["maximum"] = key.max;
    return out;
}

json::object choice_schema(const Key& key) {
    json::array words;
    for (const std::string_view word : split(key.choices, '|')) words.push_back(json::string(word));
    return {{"enum", std::move(words)}};
}

json::object value_schema(const Key& key) {
    switch (key.type) {
        case Type::boolean:
            return {{"type", "boolean"}};
        case Type::integer:
            return integer_schema(key);
        case Type::duration:
            return text_like("^([0-9]+(d|h|m|s|ms))+$");
        case Type::size:
            return text_like("^[0-9]+([KMGT]i?)?B$");
        case Type::percent:
            return text_like("^(100|[0-9]{1,2})%$");
        case Type::choice:
            return choice_schema(key);
        case Type::path:
            return text_like("^/");
        case Type::cvat_url:
            return text_like("^[Hh][Tt][Tt][Pp][Ss]?://[^@?#]+$");
        case Type::git_url:
            return text_like("^([Hh][Tt][Tt][Pp][Ss]?://[^@?#]+|[Ss][Ss][Hh]://([^@:/?#]+@)?[^@/?#]+/[^@?#]+|"
                             "[^-@:/][^@:/]*@[^-/:][^/]*:.+|[^-@:/][^@:/]*:[^@]+|[Ff][Ii][Ll][Ee]:///.+|/.+)$");
        case Type::copy_url:
            return text_like("[{](name|flat)[}]");
        case Type::github_url:
            return text_like("^[Hh][Tt][Tt][Pp][Ss]?://[^@?#]+$");
        case Type::owner:
            return text_like(owner_pattern);
        case Type::owners:
            return list_of(text_like(owner_pattern));
        case Type::patterns:
            return list_of(text_like({}));
        case Type::mirror_name:
            return text_like("^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$");
        case Type::organization:
            return text_like("^[A-Za-z0-9_-]*$");
        case Type::secret:
            return secret_schema();
        case Type::selection:
            return selection_schema(false);
        case Type::task_selection:
            return selection_schema(true);
        case Type::schedule:
            return any_of({text_like({}), list_of(text_like({}))});
        case Type::job_list:
            return list_of(text_like(name_pattern));
        case Type::empty_list:
            return {{"type", "array"}, {"maxItems", 0}};
        case Type::email:
        case Type::recipient:
            return text_like("@");
        case Type::notice_url:
            return text_like("^[Hh][Tt][Tt][Pp][Ss]?://[^@#]+$");
        case Type::argv:
            return argv_schema();
        case Type::events: {
            json::object events = list_of(choice_schema(key));
            events["minItems"] = 1;
            events["uniqueItems"] = true;
            return events;
        }
        case Type::listener:
            return text_like("^(unix:/.+|(127\\.[0-9.]+|\\[::1\\]|localhost):[0-9]+)$");
        default:
            return text_like({});
    }
}

json::object node_schema(const KeyNode& node);

json::object properties_of(const KeyNode& node) {
    json::object out;
    for (const auto& child : node.known()) {
        if (child->in_this_version()) out[child->name] = node_schema(*child);
    }
    return out;
}

// A key with nothing behind it is an empty mapping.
json::object mapping_schema(json::object properties) {
    json::object out = closed(std::move(properties));
    out["type"] = json::array{"object", "null"};
    return out;
}

json::object node_schema(const KeyNode& node) {
    json::object out;
    switch (node.key.type) {
        case Type::mapping:
            out = mapping_schema(properties_of(node));
            break;
        case Type::mappings:
        case Type::notices:
            out = any_of({mapping_schema(properties_of(node)), list_of(mapping_schema(properties_of(node)))});
            break;
        case Type::named:
            out = mapping_schema({});
            out.erase("properties");
            out["patternProperties"] = json::object{{name_pattern, node_schema(*node.children.front())}};
            break;
        case Type::job_keys:
            out = mapping_schema(properties_of(node));
            break;
        default:
            out = value_schema(node.key);
    }
    if (!node.key.meaning.empty()) out["description"] = node.key.meaning;
    if (!node.key.fallback.empty() && node.key.type != Type::empty_list) {
        if (node.key.type == Type::integer || node.key.type == Type::boolean) {
            out["default"] =
                json::parse(json::string_view(node.key.fallback.data(), node.key.fallback.size()));
        } else {
            out["default"] = node.key.fallback;
        }
    }
    return out;
}

void print(std::string& out, const json::value& value, std::size_t depth) {
    const std::string indent((depth + 1) * 2, ' ');
    if (const json::object* object = value.if_object(); object != nullptr && !object->empty()) {
        const char* before = "{\n";
        for (const auto& [key, child] : *object) {
            out += before + indent + json::serialize(json::string(key)) + ": ";
            print(out, child, depth + 1);
            before = ",\n";
        }
        out += '\n' + std::string(depth * 2, ' ') + '}';
        return;
    }
    if (const json::array* array = value.if_array(); array != nullptr && !array->empty()) {
        const char* before = "[";
        for (const json::value& child : *array) {
            out += before;
            print(out, child, depth);
            before = ", ";
        }
        out += ']';
        return;
    }
    out += json::serialize(value);
}

}  // namespace

std::string schema_json() {
    json::object schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                        {"title", "autobackupd configuration"},
                        {"description", "One file: autobackupd.yaml, or one of conf.d/*.yaml beside it."}};
    const json::object tree = node_schema(key_tree());
    for (const auto& [key, value] : tree) schema[key] = value;
    std::string out;
    print(out, schema, 0);
    return out + '\n';
}

}  // namespace autobackup::config
