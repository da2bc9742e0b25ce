// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "lib/process/child.hpp"
#include "lib/remote/advertisement.hpp"
#include "lib/remote/remote.hpp"
#include "lib/remote/ssh_address.hpp"

namespace autobackup::remote {

/// How a git service is started as a child, and what its end means. Loop thread. Private to this room.
class Route {
public:
    Route() = default;
    Route(const Route&) = delete;
    Route& operator=(const Route&) = delete;
    virtual ~Route() = default;
    /// Makes ready what the child needs and gives its command. A failure says why there is no use in starting
    /// it.
    virtual Awaitable<Result<process::Command>> prepare(Service service) = 0;
    /// The failure of a child that ended before its answer did: code, message and hint by what it said on
    /// stderr (`words`; they are kept in `peer` by the caller) and its exit code.
    virtual Awaitable<Failure> explain(Failure failure, std::string words, int exit_code) = 0;
    /// Whether the child speaks to another machine.
    [[nodiscard]] virtual bool over_network() const noexcept { return false; }
};

/// git itself, at an absolute path of this machine. `workers` is borrowed.
std::unique_ptr<Route> make_path_route(async::Workers& workers, std::filesystem::path path);
/// ssh. `workers` is borrowed.
std::unique_ptr<Route> make_ssh_route(async::Workers& workers, const Settings& settings, SshAddress address);

/// Whether `words` hold `what`.
bool says(std::string_view words, std::string_view what);

}  // namespace autobackup::remote
