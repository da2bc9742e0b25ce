// SPDX-License-Identifier: MIT
#include "lib/remote/local_url.hpp"

#include "lib/core/text.hpp"

namespace autobackup::remote {

std::optional<std::string> local_path(std::string_view url) {
    constexpr std::string_view file_scheme = "file://";
    constexpr std::string_view localhost = "localhost/";
    if (url.starts_with('/')) return std::string(url);
    if (!to_lower(url.substr(0, file_scheme.size())).starts_with(file_scheme)) return std::nullopt;
    url.remove_prefix(file_scheme.size());
    if (url.starts_with(localhost)) url.remove_prefix(localhost.size() - 1);
    if (!url.starts_with('/')) return std::nullopt;
    return percent_decode(url);
}

}  // namespace autobackup::remote
