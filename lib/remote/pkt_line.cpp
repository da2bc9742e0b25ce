// SPDX-License-Identifier: MIT
#include "lib/remote/pkt_line.hpp"

#include <algorithm>
#include <stdexcept>

#include "lib/core/text.hpp"

namespace autobackup::remote {

Failure bad_answer(std::string message, std::string_view line) {
    return fail(Errc::bad_response, "read", "the git protocol", std::move(message), std::string(line));
}

namespace {

constexpr std::size_t length_digits = 4;
constexpr std::size_t kept_words = 2048;

int digit_of(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// The length that the first four bytes give, or nothing when they are no length.
std::optional<std::size_t> length_of(std::string_view head) noexcept {
    std::size_t length = 0;
    for (const char c : head.substr(0, length_digits)) {
        const int digit = digit_of(c);
        if (digit < 0) return std::nullopt;
        length = length * 16 + static_cast<std::size_t>(digit);
    }
    if (length == 3 || length > max_packet) return std::nullopt;
    return length;
}

Packet packet_of(std::string_view whole, std::size_t length) noexcept {
    switch (length) {
        case 0:
            return Packet{Packet::Kind::flush, {}};
        case 1:
            return Packet{Packet::Kind::delimiter, {}};
        case 2:
            return Packet{Packet::Kind::response_end, {}};
        default:
            return Packet{Packet::Kind::data, whole.substr(length_digits, length - length_digits)};
    }
}

Failure no_packet(std::string_view bytes) {
    return fail(Errc::bad_response, "read", "the git protocol", "the answer is no pkt-line stream",
                std::string(bytes.substr(0, 200)));
}

std::size_t bytes_of(std::size_t length) noexcept {
    return std::max(length, length_digits);
}

}  // namespace

std::string_view Packet::line() const noexcept {
    std::string_view text = payload;
    if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    return text;
}

Result<std::optional<Packet>> PacketReader::next(std::string_view& input) {
    if (handed_out_) {
        partial_.clear();
        handed_out_ = false;
    }
    if (partial_.empty() && input.size() >= length_digits) {  // the usual case: a whole packet without a copy
        const std::optional<std::size_t> length = length_of(input);
        if (!length) return no_packet(input);
        const std::size_t bytes = bytes_of(*length);
        if (input.size() >= bytes) {
            const Packet found = packet_of(input, *length);
            input.remove_prefix(bytes);
            return std::optional(found);
        }
    }
    if (partial_.size() < length_digits) take_into_partial(input, length_digits);
    if (partial_.size() < length_digits) return std::optional<Packet>();
    const std::optional<std::size_t> length = length_of(partial_);
    if (!length) return no_packet(partial_ + std::string(input.substr(0, 200)));
    take_into_partial(input, bytes_of(*length));
    if (partial_.size() < bytes_of(*length)) return std::optional<Packet>();
    handed_out_ = true;
    return std::optional(packet_of(partial_, *length));
}

void PacketReader::take_into_partial(std::string_view& input, std::size_t wanted) {
    const std::size_t taken = std::min(wanted - partial_.size(), input.size());
    partial_.append(input.substr(0, taken));
    input.remove_prefix(taken);
}

std::string packet(std::string_view payload) {
    if (payload.size() > max_payload)
        throw std::length_error("a pkt-line is longer than the protocol allows");
    constexpr std::string_view digits = "0123456789abcdef";
    const std::size_t length = payload.size() + length_digits;
    std::string text;
    text.reserve(length);
    for (int shift = 12; shift >= 0; shift -= 4) text += digits[(length >> shift) & 15U];
    text += payload;
    return text;
}

void PeerWords::add(std::string_view text) {
    for (const char c : text) {
        if (c == '\n') {
            end_line();
        } else {
            if (returned_) line_.clear();
            if (c != '\r' && line_.size() < kept_words) line_ += c;
        }
        returned_ = c == '\r';
    }
}

void PeerWords::end_line() {
    if (!trim(line_).empty()) kept_ += line_ + "\n";
    line_.clear();
    if (kept_.size() > 4 * kept_words) kept_.erase(0, kept_.size() - kept_words);
}

std::string PeerWords::text() const {
    const std::string all = returned_ ? kept_ : kept_ + line_;
    std::string_view end = trim(all);
    if (end.size() <= kept_words) return std::string(end);
    end.remove_prefix(end.size() - kept_words);
    const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
    while (!end.empty() && continues(end.front())) end.remove_prefix(1);
    return std::string(end);
}

}  // namespace autobackup::remote
