// SPDX-License-Identifier: MIT
// What CVAT's JSON has beyond plain fields. Pure.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/core/json_fields.hpp"
#include "lib/cvat/types.hpp"

namespace autobackup::cvat {

class Fields : public JsonFields {
public:
    using JsonFields::JsonFields;

    /// {id, username, …}, a bare id, or null.
    [[nodiscard]] std::optional<User> maybe_user(std::string_view key) const;
    /// `count` of {"count": n, …}, or the length of an array (older servers); nothing when the key is absent.
    [[nodiscard]] std::optional<std::int64_t> maybe_count(std::string_view key) const;
};

}  // namespace autobackup::cvat
