// SPDX-License-Identifier: MIT
#include "lib/cvat/fields.hpp"

namespace autobackup::cvat {

namespace json = boost::json;

std::optional<User> Fields::maybe_user(std::string_view key) const {
    const json::value* value = find(key);
    if (!value) return std::nullopt;
    if (const auto id = as_integer(*value)) return User{*id, std::string()};
    if (!value->is_object()) return std::nullopt;
    const Fields user(*value, key);
    return User{user.maybe_integer("id").value_or(0), user.maybe_text("username")};
}

std::optional<std::int64_t> Fields::maybe_count(std::string_view key) const {
    const json::value* value = find(key);
    if (!value) return std::nullopt;
    if (value->is_array()) return static_cast<std::int64_t>(value->get_array().size());
    if (!value->is_object()) return std::nullopt;
    return Fields(*value, key).maybe_integer("count");
}

}  // namespace autobackup::cvat
