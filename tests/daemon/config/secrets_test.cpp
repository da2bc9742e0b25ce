// SPDX-License-Identifier: MIT
#include "daemon/config/secrets.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/config_file.hpp"
#include "tests/support/process_gone.hpp"

namespace autobackup::config::secrets_test {
namespace {

using test::TempDir;

class Secrets : public testing::Test {
protected:
    void SetUp() override {
        fs::create_directories(directory_.path() / "systemd");
        places_.directory = directory_.path();
        places_.environment["PATH"] = "/usr/bin:/bin";
    }
    fs::path put(const std::string& name, std::string_view value, mode_t mode = 0600) {
        const fs::path path = directory_.path() / name;
        std::ofstream(path, std::ios::binary) << value;
        EXPECT_EQ(::chmod(path.c_str(), mode), 0);
        return path;
    }
    static SecretRef ref(SecretRef::Form form, std::string text) {
        SecretRef out;
        out.form = form;
        out.text = std::move(text);
        out.key_path = "servers.lab.auth.token";
        return out;
    }
    static SecretRef command(std::vector<std::string> argv) {
        SecretRef out = ref(SecretRef::Form::command, std::string());
        out.argv = std::move(argv);
        return out;
    }
    // The value, or "refused: " and why.
    std::string value(const SecretRef& of) {
        warnings_.clear();
        const auto secret = read_secret(of, places_, &warnings_);
        if (secret) return secret->reveal();
        EXPECT_EQ(secret.error().code, Errc::secret_missing);
        EXPECT_EQ(secret.error().object, "servers.lab.auth.token");
        return "refused: " + secret.error().message;
    }
    std::string name(const std::string& text) { return value(ref(SecretRef::Form::name, text)); }

    TempDir directory_;
    SecretPlaces places_;
    std::vector<std::string> warnings_;
};

TEST_F(Secrets, a_name_is_looked_up_in_two_places) {
    put("lab", "from directory\n");
    EXPECT_EQ(name("lab"), "from directory");
    places_.environment["CREDENTIALS_DIRECTORY"] = (directory_.path() / "systemd").string();
    EXPECT_EQ(name("lab"), "from directory");
    put("systemd/lab", "from systemd");
    EXPECT_EQ(name("lab"), "from systemd");
}

TEST_F(Secrets, what_was_read_ahead_is_not_looked_for_again) {
    const test::ConfigFile file("servers: {lab: {cvat: 'https://a', auth: {token: lab}}, other: {cvat: 'https://b', auth: {token: gone}}}\n"
                                "jobs: {a: {schedule: manual, cvat: {server: lab}}, b: {schedule: manual, cvat: {server: other}}}\n");
    const Loaded loaded = file.load();
    ASSERT_TRUE(loaded.config);
    put("lab", "first\n");
    read_ahead(*loaded.config, {"a"}, places_);
    EXPECT_EQ(places_.known.size(), 1U);
    read_ahead(*loaded.config, {}, places_);
    EXPECT_EQ(places_.known.size(), 1U) << "one that is not there is left to whoever needs it";
    fs::remove(directory_.path() / "lab");
    EXPECT_EQ(name("lab"), "first");
}

TEST_F(Secrets, a_missing_name_tells_the_places) {
    const std::string without = name("lab");
    EXPECT_NE(without.find("$CREDENTIALS_DIRECTORY (not set)"), std::string::npos) << without;
    EXPECT_NE(without.find((directory_.path() / "lab").string()), std::string::npos);
    places_.environment["CREDENTIALS_DIRECTORY"] = (directory_.path() / "systemd").string();
    EXPECT_NE(name("lab").find((directory_.path() / "systemd/lab").string()), std::string::npos);
}

TEST_F(Secrets, a_directory_loaded_by_systemd_has_the_id_in_front) {
    places_.environment["CREDENTIALS_DIRECTORY"] = (directory_.path() / "systemd").string();
    put("lab", "from directory");
    put("systemd/autobackupd_lab", "from the unit");
    EXPECT_EQ(name("lab"), "from the unit");
    put("systemd/lab", "loaded alone");
    EXPECT_EQ(name("lab"), "loaded alone")
        << "LoadCredential=lab:FILE is more particular than a whole directory";
    const std::string missing = name("other");
    EXPECT_NE(missing.find((directory_.path() / "systemd/autobackupd_other").string()), std::string::npos)
        << missing;
}

TEST_F(Secrets, a_directory_that_is_closed_to_the_service_is_one_more_place) {
    places_.environment["CREDENTIALS_DIRECTORY"] = (directory_.path() / "systemd").string();
    fs::permissions(directory_.path(), fs::perms::owner_all | fs::perms::others_exec);
    fs::create_directory(directory_.path() / "root");
    fs::permissions(directory_.path() / "root", fs::perms::none);
    fs::permissions(directory_.path() / "systemd", fs::perms::all);
    places_.directory = directory_.path() / "root";
    const bool root = ::geteuid() == 0;
    if (root) {
        ASSERT_EQ(::seteuid(65534), 0);
    }
    const std::string text = name("lab");
    if (root) {
        ASSERT_EQ(::seteuid(0), 0);
    }
    fs::permissions(directory_.path() / "root", fs::perms::owner_all);
    EXPECT_NE(text.find("there is no secret 'lab'"), std::string::npos) << text;
    EXPECT_NE(text.find("root/lab (permission denied)"), std::string::npos) << text;
}

TEST_F(Secrets, one_trailing_newline_is_dropped) {
    put("lf", "value\n");
    put("crlf", "value\r\n");
    put("spaces", " value \n");
    EXPECT_EQ(name("lf"), "value");
    EXPECT_EQ(name("crlf"), "value");
    EXPECT_EQ(name("spaces"), " value ");
}

TEST_F(Secrets, an_empty_or_odd_file_is_refused) {
    put("empty", "");
    put("newline", "\n");
    put("two", "a\nb\n");
    put("long", std::string(70'000, 'x'));
    fs::create_directory(directory_.path() / "folder");
    EXPECT_NE(name("empty").find("is empty"), std::string::npos);
    EXPECT_NE(name("newline").find("is empty"), std::string::npos);
    EXPECT_NE(name("two").find("more than one line"), std::string::npos);
    EXPECT_NE(name("long").find("longer than"), std::string::npos);
    EXPECT_NE(name("folder").find("not a regular file"), std::string::npos);
    ASSERT_EQ(::mkfifo((directory_.path() / "fifo").c_str(), 0600), 0);
    EXPECT_NE(name("fifo").find("not a regular file"), std::string::npos) << "and it does not hang";
}

TEST_F(Secrets, only_a_private_key_has_several_lines) {
    put("key", "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----\n");
    put("public", "ssh-ed25519 AAAA me\n");
    SecretRef key = ref(SecretRef::Form::name, "key");
    EXPECT_NE(value(key).find("more than one line"), std::string::npos);
    key.private_key = true;
    EXPECT_TRUE(value(key).ends_with("abc\n-----END OPENSSH PRIVATE KEY-----"));
    key.text = "public";
    EXPECT_NE(value(key).find("holds no private key"), std::string::npos);
    EXPECT_EQ(value(key).find("AAAA"), std::string::npos);
}

TEST_F(Secrets, permissions_of_a_file_are_looked_at) {
    const auto file = [this](mode_t mode) {
        return value(ref(SecretRef::Form::file, put("f", "v", mode).string()));
    };
    EXPECT_EQ(file(0600), "v");
    EXPECT_TRUE(warnings_.empty());
    EXPECT_EQ(file(0640), "v");
    EXPECT_TRUE(warnings_.empty());
    EXPECT_EQ(file(0644), "v");
    ASSERT_EQ(warnings_.size(), 1U);
    EXPECT_NE(warnings_[0].find("can be read by others"), std::string::npos);
    EXPECT_NE(file(0660).find("written by group or others"), std::string::npos);
    EXPECT_NE(file(0602).find("written by group or others"), std::string::npos);
    EXPECT_NE(value(ref(SecretRef::Form::file, "/nonexistent/x")).find("/nonexistent/x"), std::string::npos);
}

TEST_F(Secrets, a_variable_comes_from_the_given_environment) {
    places_.environment["TOKEN"] = "v";
    places_.environment["EMPTY"] = "";
    EXPECT_EQ(value(ref(SecretRef::Form::env, "TOKEN")), "v");
    EXPECT_NE(value(ref(SecretRef::Form::env, "EMPTY")).find("EMPTY is empty"), std::string::npos);
    EXPECT_NE(value(ref(SecretRef::Form::env, "HOME")).find("HOME is not set"), std::string::npos);
}

TEST_F(Secrets, a_command_runs_without_a_shell) {
    EXPECT_EQ(value(command({"printf", "%s\\n", "$HOME; x"})), "$HOME; x");
    places_.environment["HOME"] = "/home/x";
    places_.environment["OTHER_TOKEN"] = "hidden";
    EXPECT_EQ(value(command({"sh", "-c", "echo $HOME $OTHER_TOKEN; echo words >&2"})), "/home/x");
    EXPECT_NE(value(command({"no-such-program"})).find("not found in PATH"), std::string::npos);
    EXPECT_NE(value(command({"/nonexistent/program"})).find("cannot be started"), std::string::npos);
    EXPECT_NE(value(command({"true"})).find("is empty"), std::string::npos);
    EXPECT_NE(value(command({"sh", "-c", "kill -9 $$"})).find("killed by signal 9"), std::string::npos);
    EXPECT_NE(value(command({"sh", "-c", "yes"})).find("wrote more than 64.0 KiB"), std::string::npos)
        << value(command({"yes"}));
}

TEST_F(Secrets, a_failed_command_keeps_its_words_apart) {
    const auto secret = read_secret(command({"sh", "-c", "echo half; echo no key >&2; exit 3"}), places_);
    ASSERT_FALSE(secret);
    EXPECT_NE(secret.error().message.find("exit code 3"), std::string::npos);
    EXPECT_EQ(secret.error().message.find("half"), std::string::npos);
    EXPECT_EQ(secret.error().peer, "no key\n");
}

TEST_F(Secrets, a_command_that_hangs_is_ended_with_its_children) {
    places_.command_limit = std::chrono::milliseconds(500);
    const fs::path child = directory_.path() / "child";
    const auto start = std::chrono::steady_clock::now();
    const std::string script = "sleep 100 & echo $! > " + child.string() + "; echo v; wait";
    EXPECT_NE(value(command({"sh", "-c", script})).find("did not end within"), std::string::npos);
    EXPECT_NE(value(command({"sh", "-c", "exec >&- 2>&-; sleep 100"})).find("did not end within"), std::string::npos);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
    ASSERT_GT(test::pid_in(child), 1);
    EXPECT_TRUE(test::gone_soon(test::pid_in(child)));
}

TEST_F(Secrets, a_command_ends_with_its_children_when_a_stop_is_wanted) {
    const fs::path child = directory_.path() / "child";
    const auto start = std::chrono::steady_clock::now();
    places_.stopped = [&child] { return fs::exists(child) && fs::file_size(child) > 0; };
    for (const std::string& words : {"sleep 100 & echo $! > " + child.string() + "; echo v; wait", std::string("exec >&- 2>&-; sleep 100")}) {
        const auto secret = read_secret(command({"sh", "-c", words}), places_);
        ASSERT_FALSE(secret);
        EXPECT_EQ(secret.error().code, Errc::cancelled);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
    ASSERT_GT(test::pid_in(child), 1);
    EXPECT_TRUE(test::gone_soon(test::pid_in(child)));
}

TEST_F(Secrets, check_names_each_missing_one_with_its_place) {
    const test::ConfigFile file(
        "servers: {lab: {cvat: 'https://c.example.org', auth: {username: u, password: here}}}\n"
        "defaults: {git: {url: 'https://g.example.org/a.git', auth: {token: gone}}}\n"
        "jobs:\n  b: {schedule: manual, cvat: {}}\n  a: {schedule: manual, cvat: {}}\n");
    const Loaded loaded = file.load();
    ASSERT_TRUE(loaded.config);
    put("here", "v", 0604);
    std::vector<Problem> warnings;
    const std::vector<Problem> problems = check_secrets(*loaded.config, places_, &warnings);
    ASSERT_EQ(problems.size(), 2U);
    EXPECT_EQ(problems[0].path, "jobs.a.git.auth.token");
    EXPECT_EQ(problems[1].path, "jobs.b.git.auth.token");
    EXPECT_EQ(problems[0].line, 2);
    EXPECT_EQ(problems[0].column, 68);
    EXPECT_NE(problems[0].message.find((directory_.path() / "gone").string()), std::string::npos);
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_EQ(warnings[0].path, "servers.lab.auth.password");
    put("gone", "v");
    EXPECT_TRUE(check_secrets(*loaded.config, places_).empty());
}

}  // namespace
}  // namespace autobackup::config::secrets_test
