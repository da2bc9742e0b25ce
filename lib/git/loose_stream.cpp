// SPDX-License-Identifier: MIT
#include "lib/git/loose_stream.hpp"

#include <algorithm>
#include <charconv>

namespace autobackup::git {

std::optional<EntryHead> take_loose_header(std::span<const std::byte>& bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                                std::min<std::size_t>(bytes.size(), 40));
    const std::size_t space = text.find(' ');
    const std::size_t zero = text.find('\0');
    if (space == std::string_view::npos || zero == std::string_view::npos || space > zero)
        return std::nullopt;
    EntryHead head;
    const std::string_view type = text.substr(0, space);
    head.type = type == "commit" ? 1U : type == "tree" ? 2U : type == "blob" ? 3U : type == "tag" ? 4U : 0U;
    const auto [end, error] = std::from_chars(text.data() + space + 1, text.data() + zero, head.size);
    if (head.type == 0 || error != std::errc{} || end != text.data() + zero) return std::nullopt;
    bytes = bytes.subspan(zero + 1);
    return head;
}

Result<void> LooseStream::operator()(std::span<const std::byte> bytes) {
    if (head_.type == 0) {
        const std::optional<EntryHead> found = take_loose_header(bytes);
        wrong_ = !found || (expected_ && static_cast<unsigned>(*expected_) != found->type);
        if (wrong_)
            return fail(Errc::repository_invalid, "read", "a loose object", "its header is not as expected");
        head_ = *found;
        hasher_.restart(static_cast<ObjectType>(head_.type), head_.size);
    }
    hasher_.update(bytes);
    return take_(bytes);
}

}  // namespace autobackup::git
