// SPDX-License-Identifier: MIT
// What a git service says before it is asked: refs and capabilities of protocol v0/v1, capabilities of v2
// (gitprotocol-pack(5), gitprotocol-v2(5), gitprotocol-http(5)), and the answer to v2's ls-refs. Pure.
#pragma once

#include <string>
#include <string_view>

#include "lib/remote/pkt_line.hpp"
#include "lib/remote/remote.hpp"

namespace autobackup::remote {

/// "git-upload-pack" reads, "git-receive-pack" is pushed to.
enum class Service { upload_pack, receive_pack };
std::string_view name(Service service) noexcept;

/// Takes the packets of an advertisement. Failures are bad_response, unsupported (SHA-256), or what an ERR
/// packet says.
class AdvertisementParser {
public:
    /// Over HTTP the first packet names the service and a flush follows.
    AdvertisementParser(Service service, bool http) : service_(service), preamble_(http) {}
    Result<void> take(const Packet& packet);
    [[nodiscard]] bool complete() const noexcept { return complete_; }
    [[nodiscard]] int version() const noexcept { return version_; }  ///< 0, 1 or 2
    /// When complete. Refs by name; v2 has none.
    [[nodiscard]] Advertisement& value() noexcept { return value_; }

private:
    Result<void> take_preamble(const Packet& packet);
    Result<void> take_ref(std::string_view line);
    void take_capabilities(std::string_view words);
    Result<void> finish();

    Service service_;
    bool preamble_;
    bool preamble_named_ = false;
    bool first_ = true;
    bool complete_ = false;
    int version_ = 0;
    Advertisement value_;
};

/// Takes the packets of an answer to ls-refs.
class RefListParser {
public:
    Result<void> take(const Packet& packet);
    [[nodiscard]] bool complete() const noexcept { return complete_; }
    [[nodiscard]] std::vector<Ref>& refs() noexcept { return refs_; }  ///< by name, when complete
    [[nodiscard]] const std::string& unborn_head() const noexcept { return unborn_head_; }

private:
    Result<void> take_ref(std::string_view line);

    bool complete_ = false;
    std::vector<Ref> refs_;
    std::string unborn_head_;
};

/// Only the refs whose names begin with one of `prefixes` (none: all), as a server does for ls-refs.
void keep_prefixes(std::vector<Ref>& refs, const std::vector<std::string>& prefixes);

/// Whether the word list of a capability ("shallow wait-for-done filter") holds `word`.
bool offers(const Advertisement& advertisement, std::string_view capability);
bool offers(const Advertisement& advertisement, std::string_view capability, std::string_view word);

/// The failure that an ERR packet tells; nothing for any other packet.
std::optional<Failure> error_of(const Packet& packet);
/// The peer's fatal words as a failure; the code by what they say.
Failure failure_of_words(std::string words);

}  // namespace autobackup::remote
