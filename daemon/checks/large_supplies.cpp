// SPDX-License-Identifier: MIT
#include "daemon/checks/large_supplies.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "daemon/checks/large_mender.hpp"
#include "daemon/checks/mirror_mender.hpp"
#include "daemon/mirror/copy_access.hpp"
#include "daemon/mirror/large.hpp"
#include "lib/core/file.hpp"
#include "lib/lfs/remote.hpp"
#include "lib/remote/ssh_address.hpp"

namespace autobackup::checks {
namespace {

namespace fs = std::filesystem;

Result<void> look_only(std::span<const std::byte>) { return {}; }

class LargeRepair {
public:
    LargeRepair(runner::Shared& shared, MirrorSources& sources, const HeldSource& held, Aside& aside, Repaired& repaired)
        : shared_(shared), sources_(sources), held_(held), aside_(aside), repaired_(repaired), workshop_(MirrorMender::workshop_of(held.what.path)),
          own_(mirror::large_store(held.what.path)), came_(workshop_ / "large") {}

    Awaitable<void> run(std::vector<std::string> problems);

private:
    Result<void> find(const std::vector<std::string>& problems);
    void put_from(const lfs::Store& store, const std::string& words);
    void mend_pool(const lfs::Pointer& object);
    Awaitable<void> ask_source();
    Awaitable<void> ask_copy(mirror::CopyPlace& place);
    Awaitable<void> put_what_came(std::string words);

    runner::Shared& shared_;
    MirrorSources& sources_;
    const HeldSource& held_;
    Aside& aside_;
    Repaired& repaired_;
    Workshop workshop_;
    lfs::Store own_;
    lfs::Store came_;
    std::vector<lfs::Pointer> missing_;
    std::string why_;
};

// By the pointers of all history: a damaged file may have lost its size too.
Result<void> LargeRepair::find(const std::vector<std::string>& problems) {
    const Result<git::Repository> repository = git::Repository::open(held_.what.path);
    if (!repository) return repository.error();
    mirror::PointerCollector pointers;
    const Result<void> looked = repository->small_blobs([&pointers](const git::Oid& blob, std::string_view content) { pointers.take(blob, content); });
    if (!looked) return looked;
    const Result<std::vector<mirror::LargeFile>> lost = mirror::lost_large(*repository);
    if (!lost) return lost.error();
    std::set<std::string> named = large_named_in(problems);
    std::set<lfs::Pointer> found;
    for (const mirror::LargeFile& file : *lost) found.insert(file.object);
    for (const mirror::LargeFile& file : pointers.found()) {
        const bool damaged = named.contains(file.object.oid) && !own_.stream(file.object, look_only);
        if (damaged) found.insert(file.object);
        named.erase(file.object.oid);
    }
    for (const std::string& oid : named) {  // nothing here names it any more
        lfs::Pointer object;
        object.oid = oid;
        std::error_code error;
        object.size = fs::file_size(own_.path_of(object), error);
        if (!error) found.insert(std::move(object));
    }
    missing_.assign(found.begin(), found.end());
    return {};
}

// The same bytes have a second name in the store that mirrors share: what is damaged there is no longer believed.
void LargeRepair::mend_pool(const lfs::Pointer& object) {
    if (held_.what.large_pool.empty()) return;
    const lfs::Store pool(held_.what.large_pool);
    const fs::path name = pool.path_of(object);
    std::error_code ignored;
    if (!fs::exists(name, ignored) || pool.stream(object, look_only)) return;
    remove_quietly(name);
    fs::create_hard_link(own_.path_of(object), name, ignored);
}

void LargeRepair::put_from(const lfs::Store& store, const std::string& words) {
    std::erase_if(missing_, [&](const lfs::Pointer& object) {
        std::error_code ignored;
        if (!fs::exists(store.path_of(object), ignored)) return false;
        const GiveLarge give = [&](const lfs::TakeBytes& take) { return store.stream(object, take); };
        const Result<void> put = put_large(own_, object, give, aside_);
        if (!put) why_ = describe(put.error());
        if (!put) return false;
        mend_pool(object);
        repaired_.mended.push_back(held_.what.name + ": the large file " + object.oid + " was put back from " + words);
        return true;
    });
}

Awaitable<void> LargeRepair::put_what_came(std::string words) {
    auto put = [this, &words] { put_from(came_, words); };
    co_await shared_.workers.run(std::move(put));
}

Awaitable<void> LargeRepair::ask_source() {
    const Result<mirror::Repository> what = co_await sources_.reach(held_);
    Result<lfs::Gathered> gathered = fail(Errc::internal, "ask", held_.what.name, "not asked");
    if (what) gathered = co_await mirror::gather_large(sources_.context(), *what, missing_, came_);
    else gathered = what.error();
    if (!gathered) why_ = describe(gathered.error());
    if (gathered && !gathered->refused.empty()) why_ = describe(gathered->refused.front().second);
    co_await put_what_came("its source");
}

Awaitable<void> LargeRepair::ask_copy(mirror::CopyPlace& place) {
    const std::string url = mirror::copy_url(held_.what, place.settings);
    Result<mirror::CopyAccess> access = mirror::access_to(place, url, sources_.context().retry, shared_.workers);
    if (!access) co_return;
    const std::shared_ptr<remote::SshCommands> ssh = access->ssh;
    const Result<std::unique_ptr<lfs::Remote>> remote = lfs::make_remote(*place.client, shared_.workers, came_, std::move(access->large));
    if (!remote) co_return;
    const Result<lfs::Gathered> gathered = co_await (*remote)->gather(missing_);
    if (!gathered) why_ = describe(gathered.error());
    co_await put_what_came("the copy at " + remote::without_user(url));
}

Awaitable<void> LargeRepair::run(std::vector<std::string> problems) {
    auto look = [this, &problems]() -> Result<void> {
        const Result<void> found = find(problems);
        if (found && !missing_.empty() && !held_.what.large_pool.empty()) put_from(lfs::Store(held_.what.large_pool), "the store that the mirrors share");
        return found;
    };
    const Result<void> found = co_await shared_.workers.run(std::move(look));
    if (!found) {
        repaired_.left.push_back(describe(found.error()));
        co_return;
    }
    if (!missing_.empty() && held_.not_asked.empty()) co_await ask_source();
    for (mirror::CopyPlace& place : sources_.outlets().copies) {
        if (!missing_.empty() && place.settings.lfs) co_await ask_copy(place);
    }
    for (const lfs::Pointer& object : missing_) {
        repaired_.left.push_back(held_.what.name + ": the large file " + object.oid + " is whole nowhere else" + (why_.empty() ? "" : ": " + why_));
    }
}

}  // namespace

Awaitable<void> repair_large_of(runner::Shared& shared, MirrorSources& sources, const HeldSource& held, std::vector<std::string> problems, Aside& aside,
                                Repaired& repaired) {
    LargeRepair repair(shared, sources, held, aside, repaired);
    co_await repair.run(std::move(problems));
}

}  // namespace autobackup::checks
