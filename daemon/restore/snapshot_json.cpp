// SPDX-License-Identifier: MIT
#include "daemon/restore/catalogue.hpp"

namespace autobackup::restore {
namespace {

namespace json = boost::json;

json::value text_or_null(const std::string& text) {
    if (text.empty()) return nullptr;
    return json::value(json::string(text));
}

json::object to_json(const Snapshot& one) {
    json::array where;
    for (const std::string& place : one.where) where.emplace_back(json::string(place));
    json::value verified = nullptr;
    if (!one.verified_level.empty()) verified = json::object{{"level", one.verified_level}, {"at", one.verified_at}};
    return {{"id", one.id},
            {"job", text_or_null(one.job)},
            {"item", std::string(one.item.kind_word()) + ":" + std::to_string(one.item.id)},
            {"name", one.name},
            {"time", rfc3339_seconds(one.time)},
            {"bytes", one.bytes},
            {"where", std::move(where)},
            {"commit", one.in_vault ? json::value(json::string(one.in_vault->commit.hex())) : json::value(nullptr)},
            {"archive", one.dated ? json::value(json::string(one.dated->zip.string())) : json::value(nullptr)},
            {"verified", std::move(verified)},
            {"restorable", one.restorable},
            {"reason", text_or_null(one.reason)},
            {"held", one.held}};
}

}  // namespace

json::object snapshots_json(const std::vector<Snapshot>& snapshots) {
    json::array list;
    for (const Snapshot& one : snapshots) list.push_back(to_json(one));
    return {{"format", 1}, {"snapshots", std::move(list)}};
}

}  // namespace autobackup::restore
