#include "integrations/email/address.hpp"

#include <gtest/gtest.h>

namespace spreaders::email {
namespace {

TEST(Address, InternationalDomainsBecomeAscii) {
  const std::pair<const char*, const char*> cases[] = {
      {"Example.COM", "example.com"},
      {"müller.example", "xn--mller-kva.example"},
      {"MÜLLER.example", "xn--mller-kva.example"},
      {"mu\xcc\x88ller.example", "xn--mller-kva.example"},  // u + combining diaeresis
      {"faß.de", "xn--fa-hia.de"},
      {"βόλος.com", "xn--nxasmm1c.com"},  // final sigma stays
      {"例え.テスト", "xn--r8jz45g.xn--zckzah"},
      {"例え。テスト", "xn--r8jz45g.xn--zckzah"},
      {"İstanbul.example", "xn--istanbul-o0e.example"},
      {"правда.рф", "xn--80aafi6cg.xn--p1ai"},
      {"ليهمابتكلموشعربي؟", ""},
      {"xn--mller-kva.example", "xn--mller-kva.example"},
      {"a..b", ""},
      {"-a.b", ""},
      {"a-.b", ""},
      {"a b.c", ""},
      {"a_b.c", ""},
      {"☃.net", ""},
      {"a\xe2\x80\x8d"
       "b.net",
       ""},  // zero-width joiner
      {"", ""},
      {".", ""},
      {"\xff.net", ""},
  };
  for (const auto& [domain, expected] : cases) {
    auto got = ascii_domain(domain);
    EXPECT_EQ(got.ok() ? *got : "", expected) << domain;
  }
  EXPECT_FALSE(ascii_domain(std::string(64, 'a') + ".net").ok());
  EXPECT_TRUE(ascii_domain(std::string(63, 'a') + ".net").ok());
}

TEST(Address, WireFormRefusesWhatNeedsSmtputf8) {
  EXPECT_EQ(*wire_address("Anna.B+x@Müller.example"), "Anna.B+x@xn--mller-kva.example");
  auto unicode = wire_address("ännä@example.com");
  ASSERT_FALSE(unicode.ok());
  EXPECT_EQ(unicode.error().code, Code::kUnsupported);
  EXPECT_NE(unicode.error().message.find("SMTPUTF8"), std::string::npos);
  for (const char* bad :
       {"", "@", "a@", "@b.c", "a b@c.d", "a@b", "a<b@c.d", "a\r\nb@c.d", "a@c.d\r\nX: y", "a..b@c.d"}) {
    auto got = wire_address(bad);
    ASSERT_FALSE(got.ok()) << bad;
    EXPECT_EQ(got.error().code, Code::kInvalidArgument) << bad;
  }
  EXPECT_FALSE(wire_address(std::string(65, 'a') + "@b.example").ok());
}

TEST(Address, VerpRoundTrip) {
  const std::string token = "k3_v-9ABCdef";
  const std::string address = verp_address(token, "bounce.example");
  EXPECT_EQ(address, "bounce+k3_v-9ABCdef@bounce.example");
  for (const std::string& form :
       {address, "<" + address + ">", " <" + address + "> ", std::string("BOUNCE+k3_v-9ABCdef@Bounce.Example")}) {
    auto back = parse_verp(form);
    ASSERT_TRUE(back.ok()) << form;
    EXPECT_EQ(back->token, token);
    EXPECT_EQ(back->domain, "bounce.example");
  }
  for (const char* other : {"", "<>", "bounce@b.example", "bounce+@b.example", "bounce+a b@b.example",
                            "bounce+a.b@b.example", "x+abc@b.example", "bounce+abc", "bounce+abc@"}) {
    EXPECT_FALSE(parse_verp(other).ok()) << other;
  }
  EXPECT_TRUE(is_verp_token(std::string(kVerpTokenBytesMax, 'a')));
  EXPECT_FALSE(is_verp_token(std::string(kVerpTokenBytesMax + 1, 'a')));
  EXPECT_TRUE(parse_verp(verp_address(std::string(kVerpTokenBytesMax, 'a'), "b.example")).ok());
  EXPECT_DEATH(verp_address("a b", "b.example"), "VERP");
}

}  // namespace
}  // namespace spreaders::email
