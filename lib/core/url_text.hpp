// SPDX-License-Identifier: MIT
// URLs in texts that people read. Pure.
#pragma once

#include <string>
#include <string_view>

namespace autobackup {

/// `text` without the user-info of any URL in it ("https://bot:pw@host/x" becomes "https://host/x"), also where a '/' in the password tears it.
std::string without_user_info(std::string_view text);

}  // namespace autobackup
