// SPDX-License-Identifier: MIT
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/instant.hpp"

namespace autobackup::answers {

/// Members of a JSON value that may be anything: what is missing or of another type reads as empty. Borrows the value.
class Reading {
public:
    explicit Reading(const boost::json::value& value) : Reading(value.if_object()) {}
    explicit Reading(const boost::json::object& object) : Reading(&object) {}

    /// null when it is not there.
    [[nodiscard]] const boost::json::value& at(std::string_view key) const;
    [[nodiscard]] bool has_object(std::string_view key) const { return at(key).is_object(); }
    [[nodiscard]] std::string text(std::string_view key) const;
    [[nodiscard]] bool flag(std::string_view key, bool fallback) const;
    /// A whole number from 0; it may be written as 3.0.
    [[nodiscard]] std::optional<std::uint64_t> count(std::string_view key) const;
    [[nodiscard]] std::optional<double> real(std::string_view key) const;
    [[nodiscard]] std::optional<Instant> time(std::string_view key) const;
    /// The texts of an array; other members of it are left out.
    [[nodiscard]] std::vector<std::string> texts(std::string_view key) const;
    [[nodiscard]] const boost::json::array& array(std::string_view key) const;

private:
    explicit Reading(const boost::json::object* object) : object_(object) {}
    const boost::json::object* object_;
};

}  // namespace autobackup::answers
