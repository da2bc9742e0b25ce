// SPDX-License-Identifier: MIT
#include "lib/journal/entry.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <boost/json.hpp>
#include <cstring>
#include <stdexcept>

#include "lib/journal/logging.hpp"
#include "lib/journal/redact.hpp"
#include "tests/support/capture.hpp"

namespace autobackup::journal::entry_test {
namespace {

Entry sample() {
    Entry entry;
    entry.priority = Priority::error;
    entry.message_id = "0123456789abcdef0123456789abcdef";
    entry.message = "backup of lab failed\nentry-secret-1";
    entry.fields = {{"AUTOBACKUP_JOB", "lab"}, {"AUTOBACKUP_COMMIT", "a"}, {"AUTOBACKUP_COMMIT", "b"}};
    std::vector<Secret> secrets;
    secrets.emplace_back("entry-secret-1");
    redact(std::move(secrets));
    return entry;
}

TEST(FieldNames, AreThoseThatJournaldKeeps) {
    EXPECT_TRUE(is_field_name("AUTOBACKUP_JOB"));
    EXPECT_TRUE(is_field_name("A1"));
    EXPECT_TRUE(is_field_name(std::string(64, 'A')));
    for (const char* name : {"", "_A", "1A", "job", "A-B", "A B", "A=B"})
        EXPECT_FALSE(is_field_name(name)) << name;
    EXPECT_FALSE(is_field_name(std::string(65, 'A')));
}

TEST(JsonSink, WritesOneObjectWithFields) {
    test::Capture out = test::Capture::pipe();
    json_sink(out.fd())->send(sample());
    const boost::json::object line = boost::json::parse(out.text()).as_object();
    EXPECT_EQ(line.at("level").as_string(), "error");
    EXPECT_EQ(line.at("message").as_string(), "backup of lab failed\\n***");
    EXPECT_EQ(line.at("message_id").as_string(), "0123456789abcdef0123456789abcdef");
    EXPECT_EQ(boost::json::serialize(line.at("fields")),
              R"({"AUTOBACKUP_JOB":"lab","AUTOBACKUP_COMMIT":["a","b"]})");
}

TEST(TextSink, WritesTheMessage) {
    test::Capture out = test::Capture::pipe();
    text_sink(out.fd())->send(sample());
    const std::string text = out.text();
    EXPECT_NE(text.find("Z error backup of lab failed\\n***\n"), std::string::npos) << text;
}

TEST(TeeSink, SendsToAll) {
    test::Capture one = test::Capture::pipe();
    test::Capture two = test::Capture::pipe();
    std::vector<std::unique_ptr<Sink>> sinks;
    sinks.push_back(json_sink(one.fd()));
    sinks.push_back(text_sink(two.fd()));
    tee_sink(std::move(sinks))->send(sample());
    EXPECT_EQ(one.text()[0], '{');
    EXPECT_NE(two.text().find("backup of lab"), std::string::npos);
}

TEST(JournaldSink, RefusesANameThatJournaldWouldDrop) {
    Entry entry = sample();
    entry.fields.emplace_back("lower_case", "x");
    EXPECT_THROW(journald_sink("autobackupd")->send(entry), std::invalid_argument);
}

// In a mount namespace of its own, with a socket where journald's is: what a journald would receive, or what
// failed.
std::string received_by_journald(const Entry& entry) {
    if (::unshare(CLONE_NEWNS) != 0) return "SKIP unshare: " + std::string(std::strerror(errno));
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", "/run", "tmpfs", 0, nullptr) != 0) {
        return "SKIP mount: " + std::string(std::strerror(errno));
    }
    ::mkdir("/run/systemd", 0755);
    ::mkdir("/run/systemd/journal", 0755);
    const FileDescriptor receiver(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, "/run/systemd/journal/socket");
    if (::bind(receiver.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        return "bind failed";
    journald_sink("autobackupd")->send(entry);
    std::string datagram(65'536, '\0');
    const ssize_t got = ::recv(receiver.get(), datagram.data(), datagram.size(), 0);
    datagram.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return datagram;
}

// The native protocol: NAME=value lines (systemd's JOURNAL_NATIVE_PROTOCOL).
TEST(JournaldSink, SendsWhatTheNativeProtocolExpects) {
    int ends[2] = {-1, -1};
    ASSERT_EQ(::pipe(ends), 0);
    const Entry entry = sample();
    const pid_t child = ::fork();
    if (child == 0) {
        const std::string received = received_by_journald(entry);
        const bool told = write_all(ends[1], received, "pipe").has_value();
        ::_exit(told ? 0 : 1);
    }
    ::close(ends[1]);
    std::string received;
    char piece[4096];
    for (ssize_t got = 0; (got = ::read(ends[0], piece, sizeof piece)) > 0;) {
        received.append(piece, static_cast<std::size_t>(got));
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_EQ(status, 0);
    if (received.rfind("SKIP", 0) == 0) GTEST_SKIP() << "needs a mount namespace (root): " << received;
    EXPECT_EQ(received,
              "MESSAGE=backup of lab failed\\n***\nPRIORITY=3\nSYSLOG_IDENTIFIER=autobackupd\n"
              "MESSAGE_ID=0123456789abcdef0123456789abcdef\n"
              "AUTOBACKUP_JOB=lab\nAUTOBACKUP_COMMIT=a\nAUTOBACKUP_COMMIT=b\n");
}

TEST(MakeSink, FollowsTheFormat) {
    ::unsetenv("JOURNAL_STREAM");
    test::Capture out = test::Capture::pipe();
    LogOptions options;
    options.fd = out.fd();
    options.format = Format::json;
    make_sink(options)->send(sample());
    EXPECT_EQ(out.text()[0], '{');
    for (const Format format : {Format::text, Format::automatic, Format::journal}) {
        options.format = format;
        make_sink(options)->send(sample());
        EXPECT_NE(out.text().find("Z error backup"), std::string::npos);
    }
}

}  // namespace
}  // namespace autobackup::journal::entry_test
