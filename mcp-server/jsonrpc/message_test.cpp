#include "mcp-server/jsonrpc/message.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace spreaders::jsonrpc {
namespace {

Message good(const char* text) { return std::get<Message>(parse(Json::parse(text))); }
Refused bad(const char* text) { return std::get<Refused>(parse(Json::parse(text))); }

TEST(JsonRpcTest, TellsTheKindsApart) {
  auto request = good(R"({"jsonrpc":"2.0","id":1,"method":"ping"})");
  EXPECT_EQ(request.kind, Kind::kRequest);
  EXPECT_EQ(request.params, Json::object());
  EXPECT_EQ(good(R"({"jsonrpc":"2.0","method":"notifications/x","params":{"a":1}})").kind, Kind::kNotification);
  EXPECT_EQ(good(R"({"jsonrpc":"2.0","id":"a","result":{}})").kind, Kind::kResponse);
  EXPECT_EQ(good(R"({"jsonrpc":"2.0","id":"a","error":{"code":1,"message":"m"}})").error["code"], 1);
}

TEST(JsonRpcTest, KeepsIdsAsTheyCame) {
  EXPECT_EQ(to_text(*good(R"({"jsonrpc":"2.0","id":7,"method":"x"})").id), "7");
  EXPECT_EQ(to_text(*good(R"({"jsonrpc":"2.0","id":"7","method":"x"})").id), "\"7\"");
  EXPECT_EQ(to_text(*good(R"({"jsonrpc":"2.0","id":-9007199254740993,"method":"x"})").id), "-9007199254740993");
  EXPECT_EQ(result_text(Id{std::string("a\"b")}, "{}"), R"({"jsonrpc":"2.0","id":"a\"b","result":{}})");
}

TEST(JsonRpcTest, RefusesWhatIsNoMessage) {
  for (const char* text :
       {"1", "[]", "{}", R"({"jsonrpc":"1.0","id":1,"method":"x"})", R"({"jsonrpc":"2.0","id":1})",
        R"({"jsonrpc":"2.0","id":1,"method":7})", R"({"jsonrpc":"2.0","id":1,"method":"x","params":[]})",
        R"({"jsonrpc":"2.0","id":null,"method":"x"})", R"({"jsonrpc":"2.0","id":1.5,"method":"x"})",
        R"({"jsonrpc":"2.0","id":18446744073709551615,"method":"x"})", R"({"jsonrpc":"2.0","result":{}})",
        R"({"jsonrpc":"2.0","id":1,"result":{},"error":{}})"}) {
    EXPECT_EQ(bad(text).error.code, kInvalidRequest) << text;
  }
  // The id is given back when it could be read.
  EXPECT_EQ(to_text(*bad(R"({"jsonrpc":"2.0","id":5,"method":""})").id), "5");
}

}  // namespace
}  // namespace spreaders::jsonrpc
