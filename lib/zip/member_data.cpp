// SPDX-License-Identifier: MIT
#include "lib/zip/member_data.hpp"

#include <fmt/format.h>

#include "lib/zip/format.hpp"
#include "lib/zip/writer.hpp"

namespace autobackup::zip {

Result<void> MemberData::all(const Member& member, Bytes compressed, const Take& take) {
    if (member.method != deflated || member.size > Inflater::whole_limit) {
        begin(member, take);
        const auto fed = feed(compressed);
        return fed ? finish() : fed;
    }
    start(member, take);
    const auto whole = inflater_.whole(compressed, static_cast<std::size_t>(member.size));
    if (!whole) return bad("its data are not deflated data of the length they should have");
    const auto handed = hand_on(*whole);
    if (!handed) return handed.error();
    return finish();
}

void MemberData::start(const Member& member, const Take& take) {
    member_ = &member;
    take_ = &take;
    size_ = 0;
    crc32_ = 0;
    in_pieces_ = false;
}

void MemberData::begin(const Member& member, const Take& take) {
    start(member, take);
    if (member.method != deflated) return;
    inflater_.begin();
    in_pieces_ = true;
}

Result<void> MemberData::feed(Bytes compressed) {
    if (member_->method != deflated) return hand_on(compressed);
    bool wrong = false;
    const auto fed = inflater_.feed(
        compressed, [this](Bytes bytes) { return hand_on(bytes); }, wrong);
    if (!fed) return fed.error();
    if (wrong) return bad("its data are not deflated data of the length they should have");
    return {};
}

Result<void> MemberData::hand_on(Bytes bytes) {
    if (bytes.empty()) return {};
    if (bytes.size() > member_->size - size_) return bad("it holds more bytes than its header says");
    size_ += bytes.size();
    crc32_ = zip::crc32(crc32_, bytes);
    return (*take_)(bytes);
}

Result<void> MemberData::finish() {
    if (size_ != member_->size || (in_pieces_ && !inflater_.ended())) {
        return bad(fmt::format("it holds {} bytes, its header says {}", size_, member_->size));
    }
    if (crc32_ != member_->crc32) {
        return bad(
            fmt::format("its data have CRC-32 {:08x}, its header says {:08x}", crc32_, member_->crc32));
    }
    return {};
}

Failure MemberData::bad(const std::string& message) const {
    return damaged(path_, member_->name, message);
}

}  // namespace autobackup::zip
