// SPDX-License-Identifier: MIT
#include "daemon/checks/repair_mirrors.hpp"

#include <algorithm>

#include "daemon/checks/large_mender.hpp"
#include "daemon/checks/large_supplies.hpp"
#include "daemon/checks/supplies.hpp"
#include "daemon/mirror/local.hpp"

namespace autobackup::checks {
namespace {

namespace fs = std::filesystem;

class MirrorRepair {
public:
    MirrorRepair(runner::Shared& shared, MirrorSources& sources, const HeldSource& held, Aside& aside, Repaired& repaired)
        : shared_(shared), sources_(sources), held_(held), aside_(aside), repaired_(repaired),
          mender_(held.what.path, mirror::plain_url(held.what.source.url), Bounds{shared.workers.stop_token(), shared.config.limits.reserve}) {}

    /// Whether all of it is whole now.
    Awaitable<bool> run();

private:
    Result<void> begin();
    Result<void> finish();
    Awaitable<void> ask_others();

    runner::Shared& shared_;
    MirrorSources& sources_;
    const HeldSource& held_;
    Aside& aside_;
    Repaired& repaired_;
    MirrorMender mender_;
    std::vector<std::string> silent_;  // who gave nothing
};

// What the mirror has noted of its copies tells where refs stood that cannot be read.
Result<void> MirrorRepair::begin() {
    Result<void> done = mender_.begin();
    for (const mirror::CopyPlace& place : sources_.outlets().copies) {
        if (!done || mender_.has_all()) break;
        Result<std::optional<mirror::CopyRecord>> record = mirror::read_copy_record(held_.what.path, mirror::copy_url(held_.what, place.settings));
        if (record && *record) done = mender_.know(known_of(place.settings, std::move((**record).refs)));
    }
    return done;
}

Awaitable<void> MirrorRepair::ask_others() {
    for (const SupplyWay& way : ways_of(shared_, sources_, held_, mender_.room_for("supply"))) {
        if (mender_.has_all()) break;
        shared_.progress.phase("fetching " + held_.what.name + " from " + way.words);
        const Result<Supply> supply = co_await way.get();
        auto take = [this, &supply] { return mender_.take_from(*supply); };
        Result<void> taken = supply ? Result<void>() : Result<void>(supply.error());
        if (supply) taken = co_await shared_.workers.run(std::move(take));
        if (!taken) silent_.push_back(held_.what.name + ": nothing came from " + way.words + ": " + describe(taken.error()));
    }
}

Result<void> MirrorRepair::finish() {
    const Result<std::vector<std::string>> joined = mender_.join(aside_);
    if (!joined) return joined.error();
    repaired_.mended.insert(repaired_.mended.end(), joined->begin(), joined->end());
    if (mender_.complete()) return {};
    std::move(silent_.begin(), silent_.end(), std::back_inserter(repaired_.left));
    for (std::string& line : mender_.left()) repaired_.left.push_back(std::move(line));
    return {};
}

Awaitable<bool> MirrorRepair::run() {
    shared_.progress.phase("looking at every object of " + held_.what.name);
    auto look = [this] { return begin(); };
    Result<void> done = co_await shared_.workers.run(std::move(look));
    if (done) co_await ask_others();
    auto join = [this] { return finish(); };
    if (done) done = co_await shared_.workers.run(std::move(join));
    if (!done) repaired_.left.push_back(describe(done.error()));
    co_return done && mender_.complete();
}

// Anything but what was said of large files.
bool of_git(const std::string& problem) { return large_named_in(std::vector<std::string>(1, problem)).empty(); }

}  // namespace

Awaitable<Repaired> repair_mirrors(runner::Shared& shared, const config::Job& job, std::vector<restore::Checked> copies) {
    Repaired repaired;
    std::erase_if(copies, [](const restore::Checked& one) { return one.where != "mirror" || one.good(); });
    if (copies.empty()) co_return repaired;
    const Result<std::unique_ptr<MirrorSources>> sources = co_await MirrorSources::make(shared, job);
    if (!sources) {
        repaired.left.push_back(describe(sources.error()));
        co_return repaired;
    }
    Aside aside(shared.config.storage, job.name);
    for (const restore::Checked& copy : copies) {
        const auto& all = (*sources)->all();
        const auto held = std::find_if(all.begin(), all.end(), [&copy](const HeldSource& one) { return one.what.path == copy.path; });
        if (shared.workers.stop_token().stop_requested()) break;
        if (held == all.end()) {
            repaired.left.push_back(copy.path + ": there is no repository; the next run clones it anew, kept refs come from a copy or a bundle alone");
            continue;
        }
        if (std::any_of(copy.problems.begin(), copy.problems.end(), of_git)) {
            MirrorRepair repair(shared, **sources, *held, aside, repaired);
            const bool whole = co_await repair.run();
            if (!whole) continue;  // which large files history names cannot be told
        }
        if (held->what.lfs) co_await repair_large_of(shared, **sources, *held, copy.problems, aside, repaired);
    }
    co_return repaired;
}

}  // namespace autobackup::checks
