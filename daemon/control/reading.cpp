// SPDX-License-Identifier: MIT
#include "daemon/control/reading.hpp"

namespace autobackup::answers {

namespace json = boost::json;

const json::value& Reading::at(std::string_view key) const {
    static const json::value nothing;
    const json::value* const found = object_ == nullptr ? nullptr : object_->if_contains(key);
    return found == nullptr ? nothing : *found;
}

std::string Reading::text(std::string_view key) const {
    const json::string* const text = at(key).if_string();
    return text == nullptr ? std::string() : std::string(*text);
}

bool Reading::flag(std::string_view key, bool fallback) const {
    const bool* const flag = at(key).if_bool();
    return flag == nullptr ? fallback : *flag;
}

std::optional<std::uint64_t> Reading::count(std::string_view key) const {
    boost::system::error_code error;
    const std::uint64_t number = at(key).to_number<std::uint64_t>(error);
    if (error) return std::nullopt;
    return number;
}

std::optional<double> Reading::real(std::string_view key) const {
    boost::system::error_code error;
    const double number = at(key).to_number<double>(error);
    if (error) return std::nullopt;
    return number;
}

std::optional<Instant> Reading::time(std::string_view key) const {
    return parse_rfc3339(text(key));
}

std::vector<std::string> Reading::texts(std::string_view key) const {
    std::vector<std::string> found;
    for (const json::value& one : array(key)) {
        if (one.is_string()) found.emplace_back(one.get_string());
    }
    return found;
}

const json::array& Reading::array(std::string_view key) const {
    static const json::array nothing;
    const json::array* const array = at(key).if_array();
    return array == nullptr ? nothing : *array;
}

}  // namespace autobackup::answers
