// SPDX-License-Identifier: MIT
// A directory of objects as git-lfs keeps it: <root>/aa/bb/<oid>, root being <git directory>/lfs/objects. Synchronous; worker thread.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <span>

#include "lib/core/failure.hpp"
#include "lib/core/file.hpp"
#include "lib/hash/digest.hpp"
#include "lib/lfs/pointer.hpp"

namespace autobackup::lfs {

using TakeBytes = std::function<Result<void>(std::span<const std::byte>)>;

/// Value type: the place and the modes of what is made there.
class Store {
public:
    explicit Store(std::filesystem::path root, mode_t file_mode = 0640, mode_t directory_mode = 0750)
        : root_(std::move(root)), file_mode_(file_mode), directory_mode_(directory_mode) {}

    [[nodiscard]] const std::filesystem::path& root() const noexcept { return root_; }
    [[nodiscard]] std::filesystem::path path_of(const Pointer& object) const;
    /// Whether a file of that name and size is there; the content is not looked at (see stream()).
    [[nodiscard]] bool has(const Pointer& object) const;

    /// Takes what `produce` gives to its argument, piece by piece, and names it by its digest. An object that is there already takes no
    /// second place. Whatever `produce` fails with is passed on; nothing is left behind then.
    Result<Pointer> put(const std::function<Result<void>(const TakeBytes&)>& produce) const;
    /// The content in pieces; content_mismatch at the end when it is not what its name says, not_found when there is none.
    Result<void> stream(const Pointer& object, const TakeBytes& take) const;

private:
    friend class Incoming;
    std::filesystem::path root_;
    mode_t file_mode_;
    mode_t directory_mode_;
};

/// An object on its way into a store: hashed while it is written; it has no name before keep(), and is gone when it dies before that.
class Incoming {
public:
    static Result<Incoming> open(const Store& store);
    Incoming(Incoming&& other) noexcept = default;
    Incoming& operator=(Incoming&& other) = delete;
    ~Incoming();

    Result<void> write(std::span<const std::byte> bytes);
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
    /// fsync, name, fsync of the directories. Returns what it is.
    Result<Pointer> keep();
    /// The same when it is `expected`; content_mismatch otherwise.
    Result<void> keep_as(const Pointer& expected);

private:
    explicit Incoming(Store store) : store_(std::move(store)) {}
    Result<void> place(const Pointer& object);
    Result<void> give_name(const std::filesystem::path& name) const;

    Store store_;
    FileDescriptor fd_;
    std::filesystem::path name_;  ///< of the temporary file where the file system has no nameless ones
    hash::Digest digest_{hash::Algorithm::sha256};
    std::uint64_t bytes_ = 0;
};

}  // namespace autobackup::lfs
