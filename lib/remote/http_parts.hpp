// SPDX-License-Identifier: MIT
// What git over HTTP needs besides its packets: gitprotocol-http(5). Pure but for the body of a push.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lib/http/client.hpp"
#include "lib/remote/pkt_line.hpp"
#include "lib/remote/requests.hpp"

namespace autobackup::remote {

/// "Basic …"; a password without a user name is a token, which forges take with the name x-access-token.
Secret basic_authorization(const std::string& username, const Secret& password);

/// 200 with that Content-Type (its parameters do not count).
bool is_answer_of_type(const http::ResponseHead& head, std::string_view type);

/// Why an answer is not one of git: by status; or a dumb server, a web page.
Failure failure_of_answer(const http::Response& response, std::string operation, std::string object,
                          bool with_password, bool asked_elsewhere);

/// The body of a push: commands, then `pack` (an empty one when it is null and one must follow), with a known
/// length when the pack's is known.
std::shared_ptr<http::BodySource> commands_and_pack(const PushText& push,
                                                    std::shared_ptr<http::BodySource> pack);

/// Gives every packet of `body` to `parser.take()`. connection_closed when the body ends before the parser is
/// complete.
template <class Parser>
Result<void> parse_all(std::string_view body, Parser& parser) {
    PacketReader reader;
    for (;;) {
        const Result<std::optional<Packet>> packet = reader.next(body);
        if (!packet) return packet.error();
        if (!*packet) break;
        const Result<void> taken = parser.take(**packet);
        if (!taken) return taken;
    }
    if (parser.complete()) return {};
    return fail(Errc::connection_closed, "read", "the git protocol", "the answer is cut off");
}

}  // namespace autobackup::remote
