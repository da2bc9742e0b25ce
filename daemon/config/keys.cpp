// SPDX-License-Identifier: MIT
#include "daemon/config/keys.hpp"

#include <algorithm>
#include <cassert>

namespace autobackup::config {
namespace {

std::vector<Key> join_tables() {
    std::vector<Key> out;
    for (const auto part : {general_keys(), notify_keys(), server_keys(), job_keys(), cvat_keys(), github_keys(), github_outlet_keys(), mirror_keys(), mirror_outlet_keys(), git_keys()}) {
        out.insert(out.end(), part.begin(), part.end());
    }
    return out;
}

std::unique_ptr<KeyNode> grow() {
    auto top = std::make_unique<KeyNode>();
    top->key.type = Type::mapping;
    for (const Key& key : all_keys()) {
        KeyNode* parent = top.get();
        std::string_view rest = key.path;
        for (std::size_t dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
            const std::string_view name = rest.substr(0, dot);
            const auto found = std::find_if(parent->children.begin(), parent->children.end(),
                                            [name](const auto& child) { return child->name == name; });
            assert(found != parent->children.end());  // a parent stands before its children
            parent = found->get();
            rest.remove_prefix(dot + 1);
        }
        auto node = std::make_unique<KeyNode>();
        node->key = key;
        node->name = std::string(rest);
        parent->children.push_back(std::move(node));
    }
    return top;
}

}  // namespace

const std::vector<Key>& all_keys() {
    static const std::vector<Key> keys = join_tables();
    return keys;
}

const std::vector<std::unique_ptr<KeyNode>>& KeyNode::known() const {
    if (key.type == Type::job_keys) return job_tree().children;
    if (key.type == Type::notices && children.empty()) return key_tree().child("notify")->children;
    return children;
}

const KeyNode* KeyNode::child(std::string_view child_name) const {
    for (const auto& node : known()) {
        if (node->name == child_name || node->name == "*") return node.get();
    }
    return nullptr;
}

const KeyNode& key_tree() {
    static const std::unique_ptr<KeyNode> tree = grow();
    return *tree;
}

const KeyNode& job_tree() {
    return *key_tree().child("jobs")->child("*");
}

bool valid_name(std::string_view name) {
    const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    const auto allowed = [&](char c) { return alphanumeric(c) || c == '.' || c == '_' || c == '-'; };
    return !name.empty() && name.size() <= 64 && alphanumeric(name[0]) &&
           std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace autobackup::config
