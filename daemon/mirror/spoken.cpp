// SPDX-License-Identifier: MIT
#include "daemon/mirror/spoken.hpp"

#include "lib/core/text.hpp"

namespace autobackup::mirror {

Spoken parse_spoken(std::string_view text) {
    Spoken spoken;
    for (const std::string_view line : split(text, '\n')) {
        if (line.size() < 3 || line[1] != ' ' || (line[0] != '0' && line[0] != '2')) continue;
        spoken.insert_or_assign(std::string(line.substr(2)), line[0] == '2');
    }
    return spoken;
}

std::string text_of(const Spoken& spoken) {
    std::string text;
    for (const auto& [origin, v2] : spoken) text += (v2 ? "2 " : "0 ") + origin + "\n";
    return text;
}

Spoken learnt(Spoken spoken, const std::set<std::string>& asked, const std::set<std::string>& speak_v2) {
    for (const std::string& origin : asked) spoken.insert_or_assign(origin, speak_v2.contains(origin));
    return spoken;
}

}  // namespace autobackup::mirror
