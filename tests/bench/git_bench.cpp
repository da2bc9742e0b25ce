// SPDX-License-Identifier: MIT
// What tests/bench/git.py drives: our git client alone, without a job around it.
//   git_bench fill REPOSITORY BYTES       a commit of files of 200 KB, one pack
//   git_bench push REPOSITORY URL         what refs/heads/main has and the target lacks, as one pack
//   git_bench mirror AT_ONCE LIST         what a mirror job does; LIST has lines "REPOSITORY URL"
//   git_bench libgit2-fetch REPOSITORY URL, libgit2-push REPOSITORY URL    the same by libgit2's own network code
// Prints one line of what it did. Exit 0 when it did it.
#include <git2.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <stdexcept>

#include "daemon/mirror/mirror.hpp"
#include "lib/remote/pack_source.hpp"
#include "lib/git/repository.hpp"
#include "lib/remote/remote.hpp"
#include "tests/support/git_objects.hpp"
#include "tests/support/run_coroutine.hpp"

using namespace autobackup;

namespace {

template <class T>
T need(Result<T> result) {
    if (!result) throw std::runtime_error(describe(result.error()));
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

constexpr std::size_t file_bytes = 200'000;

void fill(const fs::path& path, std::uint64_t bytes) {
    git::Repository repository = need(git::Repository::open_or_init(path, "main"));
    git::Folder folder;
    std::vector<git::NewBlob> blobs;
    for (unsigned i = 0; i * file_bytes < bytes; ++i) {
        git::NewBlob blob;
        blob.oid = git::hash_object(git::ObjectType::blob, test::noise(file_bytes, i));
        blob.size = file_bytes;
        blob.compress = false;
        blob.produce = [i](const git::TakeBytes& take) {
            const std::string content = test::noise(file_bytes, i);
            return take(std::as_bytes(std::span(content)));
        };
        folder.add_file("data/" + std::to_string(i) + ".jpg", blob.oid);
        blobs.push_back(std::move(blob));
    }
    std::vector<git::RawObject> objects;
    const git::Oid tree = folder.build(objects);
    git::Signature author;
    author.name = author.email = "bench";
    objects.push_back(git::make_commit(tree, {}, author, "bench"));
    const std::optional<git::PackInfo> pack = need(repository.write_pack(blobs, objects, {}));
    need(repository.set_ref("refs/heads/main", objects.back().oid, std::nullopt, "bench"));
    std::printf("%s %lu bytes\n", pack->pack.c_str(), static_cast<unsigned long>(pack->bytes));
}

struct Client {
    async::Workers workers{2};
    std::unique_ptr<http::Client> http = need(http::make_client(http::ClientSettings()));
    std::unique_ptr<remote::Remote> at(const std::string& url) {
        remote::Settings settings;
        settings.url = url;
        return need(remote::make_remote(*http, workers, std::move(settings)));
    }
};

Awaitable<void> push(Client& client, fs::path path, std::string url) {
    git::Repository repository = need(git::Repository::open(path));
    const std::unique_ptr<remote::Remote> target = client.at(url);
    const remote::Advertisement there = need(co_await target->list_for_push());
    remote::RefUpdate update;
    update.name = "refs/heads/main";
    update.new_oid = need(repository.resolve(update.name)).value();
    std::vector<git::Oid> known;
    if (const remote::Ref* ref = there.find(update.name)) {
        update.old_oid = ref->oid;
        known.push_back(ref->oid);
    }
    const std::vector<git::Oid> tips(1, update.new_oid);
    const std::vector<git::Oid> objects = need(repository.missing_objects(tips, known));
    auto source = std::make_shared<remote::PackSource>(client.workers, need(git::PackReader::make(repository, objects)));
    const std::optional<std::uint64_t> bytes = source->size();
    std::vector<remote::RefUpdate> updates(1, update);
    const remote::PushReport report = need(co_await target->push(std::move(updates), source));
    if (!report.accepted()) throw std::runtime_error(report.unpack + " " + report.peer_words);
    need(co_await remote::verify_ref(*target, update.name, update.new_oid, 1));
    std::printf("%zu objects, %lu bytes\n", objects.size(), static_cast<unsigned long>(bytes.value_or(0)));
}

// What a mirror job does with its repositories.
Awaitable<void> mirror(Client& client, std::size_t at_once, std::vector<std::pair<std::string, std::string>> pairs) {
    const std::unique_ptr<report::Progress> progress = report::make_progress(STDERR_FILENO, /*quiet=*/true);
    const config::Limits limits;
    mirror::Context context{client.workers, *progress, limits, config::Retry(), "bench", model::Options()};
    const auto speak_v2 = std::make_shared<std::set<std::string>>();
    std::vector<mirror::Repository> what;
    for (const auto& [path, url] : pairs) {
        mirror::Repository one;
        one.name = fs::path(path).filename();
        one.path = path;
        one.source.url = url;
        one.source.speak_v2 = speak_v2;
        one.client = client.http.get();
        one.lfs = false;
        what.push_back(std::move(one));
    }
    model::Run run;
    co_await mirror::mirror_all(context, std::move(what), at_once, run);
    std::map<std::string, int> outcomes;
    for (const model::Item& item : run.items) {
        if (item.outcome == model::ItemOutcome::failed) throw std::runtime_error(item.name + " failed: " + describe(item.stages.back().error.value()));
        ++outcomes[std::string(model::name(item.outcome))];
    }
    for (const auto& [outcome, count] : outcomes) std::printf("%d %s\n", count, outcome.c_str());
}

void check(int rc) {
    if (rc < 0) throw std::runtime_error(git_error_last() != nullptr ? git_error_last()->message : "libgit2 failed");
}

// As `git fetch --prune` of a mirror, or `git push` of refs/heads/main.
void by_libgit2(bool fetch, const std::string& path, const std::string& url) {
    git_repository* repository = nullptr;
    check(git_repository_open_bare(&repository, path.c_str()));
    git_remote* remote = nullptr;
    check(git_remote_create_anonymous(&remote, repository, url.c_str()));
    std::string refspec = fetch ? "+refs/*:refs/*" : "refs/heads/main:refs/heads/main";
    char* word = refspec.data();
    const git_strarray refspecs{&word, 1};
    if (fetch) {
        git_fetch_options options = GIT_FETCH_OPTIONS_INIT;
        options.prune = GIT_FETCH_PRUNE;
        options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
        check(git_remote_fetch(remote, &refspecs, &options, nullptr));
        std::printf("%u objects\n", git_remote_stats(remote)->received_objects);
    } else {
        git_push_options options = GIT_PUSH_OPTIONS_INIT;
        check(git_remote_push(remote, &refspecs, &options));
    }
    git_remote_free(remote);
    git_repository_free(repository);
}

std::vector<std::pair<std::string, std::string>> read_list(const std::string& path) {
    std::vector<std::pair<std::string, std::string>> pairs;
    std::ifstream file(path);
    for (std::string place, url; file >> place >> url;) pairs.emplace_back(place, url);
    return pairs;
}

int run(const std::vector<std::string>& words) {
    if (words[0] == "fill") {
        fill(words[1], std::stoull(words[2]));
        return 0;
    }
    if (words[0].starts_with("libgit2-")) {
        git::initialise_library();
        by_libgit2(words[0] == "libgit2-fetch", words[1], words[2]);
        return 0;
    }
    Client client;
    auto work = [&]() -> Awaitable<void> {
        if (words[0] == "push") co_await push(client, words[1], words[2]);
        if (words[0] == "mirror") co_await mirror(client, std::stoul(words[1]), read_list(words[2]));
        client.http->close_idle();
    };
    test::run_coroutine(work, Milliseconds(600'000));
    return 0;
}

}  // namespace

int main(int count, char** words) {
    if (count != 4) return 2;
    try {
        return run(std::vector<std::string>(words + 1, words + count));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "git_bench: %s\n", error.what());
        return 1;
    }
}
