// SPDX-License-Identifier: MIT
// Files that are not what they should be: damaged, of another version, of another program.
#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <random>

#include "daemon/state/store.hpp"
#include "lib/core/file.hpp"
#include "tests/support/child.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::state::damage_test {
namespace {

// Brings all into the main file, as the last close of a plain connection does.
void gather(const fs::path& file) {
    SQLite::Database(file.string(), SQLite::OPEN_READWRITE).exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

class Damage : public testing::Test {
protected:
    void SetUp() override {
        fill();
        gather(file);
    }

    void fill() {
        const Result<Opened> opened = open_sqlite(file);
        ASSERT_TRUE(opened);
        for (int i = 0; i < 100; ++i) {
            ASSERT_TRUE(opened->store->set_value("lab", "key-" + std::to_string(i), std::string(500, 'v')));
        }
    }

    std::vector<fs::path> set_aside() const {
        std::vector<fs::path> found;
        for (const auto& entry : fs::directory_iterator(dir.path())) {
            const std::string name = entry.path().filename().string();
            const bool beside = name.ends_with("-wal") || name.ends_with("-shm");
            if (name.find(".damaged-") != std::string::npos && !beside) found.push_back(entry.path());
        }
        return found;
    }

    // The damaged file is kept as it was, the new one works, and the next open has nothing to tell.
    void expect_made_anew() {
        const std::string before = *read_file(file);
        {
            const Result<Opened> opened = open_sqlite(file);
            ASSERT_TRUE(opened) << describe(opened.error());
            EXPECT_EQ(opened->warning.rfind("state.sqlite was damaged (", 0), 0U) << opened->warning;
            EXPECT_NE(opened->warning.find("; moved to state.sqlite.damaged-2"), std::string::npos)
                << opened->warning;
            EXPECT_NE(opened->warning.find("Z and made anew"), std::string::npos) << opened->warning;
            EXPECT_EQ(*opened->store->value("lab", "key-1"), std::nullopt);
            ASSERT_TRUE(opened->store->set_value("lab", "key-1", "new"));
        }
        const Result<Opened> again = open_sqlite(file);
        ASSERT_TRUE(again);
        EXPECT_EQ(again->warning, "");
        EXPECT_EQ(*again->store->value("lab", "key-1"), "new");
        ASSERT_EQ(set_aside().size(), 1U);
        EXPECT_EQ(*read_file(set_aside().front()), before);
    }

    void overwrite(std::size_t offset, const std::string& bytes) {
        std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
        stream.seekp(static_cast<std::streamoff>(offset));
        stream << bytes;
    }

    test::TempDir dir;
    fs::path file = dir.path() / "state.sqlite";
};

TEST_F(Damage, Garbage) {
    std::ofstream(file) << std::string(20'000, 'g');
    expect_made_anew();
}

TEST_F(Damage, AShortText) {
    std::ofstream(file) << "not a database";
    expect_made_anew();
}

TEST_F(Damage, Truncated) {
    fs::resize_file(file, fs::file_size(file) / 2);
    expect_made_anew();
}

TEST_F(Damage, TruncatedWithinAPage) {
    fs::resize_file(file, 1000);
    expect_made_anew();
}

TEST_F(Damage, FirstPageIsZero) {
    overwrite(0, std::string(4096, '\0'));
    expect_made_anew();
}

TEST_F(Damage, APageInTheMiddleIsZero) {
    overwrite(fs::file_size(file) - 8 * 4096, std::string(4096, '\0'));
    expect_made_anew();
}

TEST_F(Damage, TheSchemaIsLost) {
    overwrite(103, std::string(2, '\0'));  // number of cells of page 1: no table is left
    expect_made_anew();
}

TEST_F(Damage, AnotherProgramsDatabase) {
    fs::remove(file);
    SQLite::Database(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
        .exec("CREATE TABLE runs (x)");
    expect_made_anew();
}

TEST_F(Damage, ANegativeVersion) {
    SQLite::Database(file.string(), SQLite::OPEN_READWRITE)
        .exec("PRAGMA user_version = -1; PRAGMA journal_mode = DELETE");
    expect_made_anew();
}

TEST_F(Damage, TwoDamagedFilesInOneSecondAreBothKept) {
    for (int i = 0; i < 2; ++i) {
        gather(file);
        std::ofstream(file) << std::string(20'000, 'g');
        ASSERT_TRUE(open_sqlite(file));
    }
    EXPECT_EQ(set_aside().size(), 2U);
}

TEST_F(Damage, DamageMetByAStatementIsHealedByTheNextOpen) {
    OpenOptions options;
    options.always_check_up_to = 0;
    ASSERT_TRUE(open_sqlite(file, options));
    gather(file);
    const int page = SQLite::Database(file.string())
                         .execAndGet("SELECT rootpage FROM sqlite_schema WHERE name = 'job_values'")
                         .getInt();
    overwrite(static_cast<std::size_t>(page - 1) * 4096, std::string(4096, '\xff'));
    {
        const Result<Opened> opened = open_sqlite(file, options);
        ASSERT_TRUE(opened);
        EXPECT_EQ(opened->warning, "") << "an open that reads the header alone cannot see it";
        const auto read = opened->store->value("lab", "key-1");
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, Errc::state_invalid);
        EXPECT_EQ(read.error().operation, "read value");
        EXPECT_NE(read.error().hint, "");
    }
    EXPECT_NE(open_sqlite(file, options)->warning, "");
    EXPECT_EQ(open_sqlite(file, options)->warning, "");
    EXPECT_EQ(set_aside().size(), 1U);
}

TEST_F(Damage, RandomBytesNeverCrashAndNeverStopARun) {
    std::mt19937 random(7);
    const std::string sound = *read_file(file);
    for (int round = 0; round < 60; ++round) {
        std::string bytes = sound;
        for (int i = 0; i < 40; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
        std::ofstream(file, std::ios::binary) << bytes;
        Result<Opened> opened = open_sqlite(file);
        if (!opened) {
            // The version number itself may have become a larger one: refused, as a newer file is.
            ASSERT_EQ(opened.error().code, Errc::state_invalid) << describe(opened.error());
            fs::remove(file);
            continue;
        }
        const Result<void> saved = opened->store->set_value("lab", "round", "x");
        EXPECT_TRUE(saved || saved.error().code == Errc::state_invalid) << describe(saved.error());
    }
}

TEST_F(Damage, SeveralProcessesThatFindItMakeOneNewFile) {
    std::ofstream(file) << std::string(20'000, 'g');
    std::vector<std::unique_ptr<test::Child>> children;
    for (int i = 0; i < 6; ++i) {
        children.push_back(std::make_unique<test::Child>([&, i] {
            const Result<Opened> opened = open_sqlite(file);
            return opened && opened->store->set_value("lab", std::to_string(i), "x") ? 0 : 1;
        }));
    }
    for (const auto& child : children) EXPECT_EQ(child->wait(), 0);
    EXPECT_EQ(set_aside().size(), 1U);
    const Result<Opened> opened = open_sqlite(file);
    for (int i = 0; i < 6; ++i) EXPECT_EQ(*opened->store->value("lab", std::to_string(i)), "x") << i;
}

TEST_F(Damage, AnEmptyFileIsANewOne) {
    fs::resize_file(file, 0);
    const Result<Opened> opened = open_sqlite(file);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->warning, "");
    EXPECT_TRUE(opened->store->set_value("lab", "a", "b"));
}

TEST_F(Damage, TheMainFileIsLostButItsWalIsNot) {
    ASSERT_TRUE(open_sqlite(file)->store->set_value("lab", "key-1", "in the wal"));
    ASSERT_TRUE(fs::exists(file.string() + "-wal"));
    fs::remove(file);
    const Result<Opened> opened = open_sqlite(file);
    ASSERT_TRUE(opened) << describe(opened.error());
    EXPECT_EQ(*opened->store->value("lab", "key-1"), std::nullopt);
    EXPECT_TRUE(opened->store->set_value("lab", "key-1", "new"));
}

TEST_F(Damage, TheWalIsGarbage) {
    ASSERT_TRUE(open_sqlite(file)->store->set_value("lab", "key-1", "in the wal"));
    std::ofstream(file.string() + "-wal") << std::string(50'000, 'g');
    std::ofstream(file.string() + "-shm") << std::string(32'768, 'g');
    const Result<Opened> opened = open_sqlite(file);
    ASSERT_TRUE(opened) << describe(opened.error());
    EXPECT_EQ(*opened->store->value("lab", "key-1"), std::string(500, 'v')) << "what was checkpointed stands";
    EXPECT_TRUE(opened->store->set_value("lab", "key-1", "new"));
}

TEST_F(Damage, GarbageWithAWalBeside) {
    ASSERT_TRUE(open_sqlite(file)->store->set_value("lab", "key-1", "in the wal"));
    std::ofstream(file) << std::string(20'000, 'g');
    expect_made_anew();
    EXPECT_TRUE(fs::exists(set_aside().front().string() + "-wal"));
}

TEST_F(Damage, ANewerVersionIsRefusedAndNotTouched) {
    SQLite::Database(file.string(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99");
    gather(file);
    const std::string before = *read_file(file);
    const Result<Opened> opened = open_sqlite(file);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::state_invalid);
    EXPECT_NE(opened.error().message.find("version 99"), std::string::npos);
    EXPECT_EQ(*read_file(file), before);
    EXPECT_TRUE(set_aside().empty());
}

TEST_F(Damage, AFileThatCannotBeReadIsAnIoError) {
    fs::remove(file);
    fs::create_directory(file);
    const Result<Opened> opened = open_sqlite(file);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::io_error);
    EXPECT_TRUE(fs::is_directory(file));
}

}  // namespace
}  // namespace autobackup::state::damage_test
