// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/keys.hpp"
#include "daemon/model/config.hpp"
#include "lib/yaml/node.hpp"

namespace autobackup::config {

/// A checked mapping, read key by key; what is absent has the default of the key table. A value of the wrong
/// form (already reported by check_mapping) leaves the target as it is. Borrows node and keys.
class View {
public:
    View(const yaml::Node& node, const KeyNode& keys, std::string path)
        : node_(&node), keys_(&keys), path_(std::move(path)) {}

    [[nodiscard]] const yaml::Node& node() const { return *node_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string path(std::string_view name) const;
    [[nodiscard]] const yaml::Entry* entry(std::string_view name) const { return node_->find(name); }
    [[nodiscard]] bool has(std::string_view name) const { return entry(name) != nullptr; }
    /// The place of that value, or of the mapping when it is absent.
    [[nodiscard]] const yaml::Place& place(std::string_view name) const;
    /// A mapping below; an absent one is empty.
    [[nodiscard]] View sub(std::string_view name) const;
    /// Whether a key stands here that the table does not know or that is not in this version: then a missing
    /// key is perhaps only misspelt, and one problem is enough.
    [[nodiscard]] bool has_strangers() const;

    void read(std::string_view name, bool& out) const;
    void read(std::string_view name, int& out) const;
    void read(std::string_view name, Milliseconds& out) const;
    void read(std::string_view name, std::uint64_t& out) const;
    void read(std::string_view name, std::string& out) const;
    void read(std::string_view name, fs::path& out) const;
    void read(std::string_view name, std::optional<std::string>& out) const;
    void read(std::string_view name, std::optional<Milliseconds>& out) const;
    void read(std::string_view name, std::optional<SecretRef>& out) const;
    void read(std::string_view name, Selection& out) const;
    /// One text or a list of them.
    void read(std::string_view name, std::vector<std::string>& out) const;

private:
    /// The value, or the default of the table as a node; null when there is neither.
    [[nodiscard]] yaml::NodePtr value(std::string_view name) const;

    const yaml::Node* node_;
    const KeyNode* keys_;
    std::string path_;
};

Origin origin_of(const yaml::Place& place);

}  // namespace autobackup::config
