// SPDX-License-Identifier: MIT
#include "lib/remote/pkt_line.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace autobackup::remote::pkt_line_test {
namespace {

struct Kept {
    Packet::Kind kind;
    std::string payload;
    bool operator==(const Kept&) const = default;
};

// All packets of `stream`, given in pieces whose sizes `next_size` tells.
template <class NextSize>
Result<std::vector<Kept>> read_in_pieces(const std::string& stream, NextSize next_size,
                                         bool* boundary = nullptr) {
    PacketReader reader;
    std::vector<Kept> packets;
    for (std::size_t at = 0; at < stream.size();) {
        const std::string piece =
            stream.substr(at, next_size());  // a buffer of its own: views into it must not outlive it
        at += piece.size();
        std::string_view input = piece;
        for (;;) {
            const Result<std::optional<Packet>> packet = reader.next(input);
            if (!packet) return packet.error();
            if (!*packet) break;
            packets.push_back(Kept{(*packet)->kind, std::string((*packet)->payload)});
        }
        EXPECT_TRUE(input.empty());
    }
    if (boundary != nullptr) *boundary = reader.at_boundary();
    return packets;
}

const std::vector<Kept>& all_kinds() {
    static const std::vector<Kept> packets = {
        {Packet::Kind::data, "hello\n"},
        {Packet::Kind::flush, ""},
        {Packet::Kind::data, std::string(max_payload, 'x')},
        {Packet::Kind::delimiter, ""},
        {Packet::Kind::data, ""},
        {Packet::Kind::response_end, ""},
        {Packet::Kind::data, std::string("\0\x01\xff", 3)},
    };
    return packets;
}

std::string stream_of_all_kinds() {
    return packet("hello\n") + "0000" + packet(std::string(max_payload, 'x')) + "0001" + "0004" + "0002" +
           packet(std::string_view("\0\x01\xff", 3));
}

TEST(PktLine, WritesTheLengthInFourDigits) {
    EXPECT_EQ(packet("a"), "0005a");
    EXPECT_EQ(packet(""), "0004");
    EXPECT_EQ(packet(std::string(max_payload, 'y')).substr(0, 4), "fff0");
    EXPECT_THROW(packet(std::string(max_payload + 1, 'y')), std::length_error);
}

TEST(PktLine, ReadsEveryKindWholeAndByteByByte) {
    const std::string stream = stream_of_all_kinds();
    for (const std::size_t size : {stream.size(), std::size_t{1}, std::size_t{2}, std::size_t{3},
                                   std::size_t{5}, std::size_t{65'520}}) {
        bool boundary = false;
        const Result<std::vector<Kept>> packets = read_in_pieces(
            stream, [&] { return size; }, &boundary);
        ASSERT_TRUE(packets) << size;
        EXPECT_TRUE(*packets == all_kinds()) << size;
        EXPECT_TRUE(boundary);
    }
}

TEST(PktLine, ReadsRandomPieces) {
    std::mt19937 random(7);
    for (int round = 0; round < 300; ++round) {
        std::uniform_int_distribution<std::size_t> size(1, round % 3 == 0 ? 9 : 40'000);
        const Result<std::vector<Kept>> packets =
            read_in_pieces(stream_of_all_kinds(), [&] { return size(random); });
        ASSERT_TRUE(packets);
        EXPECT_TRUE(*packets == all_kinds());
    }
}

TEST(PktLine, KnowsThatAPacketIsHalfRead) {
    for (const std::string stream : {"0", "000", "0008abc", "0000000"}) {
        bool boundary = true;
        EXPECT_TRUE(read_in_pieces(
            stream, [] { return 1; }, &boundary));
        EXPECT_FALSE(boundary) << stream;
    }
}

TEST(PktLine, UpperCaseDigitsCount) {
    const Result<std::vector<Kept>> packets = read_in_pieces("000Ahello\n", [] { return 100; });
    ASSERT_TRUE(packets);
    EXPECT_EQ(packets->at(0).payload, "hello\n");
}

TEST(PktLine, RefusesWhatIsNoPacket) {
    for (const std::string stream : {"<html>", "0003", "fff1", "ffff", "00g0", "-001", " 005", "+005"}) {
        for (const std::size_t size : {std::size_t{1}, std::size_t{100}}) {
            const Result<std::vector<Kept>> packets = read_in_pieces(stream, [&] { return size; });
            ASSERT_FALSE(packets) << stream;
            EXPECT_EQ(packets.error().code, Errc::bad_response);
            EXPECT_EQ(packets.error().peer.substr(0, 4), stream.substr(0, 4));
        }
    }
}

TEST(PktLine, RandomBytesNeverCrashTheReader) {
    std::mt19937 random(11);
    std::uniform_int_distribution<int> byte(0, 255), digit(0, 15), length(0, 300);
    for (int round = 0; round < 2000; ++round) {
        std::string stream;
        const int bytes = length(random);
        for (int i = 0; i < bytes; ++i) {
            stream += round % 2 == 0 ? static_cast<char>(byte(random)) : "0000001234567abc"[digit(random)];
        }
        const Result<std::vector<Kept>> packets =
            read_in_pieces(stream, [&] { return 1 + static_cast<std::size_t>(digit(random)); });
        if (!packets) {
            EXPECT_EQ(packets.error().code, Errc::bad_response);
        }
    }
}

TEST(PeerWords, KeepsLinesAndDropsWhatOverwritesItself) {
    PeerWords words;
    words.add("Counting: 1%\rCounting: 50%\rCounting: 100%, done.\n");
    words.add("error: qu");
    words.add("ota\n\n");
    words.add("from windows\r\n50%\r");
    EXPECT_EQ(words.text(), "Counting: 100%, done.\nerror: quota\nfrom windows");
}

TEST(PeerWords, KeepsTheLastTwoKibibytesOnACharacterBoundary) {
    PeerWords words;
    for (int i = 0; i < 5000; ++i) words.add("zeile ü " + std::to_string(i) + "\n");
    words.add("and the last without an end");
    const std::string text = words.text();
    EXPECT_LE(text.size(), 2048U);
    EXPECT_GT(text.size(), 2000U);
    EXPECT_TRUE(text.ends_with("4999\nand the last without an end"));
    PeerWords endless;
    endless.add(std::string(1'000'000, 'x'));
    EXPECT_EQ(endless.text().size(), 2048U);
    PeerWords wide;
    for (int i = 0; i < 3000; ++i) wide.add("ü");
    EXPECT_EQ(static_cast<unsigned char>(wide.text().front()), 0xC3U);
}

}  // namespace
}  // namespace autobackup::remote::pkt_line_test
