// SPDX-License-Identifier: MIT
// pkt-line framing (gitprotocol-common(5)) and sidebands (gitprotocol-pack(5)). Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/core/failure.hpp"

namespace autobackup::remote {

/// bad_response: `line` is not what the protocol has at this place.
Failure bad_answer(std::string message, std::string_view line);

/// Longest packet with its four length digits, and what that leaves for the payload.
inline constexpr std::size_t max_packet = 65'520;
inline constexpr std::size_t max_payload = max_packet - 4;

struct Packet {
    enum class Kind { data, flush, delimiter, response_end };
    Kind kind = Kind::data;
    std::string_view payload;  ///< of data; may be empty

    /// The payload without one LF at its end.
    [[nodiscard]] std::string_view line() const noexcept;
};

/// Cuts a byte stream into packets; the stream may arrive in pieces of any size.
class PacketReader {
public:
    /// Takes bytes off the front of `input` until a packet is complete. Nothing: `input` is used up. The
    /// payload is a view into `input` or into this reader and valid until the next call. bad_response when it
    /// is no pkt-line stream; the peer's words are the bytes that stood there.
    Result<std::optional<Packet>> next(std::string_view& input);
    /// Whether the stream could end here: no packet is half read.
    [[nodiscard]] bool at_boundary() const noexcept { return partial_.empty() || handed_out_; }

private:
    void take_into_partial(std::string_view& input, std::size_t wanted);
    std::string partial_;      // length digits and payload of a packet that came in pieces
    bool handed_out_ = false;  // partial_ is the packet that was returned last
};

/// The payload as one packet; at most max_payload bytes (a broken invariant otherwise).
std::string packet(std::string_view payload);
inline constexpr std::string_view flush_packet = "0000";
inline constexpr std::string_view delimiter_packet = "0001";

/// The peer's words of sideband 2 and stderr: progress that overwrites itself (lines ended by CR) left out,
/// the last 2 KiB kept.
class PeerWords {
public:
    void add(std::string_view text);
    /// Everything so far, including a line that has no end yet.
    [[nodiscard]] std::string text() const;

private:
    void end_line();
    std::string kept_;
    std::string line_;
    bool returned_ =
        false;  // the last byte was a CR: an LF after it ends the line, anything else overwrites it
};

}  // namespace autobackup::remote
