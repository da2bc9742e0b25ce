// SPDX-License-Identifier: MIT
// A tolerant reader of one JSON object that remembers the first essential key that is missing or of the wrong
// type. Pure.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/core/instant.hpp"

namespace autobackup {

/// Borrows `value`. Essential readers give a default value after noting the problem; look at problem() at the
/// end.
class JsonFields {
public:
    /// `what` is the object's name in problem(): "the repository".
    JsonFields(const boost::json::value& value, std::string_view what);

    std::int64_t integer(std::string_view key);
    std::string text(std::string_view key);
    Instant time(std::string_view key);

    [[nodiscard]] std::optional<std::int64_t> maybe_integer(std::string_view key) const;
    [[nodiscard]] std::string maybe_text(std::string_view key) const;
    [[nodiscard]] std::optional<Instant> maybe_time(std::string_view key) const;
    [[nodiscard]] bool flag(std::string_view key) const;  ///< absent = false
    /// The value, or nullptr when the key is absent or null.
    [[nodiscard]] const boost::json::value* find(std::string_view key) const;

    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }  ///< empty: all was there
    [[nodiscard]] const boost::json::object& object() const noexcept { return *object_; }

private:
    void missing(std::string_view key, std::string_view wanted);

    const boost::json::object* object_;
    std::string what_;
    std::string problem_;
};

/// The string at `key`; "" when there is none, or something else.
std::string text_at(const boost::json::object& object, std::string_view key);

/// The whole number at `key`; 0 when there is none, or something else.
std::int64_t integer_at(const boost::json::object& object, std::string_view key);

/// A JSON number (int64, uint64 or integral double) as int64.
std::optional<std::int64_t> as_integer(const boost::json::value& value);

}  // namespace autobackup
