// SPDX-License-Identifier: MIT
// What a backup does to its vault: crash_helper VAULT ROUND writes a commit of that round on top of the
// branch and moves the branch; crash_helper VAULT join joins its packs; crash_helper VAULT adopt PACK takes in a pack
// that a peer sent; crash_helper VAULT ROUND grow does as the first, by a pack that grows, and crash_helper VAULT ROUND stay
// by one that another process goes on with. Exit 0 when the branch stands at it, 3 when
// the disk was full, 4 on another failure.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "lib/git/repository.hpp"
#include "tests/support/git_objects.hpp"

#if defined(__SANITIZE_ADDRESS__)
/// LeakSanitizer cannot work in a program that is traced.
extern "C" const char* __asan_default_options() {
    return "detect_leaks=0";
}
#endif

using namespace autobackup;

namespace {

int finish(const Failure& failure) {
    std::fprintf(stderr, "%s: %s\n", std::string(name(failure.code)).c_str(), describe(failure).c_str());
    return failure.code == Errc::disk_full ? 3 : 4;
}

}  // namespace

int main(int count, char** words) {
    if (count != 3 && count != 4) return 2;
    const unsigned round = static_cast<unsigned>(std::atoi(words[2]));
    Result<git::Repository> vault = git::Repository::open_or_init(words[1], "main");
    if (!vault) return finish(vault.error());
    if (std::string_view(words[2]) == "join") {
        git::JoinRule rule;
        rule.pile = 2;
        const Result<git::Joined> joined = vault->join_packs(rule, {});
        return joined ? 0 : finish(joined.error());
    }
    const bool stays = count == 4 && std::string_view(words[3]) == "stay";
    const bool grows = stays || (count == 4 && std::string_view(words[3]) == "grow");
    if (count == 4 && !grows) {
        git::Fetched fetched;
        fetched.pack = words[3];
        const Result<void> adopted = vault->adopt_pack(fetched, "origin", "");
        return adopted ? 0 : finish(adopted.error());
    }
    const Result<std::optional<git::Oid>> tip = vault->resolve("refs/heads/main");
    if (!tip) return finish(tip.error());
    std::vector<git::Oid> parents;
    if (tip->has_value()) parents.push_back(**tip);
    // More than one piece of the pack's writer, and both ways of storing.
    const std::vector<test::NamedContent> files{{"a/image.jpg", test::noise(1'300'000, round), false},
                                                {"a/annotations.json", test::prose(50'000, round), true}};
    const Result<git::Oid> commit = grows ? test::grow_commit(*vault, files, parents, 1'700'000'000 + round, "round " + std::string(words[2]), stays ? "item" : "")
                                          : test::write_commit(*vault, files, parents, 1'700'000'000 + round, "round " + std::string(words[2]));
    if (!commit) return finish(commit.error());
    const Result<void> set = vault->set_ref("refs/heads/main", *commit, *tip, "round");
    if (!set) return finish(set.error());
    std::printf("%s\n", commit->hex().c_str());
    return 0;
}
