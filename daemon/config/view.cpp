// SPDX-License-Identifier: MIT
#include "daemon/config/view.hpp"

#include <algorithm>

#include "daemon/config/check.hpp"
#include "daemon/config/values.hpp"
#include "lib/schedule/duration.hpp"

namespace autobackup::config {
namespace {

std::vector<std::string> texts(const yaml::Node& node) {
    std::vector<std::string> out;
    if (node.is_scalar()) out.push_back(node.text);
    for (const yaml::NodePtr& item : node.items) out.push_back(item->text);
    return out;
}

}  // namespace

Origin origin_of(const yaml::Place& place) {
    return Origin{place.file, place.line, place.column};
}

std::string View::path(std::string_view name) const {
    return join_path(path_, name);
}

const yaml::Place& View::place(std::string_view name) const {
    const yaml::Entry* found = entry(name);
    return found != nullptr ? found->value->place : node_->place;
}

View View::sub(std::string_view name) const {
    static const yaml::Node nothing;
    const yaml::Entry* found = entry(name);
    return {found != nullptr ? *found->value : nothing, *keys_->child(name), path(name)};
}

bool View::has_strangers() const {
    return std::any_of(node_->entries.begin(), node_->entries.end(), [this](const yaml::Entry& e) {
        const KeyNode* child = keys_->child(e.key);
        return child == nullptr || !child->in_this_version();
    });
}

yaml::NodePtr View::value(std::string_view name) const {
    if (const yaml::Entry* found = entry(name)) return found->value;
    const Key& key = keys_->child(name)->key;
    if (key.fallback.empty()) return nullptr;
    auto node = std::make_shared<yaml::Node>();
    node->kind = yaml::Kind::scalar;
    node->text = std::string(key.fallback);
    return node;
}

void View::read(std::string_view name, bool& out) const {
    const yaml::NodePtr node = value(name);
    if (node) out = yaml::as_bool(*node).value_or(out);
}

void View::read(std::string_view name, int& out) const {
    const yaml::NodePtr node = value(name);
    const auto number = node ? yaml::as_integer(*node) : std::nullopt;
    if (number && *number <= std::numeric_limits<int>::max()) out = static_cast<int>(*number);
}

void View::read(std::string_view name, Milliseconds& out) const {
    std::optional<Milliseconds> found;
    read(name, found);
    out = found.value_or(out);
}

void View::read(std::string_view name, std::optional<Milliseconds>& out) const {
    const yaml::NodePtr node = value(name);
    if (!node || !node->is_scalar()) return;
    const auto duration = schedule::parse_duration(node->text);
    if (duration) out = *duration;
}

void View::read(std::string_view name, std::uint64_t& out) const {
    const yaml::NodePtr node = value(name);
    if (!node || !node->is_scalar()) return;
    const auto size = parse_size(node->text);
    if (size) out = *size;
}

void View::read(std::string_view name, std::string& out) const {
    const yaml::NodePtr node = value(name);
    if (node && node->is_scalar()) out = node->text;
}

void View::read(std::string_view name, fs::path& out) const {
    std::string text;
    read(name, text);
    if (!text.empty()) out = text;
}

void View::read(std::string_view name, std::optional<std::string>& out) const {
    const yaml::NodePtr node = value(name);
    if (node && node->is_scalar()) out = node->text;
}

void View::read(std::string_view name, std::optional<SecretRef>& out) const {
    const yaml::Entry* found = entry(name);
    if (found == nullptr) return;
    const yaml::Node& node = *found->value;
    SecretRef ref;
    ref.origin = origin_of(node.place);
    ref.key_path = path(name);
    ref.text = node.text;
    if (!node.entries.empty()) {
        const yaml::Entry& form = node.entries[0];
        ref.text = form.value->text;
        if (form.key == "file") ref.form = SecretRef::Form::file;
        if (form.key == "env") ref.form = SecretRef::Form::env;
        if (form.key == "command") {
            ref.form = SecretRef::Form::command;
            ref.argv = texts(*form.value);
        }
    }
    out = std::move(ref);
}

void View::read(std::string_view name, Selection& out) const {
    const yaml::NodePtr node = value(name);
    if (!node) return;
    out = Selection();
    if (node->is_scalar()) {
        if (node->text == "none") out.base = Selection::Base::none;
        if (node->text == "unassigned") out.base = Selection::Base::unassigned;
        return;
    }
    const yaml::Entry* include = node->find("include");
    const yaml::Entry* exclude = node->find("exclude");
    if (node->is_sequence()) out.include = texts(*node);
    if (include != nullptr) out.include = texts(*include->value);
    if (exclude != nullptr) out.exclude = texts(*exclude->value);
    // Without `include` everything is taken, and `exclude` counts.
    if (node->is_sequence() || include != nullptr) out.base = Selection::Base::listed;
}

void View::read(std::string_view name, std::vector<std::string>& out) const {
    const yaml::NodePtr node = value(name);
    if (node) out = texts(*node);
}

}  // namespace autobackup::config
