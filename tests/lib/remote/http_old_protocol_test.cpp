// SPDX-License-Identifier: MIT
// Protocol v0 over HTTP: a git that never hears of the client's wish for v2.
#include <gtest/gtest.h>

#include "lib/http/url.hpp"
#include "tests/lib/remote/remote_kit.hpp"
#include "tests/support/scripted_server.hpp"

namespace autobackup::remote::http_old_protocol_test {
namespace {

using test::Peer;
using test::shell;

// Serves `repository` by upload-pack's stateless mode, a request at a time, as gitprotocol-http(5) says.
test::ScriptedServer::Script old_server(const fs::path& repository, const fs::path& scratch) {
    return [=](Peer& peer) {
        const std::string run = "git upload-pack --stateless-rpc ";
        const std::string path = "'" + repository.string() + "'";
        const std::string fields = "Content-Type: application/x-git-upload-pack-";
        for (;;) {
            const std::string head = peer.read_head();
            if (head.empty()) return;
            test::write_text(scratch / "request", peer.read_body(head));
            if (head.starts_with("GET")) {
                shell("(printf '001e# service=git-upload-pack\\n0000'; " + run + "--advertise-refs " + path +
                      ") > '" + (scratch / "answer").string() + "'");
            } else {
                // What it does not understand ends it: an answer without a word.
                shell(run + path + " < '" + (scratch / "request").string() + "' > '" +
                      (scratch / "answer").string() + "' || true");
            }
            const std::string answer = test::read_text(scratch / "answer");
            peer.answer("200 OK", answer,
                        fields + (head.starts_with("GET") ? "advertisement\r\n" : "result\r\n"));
        }
    };
}

TEST(HttpOldProtocol, ListsAndFetches) {
    test::TempDir dir;
    test::WorkTree work(dir.path() / "work");
    const std::vector<Oid> commits = {work.commit("a", "a"),
                                      work.commit("big", shell("head -c 300000 /dev/urandom | base64")),
                                      work.commit("b", "b")};
    test::git(work.path(), "config uploadpack.allowFilter true");
    test::ScriptedServer server(old_server(work.path() / ".git", dir.path()));
    Kit source(at(server.url("/x.git")));
    const Result<Advertisement> refs = source.ls_refs({"refs/"});
    ASSERT_TRUE(refs) << describe(refs.error());
    EXPECT_FALSE(refs->capabilities.contains("fetch")) << "the server spoke v2 after all";
    ASSERT_NE(refs->find("refs/heads/main"), nullptr);
    EXPECT_EQ(refs->find("HEAD"), nullptr);

    const fs::path pack = dir.path() / "fetched.pack";
    FetchRequest request;
    request.wants = {commits.back()};
    request.haves = {commits[1]};
    Result<FetchReport> report = source.fetch(request, pack);
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_LT(report->pack_bytes, 2'000U);
    request.haves.clear();
    report = source.fetch(request, pack);
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_EQ(
        test::git(adopt(dir.path(), pack, *report), "rev-list --objects --count " + commits.back().hex()),
        "9");
    request.depth = 1;
    request.filter = "blob:none";
    report = source.fetch(request, pack);
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_TRUE(report->filtered);
    EXPECT_EQ(report->shallow, std::vector<Oid>{commits.back()});
}

TEST(HttpOldProtocol, IsNoticedWhenTheServerWasTakenForANewerOne) {
    test::TempDir dir;
    test::WorkTree work(dir.path() / "work");
    const Oid head = work.commit("a", "a");
    test::ScriptedServer server(old_server(work.path() / ".git", dir.path()));
    Settings settings = at(server.url("/x.git"));
    const std::string origin = http::Url::parse(settings.url).value().origin();
    settings.speak_v2 = std::make_shared<std::set<std::string>>(std::set<std::string>{origin});
    Kit source(settings);
    const Result<Advertisement> refs = source.ls_refs();
    ASSERT_TRUE(refs) << describe(refs.error());
    ASSERT_NE(refs->find("refs/heads/main"), nullptr);
    EXPECT_EQ(refs->find("refs/heads/main")->oid, head);
    EXPECT_TRUE(settings.speak_v2->empty()) << "the next one is not taken for it again";
    FetchRequest request;
    request.wants = {head};
    EXPECT_TRUE(source.fetch(request, dir.path() / "fetched.pack"));
}

}  // namespace
}  // namespace autobackup::remote::http_old_protocol_test
