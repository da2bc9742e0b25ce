// SPDX-License-Identifier: MIT
#include "lib/git/packed_refs.hpp"

#include <algorithm>

namespace autobackup::git {
namespace {

constexpr std::string_view header = "# pack-refs with: peeled fully-peeled sorted \n";
constexpr std::size_t oid_digits = 40;
constexpr std::size_t usual_row = 64;  // bytes

bool says_fully_peeled(std::string_view text) {
    const std::string_view first = text.substr(0, text.find('\n'));
    return first.starts_with("# pack-refs with:") && first.find(" fully-peeled ") != std::string_view::npos;
}

void append_row(std::string& text, const Oid& oid, std::string_view name, const std::optional<Oid>& peeled) {
    text.append(oid.hex()).append(" ").append(name).append("\n");
    if (peeled) text.append("^").append(peeled->hex()).append("\n");
}

}  // namespace

std::vector<const RefChange*> by_name(const std::vector<RefChange>& changes) {
    std::vector<const RefChange*> ordered;
    ordered.reserve(changes.size());
    for (const RefChange& change : changes) ordered.push_back(&change);
    // The last one of a name first among its equals: the one that unique() keeps.
    std::reverse(ordered.begin(), ordered.end());
    std::stable_sort(ordered.begin(), ordered.end(), [](const RefChange* a, const RefChange* b) { return a->ref < b->ref; });
    const auto same = [](const RefChange* a, const RefChange* b) { return a->ref == b->ref; };
    ordered.erase(std::unique(ordered.begin(), ordered.end(), same), ordered.end());
    return ordered;
}

std::optional<PackedRefs> PackedRefs::parse(std::string text) {
    PackedRefs refs;
    refs.text_ = std::make_unique<const std::string>(std::move(text));
    const std::string_view all = *refs.text_;
    refs.fully_peeled_ = says_fully_peeled(all);
    refs.rows_.reserve(all.size() / usual_row + 1);
    bool sorted = true;
    for (std::size_t at = 0; at < all.size();) {
        const std::size_t end = std::min(all.find('\n', at), all.size());
        const std::string_view line = all.substr(at, end - at);
        at = end + 1;
        if (line.empty() || line.front() == '#') continue;
        if (line.front() == '^') {
            if (!refs.add_peeled(line)) return std::nullopt;
            continue;
        }
        if (!refs.add_row(line)) return std::nullopt;
        const std::size_t count = refs.rows_.size();
        sorted = sorted && (count < 2 || refs.rows_[count - 2].name() < refs.rows_[count - 1].name());
    }
    if (!sorted) refs.sort();
    return refs;
}

bool PackedRefs::add_row(std::string_view line) {
    if (line.size() <= Row::name_begins || line[oid_digits] != ' ') return false;
    const std::optional<Oid> oid = Oid::parse(line.substr(0, oid_digits));
    if (!oid) return false;
    Row row;
    row.at = line.data();
    row.name_bytes = static_cast<std::uint32_t>(line.size() - Row::name_begins);
    row.bytes = static_cast<std::uint32_t>(line.size());
    row.oid = *oid;
    rows_.push_back(row);
    return true;
}

// It must stand right under its tag, and once, as git has it.
bool PackedRefs::add_peeled(std::string_view line) {
    if (rows_.empty() || line.size() != oid_digits + 1 || !Oid::parse(line.substr(1))) return false;
    Row& row = rows_.back();
    const bool alone = row.bytes == Row::name_begins + row.name_bytes;
    if (!alone || row.at + row.bytes + 1 != line.data()) return false;
    row.bytes += static_cast<std::uint32_t>(1 + line.size());
    return true;
}

void PackedRefs::sort() {
    std::reverse(rows_.begin(), rows_.end());  // the last one of a name is to be kept
    std::stable_sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) { return a.name() < b.name(); });
    const auto same = [](const Row& a, const Row& b) { return a.name() == b.name(); };
    rows_.erase(std::unique(rows_.begin(), rows_.end(), same), rows_.end());
}

std::vector<PackedRefs::Row>::const_iterator PackedRefs::first_from(std::string_view name) const noexcept {
    return std::lower_bound(rows_.begin(), rows_.end(), name, [](const Row& row, std::string_view wanted) { return row.name() < wanted; });
}

const PackedRefs::Row* PackedRefs::find(std::string_view name) const noexcept {
    const auto found = first_from(name);
    return found != rows_.end() && found->name() == name ? &*found : nullptr;
}

std::string_view PackedRefs::first_below(std::string_view prefix) const noexcept {
    const auto first = first_from(prefix);
    return first != rows_.end() && first->name().starts_with(prefix) ? first->name() : std::string_view();
}

std::string PackedRefs::with(const std::vector<RefChange>& changes, const PeelTag& peel) const {
    const std::vector<const RefChange*> ordered = by_name(changes);
    std::string text;
    text.reserve(header.size() + (text_ ? text_->size() : 0) + ordered.size() * 2 * usual_row);
    text = header;
    auto next = ordered.begin();
    const auto append_change = [&] {
        const RefChange& change = **next++;
        if (!change.target.is_zero()) append_row(text, change.target, change.ref, peel(change.target));
    };
    for (const Row& row : rows_) {
        while (next != ordered.end() && (*next)->ref < row.name()) append_change();
        if (next != ordered.end() && (*next)->ref == row.name()) {
            append_change();
        } else if (fully_peeled_) {
            text.append(row.text()).append("\n");
        } else {
            append_row(text, row.oid, row.name(), peel(row.oid));
        }
    }
    while (next != ordered.end()) append_change();
    return text;
}

}  // namespace autobackup::git
