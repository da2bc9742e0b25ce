// SPDX-License-Identifier: MIT
// Proving a whole repository: every byte hashed, everything reachable.
#include <algorithm>

#include "lib/core/stop.hpp"
#include "lib/git/links.hpp"
#include "lib/git/pack_check.hpp"
#include "lib/git/repository_impl.hpp"

namespace autobackup::git {

namespace {

constexpr std::size_t most_problems = 100'000;

class Checker {
public:
    Checker(Repository::Impl& repository, const StopAsked& stop)
        : repository_(repository), stop_(stop), reader_(repository.path / "objects", repository.packs),
          packs_(reader_, [this](std::string text, const std::optional<Oid>& oid) { problem(std::move(text), oid); }, stop) {}

    Repository::CheckReport run() {
        for (const Failure& failure : repository_.packs.unusable()) problem(describe(failure));
        for (const std::unique_ptr<PackFile>& pack : repository_.packs.packs()) report_.objects += packs_.check(*pack);
        check_loose();
        check_refs();
        return std::move(report_);
    }

private:
    struct Step {
        Oid oid;
        std::optional<ObjectType> type;  ///< nothing: whatever a ref may name
        std::string from;
    };

    [[nodiscard]] bool stopped() const { return stop_ && stop_(); }

    void problem(std::string text, const std::optional<Oid>& damaged = {}) {
        if (report_.problems.size() >= most_problems) return;
        report_.problems.push_back(std::move(text));
        if (damaged) report_.damaged.push_back(*damaged);
    }

    void missing(const Step& step) {
        if (report_.problems.size() >= most_problems) return;
        report_.problems.push_back("object " + step.oid.hex() + ", which " + step.from + " needs, is missing");
        report_.missing.push_back(step.oid);
    }

    // -- content --

    void check_loose() {
        std::error_code error;
        for (fs::directory_iterator folder(repository_.path / "objects", error), end; !error && folder != end;
             folder.increment(error)) {
            if (folder->path().filename().native().size() == 2) check_loose_folder(folder->path());
        }
        if (error) problem(repository_.path.string() + ": the objects cannot be listed: " + error.message());
    }

    void check_loose_folder(const fs::path& folder) {
        std::error_code error;
        for (fs::directory_iterator file(folder, error), end; !error && file != end && !stopped(); file.increment(error)) {
            const std::optional<Oid> oid =
                Oid::parse(folder.filename().string() + file->path().filename().string());
            if (!oid) continue;  // a temporary file of git's
            ++report_.objects;
            const Result<ObjectType> type = reader_.stream_loose(*oid, file->path(), look_only);
            if (!type) problem(describe(type.error()), oid);
        }
        if (error) problem(folder.string() + ": the objects cannot be listed: " + error.message());
    }

    // -- reachability --

    void check_refs() {
        const Result<std::vector<std::pair<std::string, Oid>>> refs = repository_.ref_store.list("refs/");
        if (!refs) return problem(describe(refs.error()));
        for (const auto& [name, oid] : *refs) walk({oid, std::nullopt, name});
        const Result<std::optional<Oid>> head = repository_.ref_store.resolve("HEAD");
        if (!head) return problem(describe(head.error()));
        if (head->has_value()) walk({**head, std::nullopt, "HEAD"});
    }

    void walk(Step first) {
        stack_.push_back(std::move(first));
        while (!stack_.empty() && !stopped()) {
            const Step step = std::move(stack_.back());
            stack_.pop_back();
            if (!seen_.insert(step.oid).second) continue;
            if (!repository_.has(step.oid)) {
                if (!is_promised(step.oid)) missing(step);
            } else if (step.type != ObjectType::blob) {
                follow(step);
            }
        }
    }

    void follow(const Step& step) {
        const Result<LoadedObject> object =
            step.type ? repository_.load(step.oid, *step.type) : repository_.load(step.oid);
        if (!object) return problem(describe(object.error()) + " (needed by " + step.from + ")", step.oid);
        const bool understood =
            for_each_link(step.oid, *object, repository_.shallow, [&](const Oid& oid, std::optional<ObjectType> type) {
                stack_.push_back({oid, type, step.oid.hex()});
            });
        if (!understood)
            problem("object " + step.oid.hex() + ", which " + step.from + " needs, is not well formed", step.oid);
    }

    /// Whether an object of a promisor pack names it: then the remote has undertaken to give it
    /// (gitformat-pack, "partial clone").
    bool is_promised(const Oid& oid) {
        if (!repository_.partial) return false;
        if (!promised_known_) collect_promised();
        return promised_.contains(oid);
    }

    void collect_promised() {
        promised_known_ = true;
        for (const std::unique_ptr<PackFile>& pack : repository_.packs.packs()) {
            if (!pack->is_promisor()) continue;
            for (std::uint32_t row = 0; row < pack->count(); ++row) {
                const Oid oid = pack->oid(row);
                const Result<ObjectHead> head = repository_.reader.head(oid);
                if (!head || head->type == ObjectType::blob) continue;
                const Result<LoadedObject> object = repository_.load(oid);
                if (!object) continue;  // told by check_pack
                for_each_link(oid, *object, repository_.shallow,
                              [this](const Oid& link, std::optional<ObjectType>) { promised_.insert(link); });
            }
        }
    }

    Repository::Impl& repository_;
    const StopAsked& stop_;
    ObjectReader reader_;
    PackCheck packs_;
    Repository::CheckReport report_;
    std::vector<Step> stack_;
    OidSet seen_;
    OidSet promised_;
    bool promised_known_ = false;
};

}  // namespace

Result<Repository::CheckReport> Repository::check(const StopAsked& stop) const {
    impl_->refresh();
    Checker checker(*impl_, stop);
    CheckReport report = checker.run();
    if (stop && stop()) return fail_cancelled("check", path().string());
    return report;
}

}  // namespace autobackup::git
