// SPDX-License-Identifier: MIT
// Against a real sshd and the system's ssh.
#include "tests/lib/remote/ssh_fixture.hpp"

namespace autobackup::remote::ssh_remote_test {
namespace {

TEST_F(SshRemoteTest, PushesFetchesAndLeavesNoKey) {
    const Oid first = work_.commit("a.txt", std::string(3'000'000, 'a'));
    const Result<PushReport> report =
        kit().push({update("refs/heads/main", Oid(), first)}, work_.pack(first.hex()));
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_TRUE(report->accepted());
    const Oid second = work_.commit("b.txt", "b");
    ASSERT_TRUE(
        kit()
            .push({update("refs/heads/main", first, second)}, work_.pack(second.hex() + " ^" + first.hex()))
            ->accepted());
    git(server_.repository(), "fsck --strict");
    EXPECT_EQ(git(server_.repository(), "rev-parse refs/heads/main"), second.hex());
    EXPECT_TRUE(kit().verify("refs/heads/main", second, 1));

    const Result<Advertisement> refs = kit().ls_refs();
    ASSERT_TRUE(refs) << describe(refs.error());
    EXPECT_EQ(refs->find("HEAD")->symref_target, "refs/heads/main");
    EXPECT_NE(refs->capabilities.at("fetch").find("shallow"),
              std::string::npos);  // version 2 came through SendEnv
    FetchRequest request;
    request.wants = {second};
    request.depth = 1;
    request.filter = "blob:none";
    const Result<FetchReport> fetched = kit().fetch(request, dir_.path() / "x.pack");
    ASSERT_TRUE(fetched) << describe(fetched.error());
    EXPECT_TRUE(fetched->filtered);
    EXPECT_EQ(fetched->shallow, std::vector<Oid>{second});
    EXPECT_EQ(folders(), 0);
}

TEST_F(SshRemoteTest, TheShortFormAndAServerWithoutProtocolVersions) {
    const Oid head = work_.commit("a.txt", "a");
    ASSERT_TRUE(kit().push({update("refs/heads/main", Oid(), head)}, work_.pack(head.hex()))->accepted());
    test::SshServer old(dir_.path() / "old", {"--create", "sp ace'd.git", "--no-protocol"});
    git(work_.path(),
        "push -q '" + (dir_.path() / "old/repos").string() + "'/'sp ace'\\''d.git' HEAD:refs/heads/main");
    Settings settings = at(old.url("sp%20ace'd.git"));
    settings.ssh.key = Secret(old.key());
    settings.ssh.known_hosts = old.file("known_hosts");
    settings.ssh.run_directory = run_directory();
    Kit remote(settings);
    const Result<Advertisement> refs = remote.ls_refs({"refs/heads/"});
    ASSERT_TRUE(refs) << describe(refs.error());
    ASSERT_NE(refs->find("refs/heads/main"), nullptr);
    EXPECT_EQ(refs->find("refs/heads/main")->oid, head);
    FetchRequest request;
    request.wants = {head};
    ASSERT_TRUE(remote.fetch(request, dir_.path() / "y.pack"));
}

// The user's own configuration is read: an alias there leads to the server. A wrapper in the PATH names the
// file, because ssh looks for it in the account's home and nowhere else. It also writes down its words.
TEST_F(SshRemoteTest, TheUsersConfigurationIsRespected) {
    const Oid head = work_.commit("a.txt", "a");
    ASSERT_TRUE(kit().push({update("refs/heads/main", Oid(), head)}, work_.pack(head.hex()))->accepted());
    test::write_text(dir_.path() / "config",
                     "Host forge\n HostName 127.0.0.1\n Port " + std::to_string(server_.port()) + "\n User " +
                         test::SshServer::user() +
                         "\n LogLevel QUIET\n RemoteCommand true\n RequestTTY force\n");
    const std::string real = shell("command -v ssh");
    test::write_text(dir_.path() / "bin" / "ssh",
                     "#!/bin/sh\nprintf '%s\\n' \"$@\" > '" + (dir_.path() / "words").string() +
                         "'; env > '" + (dir_.path() / "env").string() + "'; exec " + real + " -F '" +
                         (dir_.path() / "config").string() + "' \"$@\"\n");
    fs::permissions(dir_.path() / "bin" / "ssh", fs::perms::all);
    const std::string path = ::getenv("PATH");
    ::setenv("PATH", ((dir_.path() / "bin").string() + ":" + path).c_str(), 1);
    const Result<Advertisement> refs = Kit(settings("forge:" + server_.repository().string())).ls_refs();
    ::setenv("PATH", path.c_str(), 1);
    ASSERT_TRUE(refs) << describe(refs.error());
    EXPECT_EQ(refs->find("refs/heads/main")->oid, head);
    const std::string words = test::read_text(dir_.path() / "words"),
                      env = test::read_text(dir_.path() / "env");
    const std::string secret = server_.key().substr(60, 40);
    EXPECT_EQ((words + env).find(secret), std::string::npos);
    EXPECT_NE(words.find("StrictHostKeyChecking=yes\n"), std::string::npos);
    EXPECT_TRUE(words.ends_with("--\nforge\ngit-upload-pack '" + server_.repository().string() + "'\n"))
        << words;
}

TEST_F(SshRemoteTest, TheKeyLiesInAPrivateFileAndGoesWithTheRemote) {
    {
        Kit remote = kit();
        ASSERT_TRUE(remote.ls_refs());
        ASSERT_EQ(folders(), 1);
        const fs::path folder = fs::directory_iterator(run_directory())->path();
        struct stat status {};
        ASSERT_EQ(::stat(folder.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 07777U, 0700U);
        ASSERT_EQ(::stat((folder / "key").c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 07777U, 0600U);
        sweep_run_folders(run_directory());  // a living owner's is spared
        EXPECT_EQ(folders(), 1);
    }
    EXPECT_EQ(folders(), 0);
    // What a killed process left: nobody holds its lock.
    test::write_text(run_directory() / "ssh-killed" / "key", "secret");
    test::write_text(run_directory() / "other" / "key", "not ours");
    { const Result<RunFolder> next = RunFolder::make(run_directory()); }
    EXPECT_FALSE(fs::exists(run_directory() / "ssh-killed"));
    EXPECT_TRUE(fs::exists(run_directory() / "other" / "key"));
    test::write_text(run_directory() / "ssh-killed" / "key", "secret");
    sweep_run_folders(run_directory());
    EXPECT_FALSE(fs::exists(run_directory() / "ssh-killed"));
    sweep_run_folders(dir_.path() / "nowhere");
    fs::permissions(run_directory(), fs::perms::all);
    const Result<RunFolder> open_to_all = RunFolder::make(run_directory());
    ASSERT_FALSE(open_to_all);
    EXPECT_EQ(open_to_all.error().code, Errc::forbidden);
}

TEST_F(SshRemoteTest, UnknownHostKeyIsToldWithTheLineToAdd) {
    Kit remote = kit("client", "no_hosts");
    const Failure failure = remote.list_for_push().error();
    EXPECT_EQ(code_of(failure), "host_key_unknown");
    EXPECT_FALSE(failure.transient);
    EXPECT_EQ(failure.operation, "list refs of");
    EXPECT_NE(failure.peer.find("Host key verification failed"), std::string::npos) << failure.peer;
    const std::string fingerprint =
        shell("ssh-keygen -lf '" + server_.file("host_key.pub").string() + "' | cut -d' ' -f2");
    EXPECT_NE(failure.message.find(fingerprint), std::string::npos) << failure.message;
    const std::string line = "[127.0.0.1]:" + std::to_string(server_.port()) + " " +
                             shell("cut -d' ' -f1,2 '" + server_.file("host_key.pub").string() + "'");
    EXPECT_TRUE(failure.hint.ends_with("add this line to " + server_.file("no_hosts").string() + ": " + line))
        << failure.hint;
    EXPECT_EQ(test::read_text(server_.file("no_hosts")), "");
    EXPECT_EQ(logins(server_.log()), 0) << "a key was offered to an unknown server";

    // The advice holds; the session that failed does not ask again.
    test::write_text(server_.file("no_hosts"), line + "\n");
    EXPECT_EQ(code_of(remote.ls_refs().error()), "host_key_unknown");
    EXPECT_TRUE(kit("client", "no_hosts").ls_refs());
}

TEST_F(SshRemoteTest, ChangedHostKeyIsTold) {
    const Failure failure = kit("client", "changed_hosts").ls_refs().error();
    EXPECT_EQ(code_of(failure), "host_key_changed");
    EXPECT_NE(failure.message.find("SHA256:"), std::string::npos) << failure.message;
    EXPECT_NE(failure.hint.find("add this line"), std::string::npos) << failure.hint;
    EXPECT_NE(failure.peer.find("HAS CHANGED"), std::string::npos);
    EXPECT_EQ(logins(server_.log()), 0);
}

TEST_F(SshRemoteTest, AWrongKeyIsTriedOnce) {
    Kit remote = kit("stranger");
    const Failure failure = remote.list_for_push().error();
    EXPECT_EQ(code_of(failure), "unauthorized");
    EXPECT_FALSE(failure.transient);
    EXPECT_NE(failure.peer.find("Permission denied (publickey)"), std::string::npos);
    EXPECT_EQ(
        describe(failure).find(test::SshServer::user() + "@127.0.0.1:" + std::to_string(server_.port())),
        std::string::npos);
    // The server would take the key now, but the session that failed does not ask again.
    test::write_text(server_.file("authorized_keys"), test::read_text(server_.file("authorized_keys")) +
                                                          test::read_text(server_.file("stranger.pub")));
    EXPECT_EQ(code_of(remote.ls_refs().error()), "unauthorized");
    EXPECT_TRUE(kit("stranger").ls_refs());
    EXPECT_EQ(code_of(kit("locked").ls_refs().error()), "unauthorized");
    Settings broken = settings(server_.url());
    broken.ssh.key = Secret("no key at all");
    const Failure unusable = Kit(broken).ls_refs().error();
    EXPECT_EQ(code_of(unusable), "unauthorized");
    EXPECT_EQ(unusable.message, "ssh cannot use the private key");
    EXPECT_EQ(describe(unusable).find("no key at all"), std::string::npos);
}

TEST_F(SshRemoteTest, WhatTheServerDoesNotHaveOrAllow) {
    const Failure missing = Kit(settings(server_.url("nowhere.git"))).ls_refs().error();
    EXPECT_EQ(code_of(missing), "not_found");
    EXPECT_NE(missing.peer.find("does not appear to be a git repository"), std::string::npos) << missing.peer;
    EXPECT_EQ(missing.object, without_user(server_.url("nowhere.git")));

    const Failure reader = kit("reader").list_for_push().error();
    EXPECT_EQ(code_of(reader), "forbidden");
    EXPECT_NE(reader.peer.find("marked as read only"), std::string::npos);
    EXPECT_TRUE(kit("reader").ls_refs());

    const Failure chatty = kit("chatty").ls_refs().error();
    EXPECT_EQ(code_of(chatty), "bad_response");
    EXPECT_NE(chatty.peer.find("Welc"), std::string::npos) << chatty.peer;

    EXPECT_EQ(code_of(Kit(settings("ssh://127.0.0.1:1/a.git")).ls_refs().error()), "connection_refused");
    EXPECT_EQ(code_of(Kit(settings("ssh://nowhere.invalid/a.git")).ls_refs().error()), "resolve_failed");
}

TEST_F(SshRemoteTest, HooksRefuseWithTheirWords) {
    test::write_hook(server_.repository(), "pre-receive", "echo 'quota: 12 of 10 MB used' >&2; exit 1");
    const Oid head = work_.commit("a", "a");
    const Result<PushReport> report =
        kit().push({update("refs/heads/main", Oid(), head)}, work_.pack(head.hex()));
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_FALSE(report->accepted());
    EXPECT_EQ(report->verdicts[0].reason, "pre-receive hook declined");
    EXPECT_EQ(report->peer_words, "quota: 12 of 10 MB used");
}

}  // namespace
}  // namespace autobackup::remote::ssh_remote_test
