// SPDX-License-Identifier: MIT
#include "lib/zip/data_pass.hpp"

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>

#include "lib/zip/format.hpp"
#include "lib/zip/local_header.hpp"
#include "lib/zip/member_data.hpp"

namespace autobackup::zip {
namespace {

static_assert(piece_bytes >= max_local_header);

}  // namespace

// One thread's share: takes units until there are none, something failed or a stop was asked for.
class DataPass::Worker {
public:
    Worker(DataPass& pass, Visitor* visitor)
        : pass_(pass),
          visitor_(visitor),
          buffer_(pass.buffer_bytes_),
          data_(pass.path_),
          take_([this](Bytes bytes) { return visit(bytes); }) {}

    void run() {
        for (;;) {
            const std::size_t unit = pass_.next_.fetch_add(1, std::memory_order_relaxed);
            if (unit >= pass_.units_.size() || pass_.over_) return;
            const Unit& mine = pass_.units_[unit];
            extent_ = mine.first;
            const auto done =
                mine.bytes <= piece_bytes ? together(mine) : in_pieces(pass_.extents_[mine.first]);
            if (!done) return pass_.failed(extent_, done.error());
        }
    }

private:
    Result<void> together(const Unit& unit) {
        if (pass_.stop_.stop_requested()) return stopped();
        const std::uint64_t from = pass_.extents_[unit.first].begin;
        const auto read = read_exactly(
            pass_.fd_, std::span(buffer_).first(static_cast<std::size_t>(unit.bytes)), from, pass_.path_);
        if (!read) return read.error();
        for (extent_ = unit.first; extent_ < unit.first + unit.count; ++extent_) {
            const Extent& extent = pass_.extents_[extent_];
            const auto at = static_cast<std::size_t>(extent.begin - from);
            const auto done =
                whole(extent, Bytes(buffer_).subspan(at, static_cast<std::size_t>(extent.bytes())));
            if (!done) return done.error();
        }
        return {};
    }

    Result<void> whole(const Extent& extent, Bytes bytes) {
        Member& member = pass_.members_[extent.index];
        const auto header = check_header(member, extent, bytes);
        if (!header) return header.error();
        const Bytes behind = bytes.subspan(*header);
        const auto length = static_cast<std::size_t>(member.compressed_size);
        const std::string wrong = check_descriptor(member, behind.subspan(length));
        if (!wrong.empty()) return damaged(pass_.path_, member.name, wrong);
        begin(extent, member, *header);
        const auto done = data_.all(member, behind.first(length), take_);
        if (!done) return done.error();
        if (visitor_ != nullptr) visitor_->end();
        return {};
    }

    Result<void> in_pieces(const Extent& extent) {
        Member& member = pass_.members_[extent.index];
        std::uint64_t at = extent.begin;
        auto piece = next_piece(at, extent.end);
        if (!piece) return piece.error();
        const auto header = check_header(member, extent, *piece);
        if (!header) return header.error();
        const auto descriptor =
            check_tail(member, extent.begin + *header + member.compressed_size, extent.end);
        if (!descriptor) return descriptor.error();
        begin(extent, member, *header);
        data_.begin(member, take_);
        Bytes bytes = piece->subspan(*header);
        for (std::uint64_t left = member.compressed_size; left > 0;) {
            if (bytes.size() > left) bytes = bytes.first(static_cast<std::size_t>(left));
            const auto fed = data_.feed(bytes);
            if (!fed) return fed.error();
            left -= bytes.size();
            if (left == 0) break;
            if (pass_.over_) return {};
            piece = next_piece(at, extent.end);
            if (!piece) return piece.error();
            bytes = *piece;
        }
        const auto done = data_.finish();
        if (!done) return done.error();
        if (visitor_ != nullptr) visitor_->end();
        return {};
    }

    Result<Bytes> next_piece(std::uint64_t& at, std::uint64_t end) {
        if (pass_.stop_.stop_requested()) return stopped();
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, end - at));
        const auto read = read_exactly(pass_.fd_, std::span(buffer_).first(count), at, pass_.path_);
        if (!read) return read.error();
        at += count;
        return Bytes(buffer_).first(count);
    }

    // Length of the local header; with it the data are known to end within the extent.
    Result<std::size_t> check_header(const Member& member, const Extent& extent, Bytes head) {
        std::string wrong;
        const std::size_t header = check_local_header(member, head, wrong);
        if (header == 0) return damaged(pass_.path_, member.name, wrong);
        if (extent.bytes() < header || extent.bytes() - header < member.compressed_size) {
            return damaged(pass_.path_, member.name, "it overlaps what comes next");
        }
        return header;
    }

    Result<void> check_tail(const Member& member, std::uint64_t from, std::uint64_t to) {
        if (to - from > max_descriptor)
            return damaged(pass_.path_, member.name, "there are bytes between it and what comes next");
        std::vector<std::byte> tail(static_cast<std::size_t>(to - from));
        const auto read = tail.empty() ? Result<void>() : read_exactly(pass_.fd_, tail, from, pass_.path_);
        if (!read) return read.error();
        const std::string wrong = check_descriptor(member, tail);
        if (!wrong.empty()) return damaged(pass_.path_, member.name, wrong);
        return {};
    }

    void begin(const Extent& extent, Member& member, std::size_t header) {
        member.data_offset = extent.begin + header;
        if (visitor_ != nullptr) visitor_->begin(extent.index, member);
    }

    Result<void> visit(Bytes bytes) {
        if (visitor_ != nullptr) visitor_->data(bytes);
        return {};
    }
    [[nodiscard]] Failure stopped() const {
        return fail(Errc::cancelled, "check ZIP", pass_.path_.string(), "stopped");
    }

    DataPass& pass_;
    Visitor* visitor_;
    std::vector<std::byte> buffer_;
    MemberData data_;
    Take take_;
    std::size_t extent_ = 0;  ///< being worked on
};

DataPass::DataPass(int fd, const fs::path& path, std::vector<Member>& members, std::vector<Extent> extents,
                   std::stop_token stop)
    : fd_(fd), path_(path), members_(members), extents_(std::move(extents)), stop_(std::move(stop)) {
    plan();
}

void DataPass::plan() {
    for (std::size_t i = 0; i < extents_.size(); ++i) {
        const std::uint64_t bytes = extents_[i].bytes();
        const bool neighbours = i > 0 && extents_[i].begin == extents_[i - 1].end;
        if (neighbours && units_.back().bytes + bytes <= piece_bytes) {
            units_.back().bytes += bytes;
            ++units_.back().count;
        } else {
            units_.push_back(Unit{i, 1, bytes});
        }
    }
    for (const Unit& unit : units_) {
        buffer_bytes_ = std::max(buffer_bytes_,
                                 static_cast<std::size_t>(std::min<std::uint64_t>(unit.bytes, piece_bytes)));
    }
    // The longest first, so that no thread is left alone with one at the end; the short ones in file order,
    // as disks like it.
    const auto shorts = std::stable_partition(units_.begin(), units_.end(),
                                              [](const Unit& unit) { return unit.bytes > piece_bytes; });
    std::stable_sort(units_.begin(), shorts, [](const Unit& a, const Unit& b) { return a.bytes > b.bytes; });
}

void DataPass::work(Visitor* visitor) noexcept {
    try {
        Worker(*this, visitor).run();
    } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!exception_) exception_ = std::current_exception();
        over_ = true;
    }
}

void DataPass::failed(std::size_t extent, Failure failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_ || extent < failed_extent_) {
        failure_ = std::move(failure);
        failed_extent_ = extent;
    }
    over_ = true;
}

Result<void> DataPass::run(std::size_t threads, const MakeVisitor& make_visitor) {
    const std::size_t count = std::clamp<std::size_t>(threads, 1, std::max<std::size_t>(units_.size(), 1));
    std::vector<std::unique_ptr<Visitor>> visitors(count);
    for (auto& visitor : visitors) {
        if (make_visitor) visitor = make_visitor();
    }
    {
        std::vector<std::jthread> helpers;
        for (std::size_t i = 1; i < count; ++i) {
            try {
                helpers.emplace_back([this, visitor = visitors[i].get()] { work(visitor); });
            } catch (const std::system_error&) {
                break;  // the system has no thread to give: those that run share the work
            }
        }
        work(visitors.front().get());
    }
    if (exception_) std::rethrow_exception(exception_);
    if (failure_) return *failure_;
    return {};
}

}  // namespace autobackup::zip
