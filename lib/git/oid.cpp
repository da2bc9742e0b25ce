// SPDX-License-Identifier: MIT
#include "lib/git/oid.hpp"

#include <algorithm>

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

int digit_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
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
    for (std::size_t i = 0; i < oid.bytes.size(); ++i) {
        const int high = digit_value(hex40[2 * i]);
        const int low = digit_value(hex40[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        oid.bytes[i] = static_cast<unsigned char>(high * 16 + low);
    }
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
