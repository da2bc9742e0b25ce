// SPDX-License-Identifier: MIT
#include "daemon/cvat/identity.hpp"

#include <boost/json.hpp>

namespace autobackup::cvat_job {

namespace json = boost::json;

std::string to_text(const Identities& identities) {
    json::object object;
    for (const auto& [key, date] : identities) object[key] = date;
    return json::serialize(object);
}

Identities parse_identities(const std::string& text) {
    Identities identities;
    boost::system::error_code error;
    const json::value value = json::parse(text, error);
    if (error || !value.is_object()) return identities;
    for (const auto& [key, date] : value.get_object()) {
        if (date.is_string()) identities.emplace(std::string(key), std::string(date.get_string()));
    }
    return identities;
}

std::optional<std::string> replaced(const Identities& held, const Identities& listed) {
    std::optional<std::string> other;
    for (const auto& [key, date] : held) {
        const auto now = listed.find(key);
        if (now == listed.end()) continue;
        if (now->second == date) return std::nullopt;
        if (!other) other = key;
    }
    return other;
}

}  // namespace autobackup::cvat_job
