// SPDX-License-Identifier: MIT
#include "lib/git/oid.hpp"

#include <algorithm>
#include <array>

#include "lib/core/text.hpp"

namespace autobackup::git {

namespace {

std::string_view type_name(ObjectType type) {
    switch (type) {
        case ObjectType::commit:
            return "commit";
        case ObjectType::tree:
            return "tree";
        case ObjectType::blob:
            return "blob";
        case ObjectType::tag:
            return "tag";
    }
    return "blob";
}

void add_header(hash::Digest& digest, ObjectType type, std::uint64_t size) {
    std::string header(type_name(type));
    header += ' ';
    header += std::to_string(size);
    header += '\0';
    digest.update(std::string_view(header));
}

Oid take_name(hash::Digest& digest) {
    const std::string raw = digest.finish();
    Oid oid;
    std::memcpy(oid.bytes.data(), raw.data(), std::min(raw.size(), oid.bytes.size()));
    return oid;
}

constexpr unsigned no_digit = 16;

/// Value of each character as a hexadecimal digit. A table: a mirror of 41,000 refs reads 3 million digits a look.
constexpr std::array<unsigned char, 256> digit_values = [] {
    std::array<unsigned char, 256> values{};
    values.fill(no_digit);
    for (unsigned i = 0; i < 10; ++i) values['0' + i] = static_cast<unsigned char>(i);
    for (unsigned i = 0; i < 6; ++i) {
        values['a' + i] = static_cast<unsigned char>(10 + i);
        values['A' + i] = static_cast<unsigned char>(10 + i);
    }
    return values;
}();

unsigned digit_value(char c) {
    return digit_values[static_cast<unsigned char>(c)];
}

}  // namespace

std::string Oid::hex() const {
    return autobackup::hex(bytes);
}

std::string Oid::short_hex() const {
    return hex().substr(0, 8);
}

bool Oid::is_zero() const noexcept {
    return std::all_of(bytes.begin(), bytes.end(), [](unsigned char byte) { return byte == 0; });
}

std::optional<Oid> Oid::parse(std::string_view hex40) {
    Oid oid;
    if (hex40.size() != 2 * oid.bytes.size()) return std::nullopt;
    unsigned wrong = 0;
    for (std::size_t i = 0; i < oid.bytes.size(); ++i) {
        const unsigned high = digit_value(hex40[2 * i]);
        const unsigned low = digit_value(hex40[2 * i + 1]);
        wrong |= (high | low) & no_digit;
        oid.bytes[i] = static_cast<unsigned char>(high << 4 | low);
    }
    if (wrong != 0) return std::nullopt;
    return oid;
}

Oid hash_object(ObjectType type, std::string_view content) {
    hash::Digest digest(hash::Algorithm::sha1);
    add_header(digest, type, content.size());
    digest.update(content);
    return take_name(digest);
}

ObjectHasher::ObjectHasher(ObjectType type, std::uint64_t size) : digest_(hash::Algorithm::sha1) {
    add_header(digest_, type, size);
}

Oid ObjectHasher::finish() {
    return take_name(digest_);
}

void ObjectHasher::restart(ObjectType type, std::uint64_t size) {
    static_cast<void>(digest_.finish());
    add_header(digest_, type, size);
}

}  // namespace autobackup::git
