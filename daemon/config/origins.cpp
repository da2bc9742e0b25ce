// SPDX-License-Identifier: MIT
#include <algorithm>

#include "daemon/config/merge.hpp"
#include "daemon/config/view.hpp"
#include "lib/core/text.hpp"
#include "lib/http/url.hpp"

namespace autobackup::config {
namespace {

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : one_line(text)) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

// Plain where YAML's flow style would read it back as it is.
std::string flow(const yaml::Node& node) {
    std::string out;
    switch (node.kind) {
        case yaml::Kind::null:
            return "null";
        case yaml::Kind::scalar:
            if (!node.quoted && node.text.find_first_of(",[]{}") == std::string::npos)
                return one_line(node.text);
            return quoted(node.text);
        case yaml::Kind::sequence:
            for (const yaml::NodePtr& item : node.items) out += (out.empty() ? "" : ", ") + flow(*item);
            return "[" + out + "]";
        case yaml::Kind::mapping:
            for (const yaml::Entry& entry : node.entries) {
                out += (out.empty() ? "" : ", ") + entry.key + ": " + flow(*entry.value);
            }
            return "{" + out + "}";
    }
    return out;
}

class Collector {
public:
    // Walks the keys of the table, so that built-in defaults are met too.
    void mapping(const yaml::Node& node, const KeyNode& keys, const std::string& path) {
        if (keys.key.type == Type::named) {
            for (const yaml::Entry& entry : node.entries)
                child(&entry, *keys.child(entry.key), join_path(path, entry.key));
            return;
        }
        for (const auto& key : keys.known()) {
            if (key->in_this_version()) child(node.find(key->name), *key, join_path(path, key->name));
        }
    }

    std::vector<OriginEntry> take() { return std::move(out_); }

private:
    void child(const yaml::Entry* entry, const KeyNode& key, const std::string& path) {
        static const yaml::Node nothing;
        const yaml::Node& value = entry != nullptr ? *entry->value : nothing;
        switch (key.key.type) {
            case Type::job_keys:
                return;
            case Type::mapping:
                // What is optional as a whole has no defaults while it is absent.
                if (entry != nullptr || key.name == "limits" || key.name == "retry" || key.name == "author") {
                    if (entry != nullptr && value.entries.empty()) add(path, value);
                    mapping(value, key, path);
                }
                return;
            case Type::mappings:
            case Type::notices:
                return targets(entry, key, path);
            case Type::named:
                return mapping(value, key, path);
            default:
                break;
        }
        if (entry != nullptr && key.key.type == Type::notice_url) return add_url(path, value);
        if (entry != nullptr) return add(path, value);
        if (!key.key.fallback.empty())
            out_.push_back(OriginEntry{path, std::string(key.key.fallback), Origin()});
    }

    void targets(const yaml::Entry* entry, const KeyNode& key, const std::string& path) {
        if (entry == nullptr) return;
        if (!entry->value->is_sequence()) return mapping(*entry->value, key, path);
        const std::vector<yaml::NodePtr>& items = entry->value->items;
        if (items.empty()) return add(path, *entry->value);
        for (std::size_t i = 0; i < items.size(); ++i) {
            mapping(*items[i], key, items.size() == 1 ? path : path + '[' + std::to_string(i) + ']');
        }
    }

    void add(const std::string& path, const yaml::Node& value) {
        // Nothing behind the key of a mapping is an empty mapping.
        out_.push_back(OriginEntry{path, value.is_null() ? "{}" : flow(value),
                                   Origin{value.place.file, value.place.line, value.place.column}});
    }

    // Whoever has it can send: only where it goes is shown.
    void add_url(const std::string& path, const yaml::Node& value) {
        const auto url = http::Url::parse(value.text);
        out_.push_back(OriginEntry{path, (url ? url->origin() : std::string()) + "/…", origin_of(value.place)});
    }

    std::vector<OriginEntry> out_;
};

}  // namespace

std::vector<OriginEntry> collect_origins(const yaml::Node& root) {
    Collector collector;
    collector.mapping(root, key_tree(), std::string());
    return collector.take();
}

}  // namespace autobackup::config
