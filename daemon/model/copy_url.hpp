// SPDX-License-Identifier: MIT
// Where the copy of a mirror goes: the URL of the configuration with the words of the repository in it. Pure.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace autobackup::config {

/// {name}: `name` ("group/a"); {flat}: the same in one part ("group-a"); {owner}: `owner`. Anything else in braces stays.
inline std::string fill_copy_url(std::string_view pattern, const std::string& name, const std::string& owner) {
    std::string flat = name;
    std::replace(flat.begin(), flat.end(), '/', '-');
    std::string out(pattern);
    for (const auto& [word, value] : {std::pair<std::string_view, const std::string&>("{name}", name), {"{flat}", flat}, {"{owner}", owner}}) {
        for (std::size_t at = out.find(word); at != std::string::npos; at = out.find(word, at + value.size())) out.replace(at, word.size(), value);
    }
    return out;
}

}  // namespace autobackup::config
