// SPDX-License-Identifier: MIT
#include "daemon/checks/server_access.hpp"

#include <utility>

namespace autobackup::checks {

Result<void> use_configured(const config::CvatServer& server, const config::SecretPlaces& secrets, ServerPlace& place) {
    restore::ServerAccess& access = place.access;
    access.url = server.url;
    access.username = server.username;
    access.http.ca_file = server.ca_file;
    access.no_progress = server.no_progress;
    access.policy.poll_first = server.poll_first;
    access.policy.poll_max = server.poll_max;
    access.policy.import_deadline = server.export_deadline;
    place.organization = server.organization.value_or(std::string());
    const auto& [reference, auth] = server.token          ? std::pair(server.token, restore::ServerAccess::Auth::token)
                                    : server.access_token ? std::pair(server.access_token, restore::ServerAccess::Auth::access_token)
                                                          : std::pair(server.password, restore::ServerAccess::Auth::password);
    access.auth = auth;
    if (!reference) return {};
    Result<Secret> value = config::read_secret(*reference, secrets);
    if (!value) return value.error();
    access.secret = std::move(*value);
    return {};
}

const config::CvatServer* find_server(const config::Config& config, const std::string& name_or_url) {
    const config::CvatServer* of_url = nullptr;
    for (const auto& [name, server] : config.servers) {
        const auto* const cvat = std::get_if<config::CvatServer>(&server.what);
        if (cvat == nullptr) continue;
        if (name == name_or_url) return cvat;
        if (cvat->url == name_or_url) of_url = cvat;
    }
    return of_url;
}

}  // namespace autobackup::checks
