// SPDX-License-Identifier: MIT
// The other end, for a program that asks: blocking, without a loop. Any thread, one at a time.
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "lib/control/protocol.hpp"
#include "lib/core/failure.hpp"
#include "lib/core/file.hpp"

namespace autobackup::control {

/// One line from the daemon: an event, or (last) the answer.
struct Word {
    bool last = false;
    std::string event;        ///< of an event
    boost::json::value data;  ///< of an event
    Answer answer;            ///< of the last
};

/// One connection, one request.
class Client {
public:
    /// How long nothing may come: the daemon says `alive` every 10 s while it works.
    static constexpr std::chrono::milliseconds default_silence{30'000};

    /// not_found: no such socket; connection_refused: its daemon is dead; forbidden: this user may not; busy:
    /// its queue stayed full for `silence`.
    static Result<Client> connect(const std::filesystem::path& path,
                                  std::chrono::milliseconds silence = default_silence);

    /// Sends the request; does not wait for the answer.
    Result<void> ask(std::string_view verb, const boost::json::object& args);
    /// The next line, `alive` left out. no_progress: nothing came for `silence`; connection_closed: the
    /// daemon went away before its answer; bad_response: what came is not the protocol, or is a line of more
    /// than 64 MiB.
    Result<Word> next();

private:
    Client(FileDescriptor socket, std::filesystem::path path, std::chrono::milliseconds silence)
        : socket_(std::move(socket)), path_(std::move(path)), silence_(silence) {}
    Result<void> wait_for(short events) const;
    Result<std::string> next_line();

    FileDescriptor socket_;
    std::filesystem::path path_;
    std::chrono::milliseconds silence_;
    std::string received_;
};

}  // namespace autobackup::control
