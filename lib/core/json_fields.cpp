// SPDX-License-Identifier: MIT
#include "lib/core/json_fields.hpp"

namespace autobackup {

namespace json = boost::json;

namespace {
const json::object& no_fields() {
    static const json::object empty;
    return empty;
}
}  // namespace

std::string text_at(const json::object& object, std::string_view key) {
    const json::value* const value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::optional<std::int64_t> as_integer(const json::value& value) {
    if (!value.is_number()) return std::nullopt;
    boost::system::error_code error;
    const auto number = value.to_number<std::int64_t>(error);
    if (error) return std::nullopt;
    return number;
}

std::int64_t integer_at(const json::object& object, std::string_view key) {
    const json::value* const value = object.if_contains(key);
    return value == nullptr ? 0 : as_integer(*value).value_or(0);
}

JsonFields::JsonFields(const json::value& value, std::string_view what) : object_(value.if_object()), what_(what) {
    if (object_) return;
    object_ = &no_fields();
    problem_ = what_ + " is not a JSON object";
}

void JsonFields::missing(std::string_view key, std::string_view wanted) {
    if (!problem_.empty()) return;
    const bool there = object_->contains(key);
    problem_ = what_ + (there ? " has a key of the wrong type: " : " lacks the key ") + std::string(key);
    if (there) problem_ += " (expected " + std::string(wanted) + ")";
}

const json::value* JsonFields::find(std::string_view key) const {
    const json::value* value = object_->if_contains(key);
    return value && !value->is_null() ? value : nullptr;
}

std::optional<std::int64_t> JsonFields::maybe_integer(std::string_view key) const {
    const json::value* value = find(key);
    return value ? as_integer(*value) : std::nullopt;
}

std::int64_t JsonFields::integer(std::string_view key) {
    const auto value = maybe_integer(key);
    if (!value) missing(key, "a whole number");
    return value.value_or(0);
}

std::string JsonFields::maybe_text(std::string_view key) const { return text_at(*object_, key); }

std::string JsonFields::text(std::string_view key) {
    const json::value* value = find(key);
    if (!value || !value->is_string()) missing(key, "a text");
    return maybe_text(key);
}

std::optional<Instant> JsonFields::maybe_time(std::string_view key) const {
    return parse_rfc3339(maybe_text(key));
}

Instant JsonFields::time(std::string_view key) {
    const auto value = maybe_time(key);
    if (!value) missing(key, "an RFC 3339 time");
    return value.value_or(Instant());
}

bool JsonFields::flag(std::string_view key) const {
    const json::value* value = find(key);
    return value && value->is_bool() && value->get_bool();
}

}  // namespace autobackup
