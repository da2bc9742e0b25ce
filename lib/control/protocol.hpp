// SPDX-License-Identifier: MIT
// The control protocol as values: one JSON object a line over a unix stream socket
// (docs/control-protocol.md). Pure.
#pragma once

#include <sys/types.h>

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "lib/core/failure.hpp"

namespace autobackup::control {

/// The `v` of every line. A request with another one is refused by name.
inline constexpr int protocol_version = 1;

/// Who asks, as the kernel says it (SO_PEERCRED, unix(7)): the state at the time of connect(2).
struct Peer {
    uid_t uid = static_cast<uid_t>(-1);
    gid_t gid = static_cast<gid_t>(-1);
    pid_t pid = 0;
    std::string name;  ///< of /etc/passwd; "uid 1234" when it is not there. For log lines
};

struct Request {
    std::string verb;          ///< "status", "skip-next" …: lower case letters and '-'
    boost::json::object args;  ///< {} when there were none
    Peer peer;
};

/// The last line of an exchange. Make one with good() or refuse().
struct Answer {
    bool ok = false;
    boost::json::value
        data;  ///< of ok; with an error what goes beyond its text (`{"errors": […]}` of a bad reload)
    std::string code;     ///< of an error: name(Errc), or a word of docs/control-protocol.md
    std::string message;  ///< for people; no secret, names from outside may stand in it as they are
    int exit = 0;         ///< exit code that the client should end with (interface.md §1)
};

Answer good(boost::json::value data);
/// `exit` is 1 to 5.
Answer refuse(std::string code, std::string message, int exit, boost::json::value data = nullptr);
/// The code and words of `failure`.
Answer refuse(const Failure& failure, int exit);

/// Reads a request line (without its '\n'): an object with "v": 1, "verb", and "args" (an object or left
/// out); other members are ignored. Nesting over 16 levels, bad UTF-8 and trailing text are mistakes. The
/// failure's code says bad_request or unsupported (another "v"); its message can be told to the peer.
Result<Request> parse_request(std::string_view line);
/// {"v":1,"verb":…,"args":…} and '\n'.
std::string request_line(std::string_view verb, const boost::json::object& args);
/// {"v":1,"event":…,"data":…} and '\n'.
std::string event_line(std::string_view event, const boost::json::value& data);
/// {"v":1,"ok":true,"data":…} or {"v":1,"ok":false,"error":{"code","message","exit"[,"data"]}}, and '\n'.
std::string answer_line(const Answer& answer);

}  // namespace autobackup::control
