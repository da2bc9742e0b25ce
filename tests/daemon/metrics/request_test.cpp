// SPDX-License-Identifier: MIT
#include "daemon/metrics/request.hpp"

#include <gtest/gtest.h>

#include <random>

namespace autobackup::metrics::request_test {
namespace {

struct Case {
    std::string head;
    int status;
    bool with_body = true;
};

class Requests : public testing::TestWithParam<Case> {};

TEST_P(Requests, are_judged) {
    const Verdict verdict = judge(GetParam().head);
    EXPECT_EQ(verdict.status, GetParam().status) << GetParam().head;
    EXPECT_EQ(verdict.with_body, GetParam().with_body) << GetParam().head;
}

const std::string host = "Host: localhost\r\n";

INSTANTIATE_TEST_SUITE_P(
    Table, Requests,
    testing::Values(Case{"GET /metrics HTTP/1.1\r\n" + host + "\r\n", 200}, Case{"GET /metrics HTTP/1.0\r\n\r\n", 200},
                    Case{"GET /metrics?name=x HTTP/1.1\r\n" + host + "\r\n", 200},
                    Case{"HEAD /metrics HTTP/1.1\r\n" + host + "\r\n", 200, false},
                    Case{"GET http://localhost/metrics HTTP/1.1\r\n" + host + "\r\n", 200},
                    Case{"GET /metrics HTTP/1.1\r\n" + host + "Accept: */*;q=0.1\r\nX:\r\nY: \xc3\xa4\r\n\r\n", 200},
                    Case{"GET /metrics HTTP/1.1\r\nhOsT:x\r\nContent-Length: 5\r\n\r\n", 200},
                    // other paths and methods
                    Case{"GET / HTTP/1.1\r\n" + host + "\r\n", 404}, Case{"GET /metrics/ HTTP/1.1\r\n" + host + "\r\n", 404},
                    Case{"GET /METRICS HTTP/1.1\r\n" + host + "\r\n", 404},
                    Case{"GET /../metrics HTTP/1.1\r\n" + host + "\r\n", 404},
                    Case{"GET http://localhost HTTP/1.1\r\n" + host + "\r\n", 404},
                    Case{"HEAD /x HTTP/1.1\r\n" + host + "\r\n", 404, false},
                    Case{"POST /metrics HTTP/1.1\r\n" + host + "Content-Length: 1\r\n\r\n", 405},
                    Case{"get /metrics HTTP/1.1\r\n" + host + "\r\n", 405},
                    Case{"OPTIONS * HTTP/1.1\r\n" + host + "\r\n", 405},
                    // not HTTP/1.x, or malformed
                    Case{"PRI * HTTP/2.0\r\n\r\n", 505}, Case{"GET /metrics HTTP/1.2\r\n" + host + "\r\n", 505},
                    Case{"GET /metrics HTTP/3\r\n" + host + "\r\n", 505}, Case{"GET /metrics\r\n\r\n", 400},
                    Case{"GET /metrics http/1.1\r\n" + host + "\r\n", 400}, Case{"\r\n", 400}, Case{"", 400},
                    Case{"\r\n\r\n", 400}, Case{"GET  /metrics HTTP/1.1\r\n" + host + "\r\n", 400},
                    Case{"GET /metrics HTTP/1.1 \r\n" + host + "\r\n", 400},
                    Case{" GET /metrics HTTP/1.1\r\n" + host + "\r\n", 400},
                    Case{"GET metrics HTTP/1.1\r\n" + host + "\r\n", 400},
                    Case{"GET /met\xc3\xa4rics HTTP/1.1\r\n" + host + "\r\n", 400},
                    Case{"GET /metrics HTTP/1.1\r\n\r\n", 400},                                    // no Host
                    Case{"GET /metrics HTTP/1.1\r\n" + host + host + "\r\n", 400},                 // two
                    Case{"GET /metrics HTTP/1.1\r\n" + host + " folded\r\n\r\n", 400},             //
                    Case{"GET /metrics HTTP/1.1\r\nHost : x\r\n\r\n", 400},                        //
                    Case{"GET /metrics HTTP/1.1\r\n" + host + ": x\r\n\r\n", 400},                 //
                    Case{"GET /metrics HTTP/1.1\r\n" + host + "no colon\r\n\r\n", 400},            //
                    Case{"GET /metrics HTTP/1.1\r\n" + host + "A: b\nC: d\r\n\r\n", 400},          // bare LF
                    Case{"GET /metrics HTTP/1.1\r\n" + host + std::string("A: \0\r\n\r\n", 8), 400},
                    Case{"GET /metrics HTTP/1.1\r\n" + host + "\r\nmore", 400}));

TEST(RequestBytes, random_bytes_and_flips_do_no_harm) {
    std::mt19937 random(4711);
    const std::string good = "GET /metrics HTTP/1.1\r\n" + host + "Accept: text/plain\r\n\r\n";
    for (int i = 0; i < 200'000; ++i) {
        std::string head = good;
        for (auto flips = random() % 6; flips > 0; --flips) head[random() % head.size()] = static_cast<char>(random());
        if (random() % 4 == 0) head.resize(random() % head.size());
        const Verdict verdict = judge(head);
        EXPECT_TRUE(verdict.status == 200 || verdict.status == 400 || verdict.status == 404 || verdict.status == 405 ||
                    verdict.status == 505);
    }
}

TEST(Answer, has_a_length_and_closes) {
    EXPECT_EQ(answer({200, true}, "a 1\n"),
              "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: 4\r\n"
              "Cache-Control: no-store\r\nConnection: close\r\n\r\na 1\n");
    EXPECT_TRUE(answer({200, false}, "a 1\n").ends_with("Content-Length: 4\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"));
    const std::string refused = answer({405, true}, "a 1\n");
    EXPECT_NE(refused.find("\r\nAllow: GET, HEAD\r\n"), std::string::npos);
    EXPECT_EQ(refused.find("a 1"), std::string::npos);
}

}  // namespace
}  // namespace autobackup::metrics::request_test
