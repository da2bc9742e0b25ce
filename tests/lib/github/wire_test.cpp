// SPDX-License-Identifier: MIT
#include "lib/github/wire.hpp"

#include <gtest/gtest.h>

namespace autobackup::github::wire_test {
namespace {

Failure answer(int status, const std::string& words) {
    Failure failure = fail(Errc::forbidden, "list refs of", "https://github.com/acme/app.git", "the server refused", words);
    failure.http_status = status;
    return failure;
}

TEST(Wire, TellsABlockFromAMissingRight) {
    EXPECT_TRUE(tells_a_block(answer(451, "")));
    EXPECT_TRUE(tells_a_block(answer(403, "Repository access blocked")));
    EXPECT_TRUE(tells_a_block(answer(403, "Access to this repository has been disabled by GitHub staff due to\na DMCA takedown.")));
    EXPECT_TRUE(tells_a_block(answer(403, "Repository unavailable due to DMCA takedown.")));
    EXPECT_TRUE(tells_a_block(answer(0, "ERROR: Access to this repository has been disabled by GitHub staff")));
    EXPECT_FALSE(tells_a_block(answer(403, "Resource not accessible by personal access token")));
    EXPECT_FALSE(tells_a_block(answer(403, "")));
    EXPECT_FALSE(tells_a_block(answer(404, "Repository access blocked")));
    EXPECT_FALSE(tells_a_block(answer(500, "disabled by GitHub staff")));
    EXPECT_FALSE(tells_a_block(answer(0, "the server closed the connection")));
}

}  // namespace
}  // namespace autobackup::github::wire_test
