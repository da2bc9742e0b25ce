// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "lib/cvat/backup_format.hpp"
#include "tests/support/cvat_samples.hpp"

namespace autobackup::cvat::annotations_test {
namespace {

// "entries/tags/shapes/tracks", or what is wrong.
std::string count(std::string_view text, std::size_t piece = std::string_view::npos) {
    AnnotationCounter counter;
    for (std::size_t at = 0; at < text.size(); at += std::min(piece, text.size())) {
        const auto fed = counter.feed(text.substr(at, piece));
        if (!fed) {
            EXPECT_EQ(fed.error().code, Errc::archive_invalid);
            return fed.error().message;
        }
    }
    const auto finished = counter.finish();
    if (!finished) return finished.error().message;
    return std::to_string(counter.entries()) + "/" + std::to_string(counter.tags()) + "/" +
           std::to_string(counter.shapes()) + "/" + std::to_string(counter.tracks());
}

TEST(AnnotationCounter, CountsTheTopLevelOnly) {
    EXPECT_EQ(count("[]"), "0/0/0/0");
    EXPECT_EQ(count(R"([{"version":0,"tags":[],"shapes":[],"tracks":[]},{}])"), "2/0/0/0");
    const std::string skeleton =
        R"({"type":"skeleton","elements":[{"type":"points","elements":[]},{"type":"points"}],"attributes":[{}]})";
    const std::string track =
        R"({"frame":0,"shapes":[{},{},{}],"elements":[{"shapes":[{}],"tracks":[{}]}],"tags":[{}]})";
    EXPECT_EQ(count("[{\"shapes\":[" + skeleton + "," + skeleton + "],\"tracks\":[" + track +
                    "],\"tags\":[{},{},{}]}, {\"shapes\":[{}]}]\n"),
              "2/3/3/1");
    EXPECT_EQ(
        count(
            R"([{"other":{"shapes":[{}]},"more":[[{}],{}],"shapesx":[{}],"shape":[{}],"x":null,"tags":[{}]}])"),
        "1/1/0/0");
    EXPECT_EQ(count(R"([{"sh\u0061pes":[{}]}])"), "1/0/1/0");
}

TEST(AnnotationCounter, AnyPiecesGiveTheSame) {
    for (const auto& path : test::cvat_samples()) {
        for (const auto& [name, text] : test::members_of(path)) {
            if (!name.ends_with("annotations.json")) continue;
            const std::string whole = count(text);
            EXPECT_NE(whole.find('/'), std::string::npos) << path << whole;
            for (const std::size_t piece : {1U, 2U, 3U, 7U, 64U, 1000U})
                EXPECT_EQ(count(text, piece), whole) << path << piece;
        }
    }
    const std::string hard =
        " [ {\"tags\" : [ {\"v\":\"\\u00FC\\ud83d\\ude00\",\"n\":-1.5e3} ] , "
        "\"shapes\":[{\"p\":[1,2.5,true,null]}] } ] ";
    for (std::size_t piece = 1; piece <= hard.size(); ++piece)
        EXPECT_EQ(count(hard, piece), "1/1/1/0") << piece;
}

TEST(AnnotationCounter, SaysWhatIsWrong) {
    EXPECT_EQ(count("{}"), "it is not an array");
    EXPECT_EQ(count("7"), "it is not an array");
    EXPECT_EQ(count("\"[]\""), "it is not an array");
    EXPECT_EQ(count("null"), "it is not an array");
    EXPECT_EQ(count("[1]"), "an entry is not an object");
    EXPECT_EQ(count("[[]]"), "an entry is not an object");
    EXPECT_EQ(count("[null]"), "an entry is not an object");
    EXPECT_EQ(count(R"([{"shapes":{}}])"), "shapes is not an array");
    EXPECT_EQ(count(R"([{"tags":null}])"), "tags is not an array");
    EXPECT_EQ(count(R"([{"tracks":[1]}])"), "an item of tracks is not an object");
    EXPECT_EQ(count(R"([{"tracks":[[]]}])"), "an item of tracks is not an object");
    EXPECT_EQ(count(R"([{"tracks":[],"tracks":[]}])"), "tracks stands twice in one entry");
    EXPECT_EQ(count("[] x"), "something follows the JSON text");
    EXPECT_EQ(count("[] x", 1), "something follows the JSON text");
    for (const std::string text :
         {"", "[", "[{\"shapes\":[{}", "[{}", "[{},]", "<html>", "[{\"a\":\"\xff\"}]"}) {
        EXPECT_NE(count(text).find("it is not JSON"), std::string::npos) << text;
        EXPECT_NE(count(text, 1).find("it is not JSON"), std::string::npos) << text;
    }
    EXPECT_NE(count("[{\"a\":" + std::string(100, '[')).find("it is not JSON"), std::string::npos);
}

TEST(AnnotationCounter, AnErrorStays) {
    AnnotationCounter counter;
    EXPECT_FALSE(counter.feed("[1,"));
    EXPECT_FALSE(counter.feed("]"));
    EXPECT_FALSE(counter.finish());
    AnnotationCounter moved = std::move(counter);
    EXPECT_FALSE(moved.finish());
}

TEST(AnnotationCounter, MemoryIsFlat) {
    const auto peak = [] {
        struct rusage usage {};
        ::getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss;  // KiB
    };
    std::string piece;
    for (int i = 0; i < 1000; ++i) piece += R"({"type":"polygon","points":[1.25,2.5,3.75],"label":"car"},)";
    const std::string long_text(100'000, 'x');
    const auto before = peak();
    AnnotationCounter counter;
    ASSERT_TRUE(counter.feed("[{\"tags\":[],\"shapes\":["));
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(counter.feed(piece));  // 57 MB
    // A text and a key without end are not kept either.
    ASSERT_TRUE(counter.feed("{\"text\":\""));
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(counter.feed(long_text));
    ASSERT_TRUE(counter.feed("\"}],\""));
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(counter.feed(long_text));
    ASSERT_TRUE(counter.feed("\":1}]"));
    ASSERT_TRUE(counter.finish());
    EXPECT_EQ(counter.shapes(), 1'000'001);
    EXPECT_LT(peak() - before, 4 * 1024);
}

}  // namespace
}  // namespace autobackup::cvat::annotations_test
