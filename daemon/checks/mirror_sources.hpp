// SPDX-License-Identifier: MIT
// The mirrors that a job holds, each with the way to where it came from, as a run would go it. Loop thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/mirror/mirror.hpp"
#include "daemon/runner/github_services.hpp"
#include "daemon/runner/mirror_services.hpp"

namespace autobackup::checks {

struct HeldSource {
    mirror::Repository what;  ///< `source` is filled in by MirrorSources::reach()
    std::string not_asked;    ///< why there is no source to ask any more; empty: there is one
};

class MirrorSources {
public:
    /// Reads the secrets and what lies on the disk. `shared` and `job` are borrowed for the life of the object. Failures: secret_missing,
    /// config_invalid.
    static Awaitable<Result<std::unique_ptr<MirrorSources>>> make(runner::Shared& shared, const config::Job& job);
    MirrorSources(const MirrorSources&) = delete;
    MirrorSources& operator=(const MirrorSources&) = delete;
    /// Lets idle connections go.
    ~MirrorSources();

    /// By name.
    [[nodiscard]] const std::vector<HeldSource>& all() const { return all_; }
    /// The repository ready to be asked: URL and credentials (a token may have to be fetched first), large files' access.
    Awaitable<Result<mirror::Repository>> reach(const HeldSource& held);
    /// Copies and bundles.
    [[nodiscard]] mirror::Outlets& outlets();
    /// For all that is asked of one place.
    [[nodiscard]] Milliseconds timeout() const { return job_.timeout; }
    /// For what the mirrors' own room does.
    [[nodiscard]] mirror::Context& context() { return context_; }

private:
    MirrorSources(runner::Shared& shared, const config::Job& job);
    void take_configured();
    void take_github(const config::GithubSource& source);

    runner::Shared& shared_;
    const config::Job& job_;
    mirror::Context context_;
    std::unique_ptr<runner::MirrorServices> mirrors_;
    std::unique_ptr<runner::GithubServices> github_;
    std::vector<HeldSource> all_;
};

}  // namespace autobackup::checks
