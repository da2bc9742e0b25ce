// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "lib/core/file.hpp"
#include "lib/remote/remote.hpp"
#include "tests/support/git_work_tree.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::remote {

/// A Remote and everything it needs; each call runs on a loop of its own until it has ended.
class Kit {
public:
    explicit Kit(Settings settings) : client_(http::make_client(http::ClientSettings()).value()) {
        remote_ = make_remote(*client_, workers_, std::move(settings)).value();
    }
    template <class Work>
    auto run(Work work, Milliseconds cancel_after = Milliseconds{0}) {
        using T = typename std::invoke_result_t<Work&>::value_type;
        return test::run_coroutine([this, &work] { return then_close<T>(work); }, Milliseconds{60'000},
                                   cancel_after);
    }
    Result<Advertisement> list_for_push() {
        return run([this] { return remote_->list_for_push(); });
    }
    Result<Advertisement> ls_refs(std::vector<std::string> prefixes = {}) {
        return run([this, &prefixes] { return remote_->ls_refs(prefixes); });
    }
    /// `pack` empty: none.
    Result<PushReport> push(std::vector<RefUpdate> updates, std::string pack) {
        std::shared_ptr<http::BodySource> source;
        if (!pack.empty()) source = std::make_shared<test::MemorySource>(std::move(pack));
        return run([this, &updates, &source] { return remote_->push(updates, source); });
    }
    Result<FetchReport> fetch(FetchRequest request, std::filesystem::path file) {
        return run([this, &request, &file] { return remote_->fetch(request, file); });
    }
    Result<void> verify(std::string ref, Oid expected, int attempts) {
        return run(
            [this, &ref, &expected, attempts] { return verify_ref(*remote_, ref, expected, attempts); });
    }
    [[nodiscard]] Remote& remote() { return *remote_; }

private:
    // An idle connection must not outlive its loop.
    template <class T, class Work>
    Awaitable<T> then_close(Work& work) {
        T value = co_await work();
        client_->close_idle();
        co_return value;
    }

    async::Workers workers_{1};
    std::unique_ptr<http::Client> client_;
    std::unique_ptr<Remote> remote_;
};

inline Settings at(std::string url) {
    Settings settings;
    settings.url = std::move(url);
    return settings;
}

inline RefUpdate update(std::string name, Oid from, Oid to) {
    return RefUpdate{std::move(name), from, to};
}

inline std::string code_of(const Failure& failure) {
    return std::string(name(failure.code));
}

/// A fetched pack, indexed into a new repository: that repository. Throws when git refuses the pack.
inline std::filesystem::path adopt(const std::filesystem::path& parent, const std::filesystem::path& pack,
                                   const FetchReport& report) {
    const std::filesystem::path repository = parent / "adopted.git";
    test::shell("rm -rf '" + repository.string() + "'; git init -q --bare '" + repository.string() + "'");
    std::string shallow;
    for (const Oid& oid : report.shallow) shallow += oid.hex() + "\n";
    if (!shallow.empty()) test::write_text(repository / "shallow", shallow);
    test::git(repository, "index-pack --stdin " + std::string(report.filtered ? "--promisor " : "") + "< '" +
                              pack.string() + "'");
    return repository;
}

}  // namespace autobackup::remote
