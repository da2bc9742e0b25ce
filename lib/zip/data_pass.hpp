// SPDX-License-Identifier: MIT
// The pass over all bytes of an archive: local headers, data, data descriptors, shared by threads.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "lib/zip/archive.hpp"

namespace autobackup::zip {

/// What one member takes of the file: local header, data, data descriptor.
struct Extent {
    std::size_t index = 0;  ///< in Archive::members()
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    [[nodiscard]] std::uint64_t bytes() const { return end - begin; }
};

/// Lives for one Archive::check(). `extents` are in file order and do not overlap.
class DataPass {
public:
    using MakeVisitor = std::function<std::unique_ptr<Visitor>()>;

    DataPass(int fd, const std::filesystem::path& path, std::vector<Member>& members,
             std::vector<Extent> extents, std::stop_token stop);
    /// Rethrows what a visitor throws. Of several failures the one of the first member in the file is told.
    Result<void> run(std::size_t threads, const MakeVisitor& make_visitor);

private:
    /// Neighbours that are read at once, or one long member that is read in pieces.
    struct Unit {
        std::size_t first = 0;  ///< in extents_
        std::size_t count = 0;
        std::uint64_t bytes = 0;
    };
    class Worker;

    void plan();
    void work(Visitor* visitor) noexcept;
    void failed(std::size_t extent, Failure failure);

    int fd_;
    const std::filesystem::path& path_;
    std::vector<Member>& members_;
    std::vector<Extent> extents_;
    std::stop_token stop_;
    std::vector<Unit> units_;
    std::size_t buffer_bytes_ = 0;  ///< that a worker needs

    std::atomic<std::size_t> next_{0};
    std::atomic<bool> over_{false};
    std::mutex mutex_;  ///< of what follows
    std::optional<Failure> failure_;
    std::size_t failed_extent_ = 0;
    std::exception_ptr exception_;
};

}  // namespace autobackup::zip
