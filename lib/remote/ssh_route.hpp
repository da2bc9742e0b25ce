// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/remote/route.hpp"
#include "lib/remote/run_folder.hpp"
#include "lib/remote/ssh_words.hpp"

namespace autobackup::remote {

/// ssh: makes its key ready, and knows what its words mean. Loop thread. Private to this room.
class SshRoute final : public Route {
public:
    /// `workers` is borrowed.
    SshRoute(async::Workers& workers, const Settings& settings, SshAddress address)
        : workers_(workers), ssh_(settings.ssh), connect_(settings.connect), address_(std::move(address)) {}

    Awaitable<Result<process::Command>> prepare(Service service) override;
    Awaitable<Failure> explain(Failure failure, std::string words, int exit_code) override;
    [[nodiscard]] bool over_network() const noexcept override { return true; }

    /// The ssh that runs `remote_command`, a line for the shell over there. With `protocol`: git's version 2
    /// is asked for.
    Awaitable<Result<process::Command>> command(std::string remote_command, bool protocol);
    [[nodiscard]] const SshAddress& address() const noexcept { return address_; }

private:
    Awaitable<Result<void>> make_folder();
    [[nodiscard]] std::vector<std::string> words_for_every_call() const;
    void add_destination(std::vector<std::string>& argv, const std::string& remote_command) const;
    Awaitable<std::optional<HostKey>> learn_host_key();

    async::Workers& workers_;
    SshSettings ssh_;
    Milliseconds connect_;
    SshAddress address_;
    std::unique_ptr<RunFolder> folder_;
    fs::path key_file_;
    std::optional<Failure> refused_;  // a refused key or host key is not tried again
};

}  // namespace autobackup::remote
