// The parts of the client that need no server: event streams, header parameters, challenges, front matter.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "mcp-server/client/authorizer.hpp"
#include "mcp-server/client/client.hpp"
#include "mcp-server/client/oauth_keys.hpp"
#include "mcp-server/client/oauth_metadata.hpp"
#include "mcp-server/client/skills.hpp"
#include "mcp-server/client/sse.hpp"
#include "mcp-server/client/tool_headers.hpp"

namespace spreaders::mcp {
namespace {

// All events of `text`, fed in pieces of `piece` bytes, as "name=data".
std::vector<std::string> events_of(SseReader& reader, std::string_view text, size_t piece) {
  std::vector<std::string> events;
  while (!text.empty()) {
    auto fed = reader.feed(text.substr(0, piece), [&](const SseEvent& event) {
      events.push_back(event.name + "=" + event.data);
      return true;
    });
    if (!fed.ok()) events.push_back("error: " + fed.error().message);
    text.remove_prefix(std::min(piece, text.size()));
  }
  return events;
}

TEST(SseReader, ReadsEventsHoweverTheyAreCut) {
  const std::string text =
      "\xEF\xBB\xBF: hello\n\nid: 7\nretry: 500\ndata:\n\nevent: note\ndata: a\ndata: b\r\n\r\ndata:c\rid: x\r\rdata: "
      "cut";
  for (size_t piece = 1; piece <= text.size(); ++piece) {
    SseReader reader;
    EXPECT_EQ(events_of(reader, text, piece), (std::vector<std::string>{"note=a\nb", "message=c"})) << piece;
    EXPECT_EQ(reader.last_event_id(), "x");
    EXPECT_EQ(reader.retry_ms(), 500);
  }
}

TEST(SseReader, HoldsEveryLimit) {
  SseReader long_line({.event_bytes_max = 10});
  EXPECT_TRUE(events_of(long_line, "data: 12345678", 3).back().starts_with("error")) << "no line end needed";
  SseReader long_event({.event_bytes_max = 10});
  EXPECT_TRUE(events_of(long_event, "data: 123\ndata: 456\ndata: 789\n\n", 99).back().starts_with("error"));
  SseReader many({.events_max = 2});
  EXPECT_TRUE(events_of(many, "data: 1\n\ndata: 2\n\ndata: 3\n\n", 99).back().starts_with("error"));
  SseReader empty_ones({.events_max = 2});
  EXPECT_TRUE(events_of(empty_ones, "\n\n\n", 99).back().starts_with("error")) << "empty events cost time too";
  SseReader whole({.stream_bytes_max = 12});
  EXPECT_TRUE(events_of(whole, ": 1\n: 2\n: 3\n: 4\n", 4).back().starts_with("error"));
  SseReader ids({.id_bytes_max = 4});
  EXPECT_TRUE(events_of(ids, "id: 12345\n", 99).back().starts_with("error"));
}

TEST(SseReader, TakesNoIdThatAHeaderCannotHold) {
  SseReader reader;
  events_of(reader, std::string("id: good\nid: a\0b\nid: a\x01z\n\n", 25), 99);
  EXPECT_EQ(reader.last_event_id(), "good");
  events_of(reader, "retry: 12x\nretry: -4\n\n", 99);
  EXPECT_FALSE(reader.retry_ms().has_value());
}

TEST(SseReader, StopsWhenTheTakerHasEnough) {
  SseReader reader;
  int taken = 0;
  ASSERT_TRUE(reader.feed("data: 1\n\ndata: 2\n\n", [&](const SseEvent&) { return ++taken < 1; }).ok());
  EXPECT_EQ(taken, 1);
  EXPECT_TRUE(reader.stopped());
}

Json tool_schema(const char* property) { return {{"type", "object"}, {"properties", Json::parse(property)}}; }

TEST(ToolHeaders, FollowsOnlyProperties) {
  auto found = header_params(tool_schema(
      R"({"a":{"type":"string","x-mcp-header":"One"},"b":{"properties":{"c":{"type":"integer","x-mcp-header":"Two"}}},
                      "x-mcp-header":{"type":"string"},"d":{"default":{"x-mcp-header":5}}})"));
  ASSERT_TRUE(found.ok()) << found.error().message;
  ASSERT_EQ(found->size(), 2U);
  const auto headers = param_headers(*found, {{"a", " x"}, {"b", {{"c", 42}}}});
  EXPECT_EQ(headers[0].first, "Mcp-Param-One");
  EXPECT_EQ(headers[0].second, "=?base64?IHg=?=");
  EXPECT_EQ(headers[1].second, "42");
  EXPECT_TRUE(param_headers(*found, {{"a", nullptr}, {"b", 5}}).empty());
  for (const char* bad :
       {R"({"a":{"type":"number","x-mcp-header":"A"}})", R"({"a":{"type":"string","x-mcp-header":""}})",
        R"({"a":{"type":"string","x-mcp-header":"A\r\nB"}})", R"({"a":{"x-mcp-header":"A"}})",
        R"({"a":{"items":{"type":"string","x-mcp-header":"A"}}})",
        R"({"a":{"anyOf":[{"type":"string","x-mcp-header":"A"}]}})",
        R"({"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}})"}) {
    EXPECT_FALSE(header_params(tool_schema(bad)).ok()) << bad;
  }
}

TEST(ToolHeaders, EncodesWhatAHeaderCannotHold) {
  EXPECT_EQ(encode_header_value("us west 1"), "us west 1");
  EXPECT_EQ(encode_header_value(""), "");
  EXPECT_EQ(encode_header_value("=?base64?QQ==?="), "=?base64?" + base64("=?base64?QQ==?=") + "?=");
  for (const char* odd : {" a", "a ", "\ta", "a\r\nX-Evil: 1", "ä"}) {
    EXPECT_EQ(encode_header_value(odd), "=?base64?" + base64(odd) + "?=") << odd;
  }
}

TEST(Authorizer, KnowsWhichOriginAnAddressHas) {
  EXPECT_EQ(origin_of("HTTPS://Tools.Example:443/mcp?x#y"), "https://tools.example");
  EXPECT_EQ(origin_of("http://localhost:8080"), "http://localhost:8080");
  for (const char* none :
       {"ftp://a", "tools.example", "https://", "https://good.example@evil.example/", "https://a\\b/"}) {
    EXPECT_EQ(origin_of(none), "") << none;
  }
  FixedToken token("https://tools.example/mcp", "Authorization", Secret("Bearer canary"));
  for (const char* other : {"https://evil.example/mcp", "http://tools.example/mcp",
                            "https://tools.example.evil.example/", "https://tools.example:444/mcp"}) {
    HttpRequest request{.url = other};
    ASSERT_TRUE(token.sign(request).ok());
    EXPECT_TRUE(request.secret_headers.empty()) << other;
  }
  HttpRequest ours{.url = "https://tools.example/other"};
  ASSERT_TRUE(token.sign(ours).ok());
  EXPECT_EQ(ours.secret_headers.size(), 1U);
}

TEST(Challenges, AreReadAndBounded) {
  const auto found = parse_challenges(
      R"(Basic realm="a, b", Bearer error="insufficient_scope", scope="a b" ,resource_metadata="https://x/\"y" , DPoP algs="ES256")");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].param("realm"), "a, b");
  EXPECT_EQ(found[1].scheme, "Bearer");
  EXPECT_EQ(found[1].param("scope"), "a b");
  EXPECT_EQ(found[1].param("resource_metadata"), "https://x/\"y");
  EXPECT_EQ(found[2].param("algs"), "ES256");
  EXPECT_EQ(parse_challenges("Bearer scope=\"never ends").size(), 1U);
  EXPECT_TRUE(parse_challenges("").empty());
  EXPECT_TRUE(parse_challenges("Bearer " + std::string(kChallengeBytes_max, 'a')).empty());
}

TEST(Forms, AreWrittenAndRead) {
  EXPECT_EQ(form_text({{"a b", "c&d=e"}, {"f", ""}}), "a%20b=c%26d%3De&f=");
  auto query = query_of("http://localhost/cb?code=a%20b+c&state=&code=second#frag&x=1");
  EXPECT_EQ(query["code"], "a b c") << "the first one counts";
  EXPECT_EQ(query.size(), 2U);
}

TEST(SigningKey, SignsWhatItsPublicKeySays) {
  auto key = SigningKey::make();
  ASSERT_TRUE(key.ok());
  auto token = key->sign({{"typ", "dpop+jwt"}}, {{"jti", "1"}});
  ASSERT_TRUE(token.ok());
  const size_t first = token->find('.'), second = token->rfind('.');
  EXPECT_EQ(*base64url_decode(token->substr(0, first)), R"({"typ":"dpop+jwt","alg":"ES256"})");
  EXPECT_EQ(base64url_decode(token->substr(second + 1))->size(), 64U);
  EXPECT_EQ(base64url_decode(key->public_jwk()["x"].get<std::string>())->size(), 32U);
  EXPECT_FALSE(key->public_jwk().contains("d"));
  EXPECT_FALSE(SigningKey::from_pem(Secret("no key")).ok());
}

TEST(Defaults, FillWhatAFormLeavesOut) {
  const Json schema = Json::parse(R"({"properties":{"a":{"default":1},"b":{"default":"x"},"c":{}}})");
  EXPECT_EQ(with_defaults(schema, {{"a", 2}}), (Json{{"a", 2}, {"b", "x"}}));
  EXPECT_EQ(with_defaults(schema, nullptr), (Json{{"a", 1}, {"b", "x"}}));
  EXPECT_EQ(with_defaults(Json("odd"), {{"a", 2}}), (Json{{"a", 2}}));
}

TEST(FrontMatter, IsComparedOnlyWhenItIsPlain) {
  auto plain = plain_front_matter("---\nname: a\ndescription: \"b: c\"\n---\nbody");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->at("description"), "b: c");
  for (const char* richer : {"---\nname: a\n", "---\nlist: [a]\n---\n", "---\na: b\na: c\n---\n", "---\n- a: b\n---\n",
                             "---\nname:\n  deep: a\n---\n", "---\na: |\n---\n"}) {
    EXPECT_FALSE(plain_front_matter(richer).ok()) << richer;
  }
}

}  // namespace
}  // namespace spreaders::mcp
