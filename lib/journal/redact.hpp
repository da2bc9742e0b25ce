// SPDX-License-Identifier: MIT
// The last line of defence for secrets: text that leaves the process is searched for the values that are
// known. Code that handles a secret still never puts it into a text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/core/secret.hpp"
#include "lib/core/url_text.hpp"

namespace autobackup::journal {

/// Adds values to the process-wide list (the newest 4096 are kept). Empty ones are ignored. Any thread.
void redact(std::vector<Secret> secrets);

/// `text` with each known value, also in its percent-encoded form, replaced by `***`. A value of fewer than
/// six bytes is only replaced where no letter, digit or '_' touches it: it would tear ordinary words
/// otherwise. Any thread.
std::string redacted(std::string_view text);

using autobackup::without_user_info;

}  // namespace autobackup::journal
