// SPDX-License-Identifier: MIT
// The verbs of the control socket (docs/control-protocol.md), answered by a daemon. Loop thread.
#pragma once

#include <memory>

#include "daemon/serve/daemon.hpp"
#include "lib/control/server.hpp"

namespace autobackup::serve {

class ControlVerbs {
public:
    /// The daemon is borrowed and must outlive the server.
    explicit ControlVerbs(Daemon& daemon) : daemon_(daemon) {}
    [[nodiscard]] std::unique_ptr<control::Server> server(boost::asio::any_io_executor executor);

private:
    Awaitable<control::Answer> answer(control::Request request, control::Feed& feed);
    control::Answer list(const boost::json::object& args, const std::string& verb);
    Awaitable<control::Answer> history(boost::json::object args);
    Awaitable<control::Answer> show(std::string run);
    Awaitable<control::Answer> checked(std::string job);
    control::Answer steer(const control::Request& request);
    control::Answer cancel(const control::Request& request);
    Awaitable<control::Answer> run(boost::json::object args, control::Peer peer, control::Feed& feed);
    Awaitable<control::Answer> watch(boost::json::object args, control::Feed& feed);
    Awaitable<control::Answer> follow(std::string job, scheduler::Ticket ticket, control::Feed& feed);
    bool will_begin(const std::string& job, scheduler::Ticket ticket);
    void steered(const control::Peer& peer, const std::string& job, const std::string& what);
    LiveRun* live_run(const std::string& word);

    Daemon& daemon_;
};

}  // namespace autobackup::serve
