// SPDX-License-Identifier: MIT
// A repository of this machine: objects are copied from one store to the other. Private to lib/lfs.
#pragma once

#include "lib/lfs/remote.hpp"

namespace autobackup::lfs {

std::unique_ptr<Remote> make_path_remote(async::Workers& workers, Store local, std::filesystem::path objects, std::string url);

}  // namespace autobackup::lfs
