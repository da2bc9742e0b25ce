// SPDX-License-Identifier: MIT
// Which version of git's protocol the servers spoke, kept between runs: so that one request for the refs suffices from the first on. What
// is remembered is never trusted: a server that speaks another one now is asked in the usual way, and remembered anew. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace autobackup::mirror {

/// Origin ("https://github.com") → whether it spoke protocol v2.
using Spoken = std::map<std::string, bool>;

/// The value of this name in the state of a job.
inline constexpr const char* spoken_key = "git.spoken";

/// A line for each server: "2 https://github.com". Lines that are none are left out.
Spoken parse_spoken(std::string_view text);
std::string text_of(const Spoken& spoken);

/// `spoken` after a run that began with it: `asked` are the servers that were asked, `speak_v2` what remote::Settings::speak_v2 has learnt.
Spoken learnt(Spoken spoken, const std::set<std::string>& asked, const std::set<std::string>& speak_v2);

}  // namespace autobackup::mirror
