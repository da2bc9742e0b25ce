// SPDX-License-Identifier: MIT
// One owner of a job: from its listing to mirrors that are up to date. Loop thread. Private to this room.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/github/github_job.hpp"
#include "daemon/github/plan.hpp"

namespace autobackup::github_job {

class OwnerBackup {
public:
    /// `directory`: where repositories/, gists/ and starred/ lie.
    OwnerBackup(Context& context, config::GithubSource::Owner owner, std::filesystem::path directory, std::uint64_t turn, model::Run& run);
    /// Repositories, wikis and gists.
    Awaitable<void> run();
    /// What the user starred, where that is wanted and run() came so far. For after the run() of every owner of the job: a repository that one
    /// of them has is one mirror, not two.
    Awaitable<void> starred();

private:
    /// What a look at a wiki found.
    struct WikiSeen {
        bool well = false;   ///< nothing is left to do
        bool here = false;   ///< it has a mirror
        bool moved = false;  ///< it was not as it is held
        bool blocked = false;  ///< by the forge; it may come back
        std::string head;
    };
    /// One mirror in work, and its wiki's: where the card of both lies and what it will say.
    struct Work {
        mirror::Repository mirror;
        std::filesystem::path folder;  ///< of the card
        Card card;                     ///< as it will be when all went well
        bool up_to_date = false;
        bool wiki = false;             ///< the wiki is wanted, or held and to be told of
        bool wiki_up_to_date = false;
        bool alone = false;            ///< the wiki is asked for without its repository
        bool quiet = false;            ///< see Entry
        bool was_gone = false;         ///< told so by an earlier run
        bool blocked = false;          ///< by the forge, or gone since it was listed
        std::vector<std::filesystem::path> places_of_others{};  ///< see adopt()
        std::size_t item = 0;          ///< index in run.items
        bool looked = false;           ///< the repository was asked
        std::optional<WikiSeen> wiki_seen{};
        int parts = 2;                 ///< of repository and wiki: not done yet
    };

    [[nodiscard]] Result<std::vector<Held>> read_held() const;
    Awaitable<Result<Plan>> survey();
    Awaitable<Result<void>> arrange(const Plan& plan);
    Awaitable<void> tell_gone(const Gone& gone);
    Awaitable<void> repositories(const Plan& plan);
    Awaitable<void> gists();
    Awaitable<bool> is_gone(const Work& work, const model::Item& item);
    void settle(const std::vector<Held>& held, const Plan& plan);
    Awaitable<void> work_all(std::vector<Work> all);
    Awaitable<void> work_part(Work& work, bool wiki);
    Awaitable<void> work_one(Work& work);
    Awaitable<void> wiki_of(Work& work);
    Awaitable<void> look_at_wiki(Work& work, mirror::Repository what);
    Awaitable<void> mirror_one(mirror::Repository what, model::Item& item);
    Awaitable<void> take_over(const mirror::Repository& what, std::vector<std::filesystem::path> candidates);
    Awaitable<void> keep_card(const Work& work);
    Awaitable<Result<remote::Settings>> access_to(const std::string& https_url, const std::string& ssh_url);
    [[nodiscard]] bool is_told(const Work& work) const;
    void add_missing(const std::string& name, const Failure& why);
    void tell(model::Item& item);
    [[nodiscard]] Work work_for(const Entry& entry) const;
    [[nodiscard]] bool is_organization() const { return owner_.kind == config::GithubSource::Owner::Kind::organization; }

    Context& context_;
    config::GithubSource::Owner owner_;
    std::filesystem::path directory_;
    std::uint64_t turn_;
    bool surveyed_ = false;
    model::Run& run_;
    github::Client client_;
    github::Owner asked_;
};

}  // namespace autobackup::github_job
