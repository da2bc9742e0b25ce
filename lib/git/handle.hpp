// SPDX-License-Identifier: MIT
// Ownership of libgit2's objects and its errors as Failures. Private to lib/git.
#pragma once

#include <git2.h>

#include <cstring>
#include <memory>
#include <string>

#include "lib/core/failure.hpp"
#include "lib/git/oid.hpp"

namespace autobackup::git {

template <auto free_function>
struct Freer {
    template <class T>
    void operator()(T* object) const noexcept {
        free_function(object);
    }
};

using OdbHandle = std::unique_ptr<git_odb, Freer<&git_odb_free>>;
using IndexerHandle = std::unique_ptr<git_indexer, Freer<&git_indexer_free>>;
using ConfigHandle = std::unique_ptr<git_config, Freer<&git_config_free>>;

/// Passes a handle as libgit2's out parameter: `git_odb_read(out(object), …)`.
template <class Handle>
class OutParameter {
public:
    explicit OutParameter(Handle& handle) noexcept : handle_(handle) {}
    OutParameter(const OutParameter&) = delete;
    OutParameter& operator=(const OutParameter&) = delete;
    ~OutParameter() { handle_.reset(raw_); }
    operator typename Handle::pointer *() noexcept { return &raw_; }

private:
    Handle& handle_;
    typename Handle::pointer raw_ = nullptr;
};

template <class Handle>
OutParameter<Handle> out(Handle& handle) noexcept {
    return OutParameter<Handle>(handle);
}

/// The Failure of a libgit2 call that returned `rc` < 0. Call at once, on the same thread: libgit2's text is
/// per thread and the next call may replace it (and it is meaningless after a success). Full disks become
/// disk_full, unknown objects not_found, what does not parse or match repository_invalid.
Failure git_failure(int rc, std::string operation, std::string object);

inline git_oid to_git(const Oid& oid) noexcept {
    git_oid raw;
    std::memcpy(raw.id, oid.bytes.data(), oid.bytes.size());
    return raw;
}

inline Oid from_git(const git_oid& raw) noexcept {
    Oid oid;
    std::memcpy(oid.bytes.data(), raw.id, oid.bytes.size());
    return oid;
}

}  // namespace autobackup::git
