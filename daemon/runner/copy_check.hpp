// SPDX-License-Identifier: MIT
// What `check-config --online` tells of the places of `copies`. Asks only: nothing is made and nothing is pushed. Loop thread.
#pragma once

#include <string>
#include <vector>

#include "daemon/runner/outlet_services.hpp"

namespace autobackup::runner {

struct CopyAnswer {
    std::string place;          ///< URL of the one copy that was asked for, without a user
    Result<std::string> told;
};

/// Asks every place for the copy of one repository (`owner` may be empty): whether it can be reached and pushed to with its credentials, and
/// where it is not there, whether it would be made: the path could be written to, or the forge's API allows it.
Awaitable<std::vector<CopyAnswer>> ask_copies(Shared& shared, mirror::Outlets& outlets, std::string name, std::string owner);

}  // namespace autobackup::runner
