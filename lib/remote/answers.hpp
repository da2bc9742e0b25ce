// SPDX-License-Identifier: MIT
// What a server answers to a push and to a fetch, packet by packet (gitprotocol-pack(5) "Report Status",
// gitprotocol-v2(5) "fetch"). Pure.
#pragma once

#include <string>
#include <string_view>

#include "lib/remote/pkt_line.hpp"
#include "lib/remote/remote.hpp"

namespace autobackup::remote {

/// The answer of receive-pack: report-status or report-status-v2, alone or inside sideband 1.
class PushAnswer {
public:
    explicit PushAnswer(bool sideband) : sideband_(sideband) {}
    /// bad_response when it is no report; the peer's words of sideband 3 or ERR as failure_of_words() sorts
    /// them.
    Result<void> take(const Packet& packet);
    /// Whether the whole report was read.
    [[nodiscard]] bool complete() const noexcept { return complete_; }
    /// When complete.
    [[nodiscard]] PushReport report() const;
    [[nodiscard]] std::string words() const { return words_.text(); }

private:
    Result<void> take_line(const Packet& packet);
    Result<void> take_option(std::string_view option);

    bool sideband_;
    bool complete_ = false;
    PacketReader inner_;
    PushReport report_;
    PeerWords words_;
};

/// The answer of upload-pack to a fetch.
class FetchAnswer {
public:
    /// v0 has no sections: shallow lines (only when `depth` was asked for), ACK or NAK, then the pack.
    /// `asking`: the request did not end with "done", and the answer may ask for more haves in place of a pack (v2).
    FetchAnswer(int version, bool depth, bool asking = false)
        : v2_(version == 2), asking_(asking), section_(first_section(version, depth)) {}
    /// Gives the bytes of the pack that the packet holds (empty as a rule before the pack), a view into it.
    Result<std::string_view> take(const Packet& packet);
    /// Whether the server has to be told more of what we have.
    [[nodiscard]] bool wants_more() const noexcept { return wants_more_; }
    /// Whether the flush behind the pack was read.
    [[nodiscard]] bool complete() const noexcept { return section_ == Section::end; }
    /// Shallow commits and words; the rest is the caller's to fill in.
    [[nodiscard]] FetchReport report() const;
    [[nodiscard]] std::string words() const { return words_.text(); }

private:
    enum class Section { header, shallow, skipped, acknowledgments, pack, end };
    static Section first_section(int version, bool depth) noexcept;
    Result<void> end_without_pack();
    Result<void> take_header(const Packet& packet);
    Result<void> take_shallow(const Packet& packet);
    Result<std::string_view> take_pack(const Packet& packet);

    bool v2_;
    bool asking_;
    bool wants_more_ = false;
    Section section_;
    FetchReport report_;
    PeerWords words_;
};

}  // namespace autobackup::remote
